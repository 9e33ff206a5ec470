//! Waits that end before their import does: what is known by then is printed, and the way on from there.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use crate::foreign;
use crate::harness::{Club, example};

const PUSH: [&str; 6] = ["segments", "push", "holders", "--file", "holders.csv", "--wait"];
const PROCESSING: &str = r#"{"status":"processing","total_rows":10,"processed_rows":3}"#;

#[test]
fn a_wait_that_takes_too_long_still_accounts_for_the_rows() {
    let club = foreign::club_with(PROCESSING);
    club.file("holders.csv", example("holders-with-mistakes.csv"));
    let arguments = [&PUSH[..], &["--timeout", "0"]].concat();
    insta::assert_snapshot!(club.run(&arguments));
    assert!(club.path("rejects.csv").is_file());
    std::fs::remove_file(club.path("rejects.csv")).unwrap();
    insta::assert_json_snapshot!("timeout_json", club.json(&arguments));
    let import = ["segments", "import", "holders", "--file", "holders.csv", "--wait", "--timeout", "0"];
    let printed = club.run(&import);
    assert!(printed.contains("Stopped waiting: it is not over after 0 s"), "{printed}");
    assert!(printed.ends_with("Next: fanpass segments status imp-1 --wait\nexit 7\n"), "{printed}");
}

#[test]
fn a_status_that_cannot_be_had_does_not_lose_the_account() {
    let club = foreign::club_with("no status at all");
    club.file("holders.csv", example("holders.csv"));
    let printed = club.run(&PUSH);
    assert!(printed.contains("read 12") && printed.contains("segments status imp-1 --wait"), "{printed}");
    assert!(printed.ends_with("exit 1\n"), "{printed}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_wait_and_not_the_account() {
    let (club, asked) = foreign::watched_club(PROCESSING);
    club.file("holders.csv", example("holders.csv"));
    let push = start(&club, &[&PUSH[..], &["--json"]].concat());
    while asked.recv().unwrap() != "/api/v1/segment_import_status" {}
    interrupt(&push);
    let output = push.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["importId"], &report["sent"]), (&"imp-1".into(), &12.into()));
    assert!(report["stopped"].as_str().unwrap().starts_with("interrupted"), "{report}");
}

/// The tool at work.
#[cfg(unix)]
fn start(club: &Club, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_fanpass"))
        .args(arguments)
        .current_dir(club.path("."))
        .env_clear()
        .env("FANPASS_CONFIG", club.path("config"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

/// A segment, and two feeds of attributes, of a row each.
#[cfg(unix)]
fn season(club: &Club) {
    club.file("holders.csv", "fan_id\nfan-1\n");
    club.file("fans.csv", "fan_id,sth\nfan-1,yes\n");
    let attributes = |name: &str| {
        format!(
            "[[attributes]]\nname = \"{name}\"\nfile = \"fans.csv\"\nmap = [\"sth=user_properties.sth:bool\"]\n"
        )
    };
    let segment = "[[segment]]\nname = \"holders\"\nfile = \"holders.csv\"\nmode = \"replace\"\n";
    club.file("season.toml", [segment, &attributes("crm"), &attributes("cup")].concat());
    club.file("attributes.toml", [attributes("crm"), attributes("cup")].concat());
}

#[cfg(unix)]
#[test]
fn an_apply_that_is_interrupted_in_a_segment_tells_of_all_feeds() {
    let (club, asked) = foreign::watched_club(PROCESSING);
    season(&club);
    let apply = start(&club, &["apply", "season.toml", "--json"]);
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
    assert_eq!(report["next"], "fanpass apply season.toml, which goes on from here");
    assert!(asked.try_iter().all(|path| path != "/api/v1/update_user"), "the next feed was begun");
}

#[cfg(unix)]
#[test]
fn an_apply_that_is_stopped_at_once_names_what_it_leaves_by_what_it_is() {
    let (club, asked) = foreign::club_that_holds_updates();
    season(&club);
    let mut apply = start(&club, &["apply", "attributes.toml"]);
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

/// Runs the tool on a pipe that never ends, interrupts it once the pipe is read, and gives its exit code and messages.
#[cfg(unix)]
fn interrupted_on_a_pipe(club: &Club, arguments: &[&str]) -> (Option<i32>, String) {
    let pipe = club.path("pipe.csv");
    let _ = std::fs::remove_file(&pipe);
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reading = start(club, arguments);
    // Opens once somebody reads it.
    let writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    interrupt(&reading);
    let output = reading.wait_with_output().unwrap();
    drop(writer);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_command_that_waits_for_a_pipe() {
    let (club, asked) = foreign::watched_club(PROCESSING);
    club.file("season.toml", "[[segment]]\nname = \"s\"\nfile = \"pipe.csv\"\nmode = \"replace\"\n");
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
    }
    assert!(asked.try_iter().all(|path| path == "/service/v1/attributes"), "something was sent");
}

#[test]
fn an_import_that_is_left_is_finished_by_the_next_command_which_says_so() {
    let club = Club::alone();
    // Enough that it is not over before the wait is.
    let ids: Vec<_> = (0..200_000).map(|id| format!("fan-{id}")).collect();
    club.file("many.csv", format!("user_id\n{}\n", ids.join("\n")));
    let push = ["segments", "push", "fans", "--file", "many.csv", "--wait", "--timeout", "0", "--local"];
    let left = club.run(&push);
    assert!(left.contains("finished by the next command that opens the data folder"), "{left}");
    assert!(left.ends_with("exit 7\n"), "{left}");
    let next = club.run(&["segments", "list", "--local"]);
    assert!(
        next.contains("! finishing an import that an earlier command left unfinished in .fanpass"),
        "{next}"
    );
    assert_eq!(club.json(&["segments", "show", "fans", "--local"])["memberCount"], 200_000);
    assert!(!club.run(&["segments", "list", "--local"]).contains("finishing"));
}

#[test]
fn the_next_command_is_one_that_the_target_has() {
    let club = foreign::club_with(r#"{"status":"completed","imported_rows":10,"rejected_rows":0}"#);
    club.file("holders.csv", example("holders.csv"));
    assert!(club.run(&PUSH).contains("Next: fanpass segments status imp-1\n"));
    let update = club.run(&["users", "update", "7", "--set", "user_properties.sth=yes"]);
    assert!(!update.contains("Next"), "{update}");
}
