//! Commands that are interrupted: by Ctrl-C, and by the end of their session.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fanpass_sync::{Busy, Ledger};

use crate::foreign;
use crate::harness::{Club, example};
use crate::serving::hang_up_is_ignored;

const PROCESSING: &str = r#"{"status":"processing","total_rows":10,"processed_rows":3}"#;

fn interrupt(child: &Child) {
    signal(child, "-INT");
}

fn signal(child: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

/// A segment, and two feeds of attributes, of a row each.
fn season(club: &Club) {
    club.file("holders.csv", "fan_id\nfan-1\n");
    club.file("fans.csv", "fan_id,sth\nfan-1,yes\n");
    let attributes = |name: &str| {
        format!(
            "[[attributes]]\nname = \"{name}\"\nfile = \"fans.csv\"\nmap = [\"sth=user_properties.sth:bool\"]\n"
        )
    };
    let segment = "[[segment]]\nname = \"holders\"\nfile = \"holders.csv\"\nmode = \"replace\"\nguards = { shrink = 100 }\n";
    club.file("season.toml", [segment, &attributes("crm"), &attributes("cup")].concat());
    club.file("attributes.toml", [attributes("crm"), attributes("cup")].concat());
}

#[test]
fn ctrl_c_ends_the_wait_and_not_the_account() {
    let (club, asked) = foreign::watched_club(PROCESSING);
    club.file("holders.csv", example("holders.csv"));
    let push = club.start(&["segments", "push", "holders", "--file", "holders.csv", "--wait", "--json"]);
    while asked.recv().unwrap() != "/api/v1/segment_import_status" {}
    interrupt(&push);
    let output = push.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["importId"], &report["sent"]), (&"imp-1".into(), &12.into()));
    assert!(report["stopped"].as_str().unwrap().starts_with("interrupted"), "{report}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_end_of_the_session_ends_it_in_the_same_order_unless_it_is_ignored() {
    for ignored in [false, true] {
        if !ignored && hang_up_is_ignored() {
            continue;
        }
        let (club, asked) = foreign::watched_club(PROCESSING);
        club.file("holders.csv", "fan_id\n1\n");
        let (shell, tool) = (if ignored { "trap '' HUP; " } else { "" }, env!("CARGO_BIN_EXE_fanpass"));
        let push = format!("{shell}exec {tool} segments push holders holders.csv --as upload --wait --json");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &push]).current_dir(club.path(".")).env_clear();
        command.env("FANPASS_CONFIG", club.path("config")).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut push = command.spawn().unwrap();
        let asks = || {
            while asked.recv_timeout(Duration::from_mins(1)).unwrap() != "/api/v1/segment_import_status" {}
        };
        asks();
        signal(&push, "-HUP");
        if ignored {
            asks();
            asks();
            assert_eq!(push.try_wait().unwrap(), None);
            interrupt(&push);
        }
        let output = push.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(report["stopped"].as_str().unwrap().starts_with("interrupted"), "{report}");
    }
}

#[test]
fn an_apply_that_is_interrupted_in_a_segment_tells_of_all_feeds() {
    let (club, asked) = foreign::watched_club(PROCESSING);
    season(&club);
    let apply = club.start(&["apply", "season.toml", "--json"]);
    while asked.recv().unwrap() != "/api/v1/segment_import_status" {}
    interrupt(&apply);
    let output = apply.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let told = report["feeds"].as_array().unwrap().iter().map(|feed| {
        (feed["feed"].as_str().unwrap(), feed["begun"].as_bool().unwrap(), feed["unsent"].as_u64().unwrap())
    });
    assert_eq!(told.collect::<Vec<_>>(), [("holders", true, 1), ("crm", false, 1), ("cup", false, 1)]);
    assert_eq!(report["feeds"][0]["complete"], false);
    assert_eq!(report["next"], "fanpass apply season.toml");
    assert!(asked.try_iter().all(|path| path != "/api/v1/update_user"), "the next feed was begun");
}

#[test]
fn ctrl_c_ends_the_time_that_ids_sent_before_still_take() {
    let (club, asked) = foreign::watched_club(r#"{"status":"completed","imported_rows":60}"#);
    season(&club);
    club.file("holders.csv", (0..60).fold("fan_id\n".to_owned(), |rows, fan| format!("{rows}fan-{fan}\n")));
    let apply = club.start(&["apply", "season.toml", "--ids-rate", "1"]);
    while asked.recv().unwrap() != "/api/v1/segment_import_status" {}
    interrupt(&apply);
    let output = apply.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(asked.try_iter().all(|path| path != "/api/v1/update_user"), "the next feed was begun");
}

#[test]
fn an_apply_that_is_stopped_at_once_names_what_it_leaves_by_what_it_is() {
    let (club, asked) = foreign::club_that_holds_updates();
    season(&club);
    let mut apply = club.start(&["apply", "attributes.toml"]);
    while asked.recv().unwrap() != "/api/v1/update_user" {}
    interrupt(&apply);
    let mut said = BufReader::new(apply.stderr.take().unwrap()).lines();
    while !said.next().unwrap().unwrap().contains("once more stops at once") {}
    interrupt(&apply);
    let mut printed = String::new();
    apply.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    let host = printed.split_once("request to ").unwrap().1.split(' ').next().unwrap();
    insta::assert_snapshot!("stopped_at_once", printed.replace(host, "HOST"));
    assert_eq!(apply.wait().unwrap().code(), Some(130));
}

#[test]
fn ctrl_c_ends_the_wait_for_a_ledger() {
    let club = Club::with_service();
    season(&club);
    let _held = Ledger::open(&club.path("attributes.ledger"), Busy::Refuse).unwrap();
    for command in ["plan", "apply"] {
        let mut waiting = club.start(&[command, "attributes.toml", "--wait-for-ledger"]);
        let mut said = BufReader::new(waiting.stderr.take().unwrap()).lines();
        while !said.next().unwrap().unwrap().contains("waiting for the process that uses") {}
        interrupt(&waiting);
        assert!(said.next().unwrap().unwrap().contains("interrupted"));
        assert_eq!(waiting.wait().unwrap().code(), Some(130), "{command}");
    }
}

#[test]
fn ctrl_c_ends_a_command_that_waits_for_standard_input() {
    let club = Club::with_service();
    let map = ["--map", "sth=user_properties.sth:boolean"];
    for command in [&[&["users", "push"][..], &map].concat()[..], &["segments", "push", "holders"]] {
        let mut reading = Command::new(env!("CARGO_BIN_EXE_fanpass"));
        reading.args(command).args(["--file", "-"]).current_dir(club.path(".")).env_clear();
        reading.env("FANPASS_CONFIG", club.path("config")).stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut reading = reading.spawn().unwrap();
        // Whoever takes the first bytes reads.
        let mut silent = reading.stdin.take().unwrap();
        silent.write_all(&vec![b'a'; 1 << 20]).unwrap();
        interrupt(&reading);
        let output = reading.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{command:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("interrupted"), "{command:?}");
    }
}

/// Runs the tool on a pipe that never ends, interrupts it once the pipe is read, and gives its exit code and messages.
fn interrupted_on_a_pipe(club: &Club, arguments: &[&str]) -> (Option<i32>, String) {
    let pipe = club.path("pipe.csv");
    let _ = std::fs::remove_file(&pipe);
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reading = club.start(arguments);
    // Opens once somebody reads it.
    let writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    interrupt(&reading);
    let output = reading.wait_with_output().unwrap();
    drop(writer);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn ctrl_c_ends_a_command_that_waits_for_a_pipe() {
    let (club, asked) = foreign::watched_club(PROCESSING);
    club.file(
        "season.toml",
        "[[segment]]\nname = \"s\"\nfile = \"pipe.csv\"\nmode = \"replace\"\nguards = { shrink = 100 }\n",
    );
    for arguments in [
        &["segments", "push", "holders", "--file", "pipe.csv"][..],
        &["segments", "push", "holders", "--file", "pipe.csv", "--dry-run"],
        &["users", "push", "--file", "pipe.csv", "--map", "sth=user_properties.sth:boolean"],
        &["plan", "season.toml"],
        &["apply", "season.toml"],
        &["check", "pipe.csv"],
    ] {
        let (code, said) = interrupted_on_a_pipe(&club, arguments);
        assert_eq!(code, Some(130), "{arguments:?}: {said}");
        assert!(said.contains("interrupted"), "{arguments:?}: {said}");
        assert!(arguments[0] != "check" || !said.contains("service"), "a check has none: {said}");
    }
    assert!(asked.try_iter().all(|path| path.starts_with("/service/v1/")), "something was sent");
}

#[test]
fn ctrl_c_finishes_what_is_in_flight_and_accounts_for_the_rest() {
    let club = Club::with_service();
    let rows: Vec<_> = (0..100_000).map(|row| format!("fan-{row},yes")).collect();
    club.file("many.csv", format!("fan_id,holder\n{}\n", rows.join("\n")));
    let map = ["--map", "holder=user_properties.sth:boolean", "--rate", "500", "--json"];
    let mut push = club.start(&[&["users", "push", "--file", "many.csv"][..], &map].concat());
    while !club.run(&["users", "get", "fan-0"]).ends_with("exit 0\n") {}
    interrupt(&push);
    let report: serde_json::Value = serde_json::from_reader(push.stdout.take().unwrap()).unwrap();
    assert_eq!(push.wait().unwrap().code(), Some(130));
    assert_eq!((&report["addsUp"], &report["stopped"]), (&true.into(), &"it was interrupted".into()));
    assert_eq!(report["complete"], false);
    assert!(report["sent"].as_u64().unwrap() > 0 && report["unsent"].as_u64().unwrap() > 0, "{report}");
}
