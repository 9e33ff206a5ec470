//! Targets that cannot do what is asked: the message says so, and the exit code tells a script whether to try again.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use crate::harness::{Club, transcript};

/// A web server that is some FanPass, and not ours: it knows none of the extensions.
fn foreign_fanpass() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let _ = connection.read(&mut [0; 4096]);
            let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\nconnection: close\r\n\r\nnot found";
            let _ = connection.write_all(answer);
        }
    });
    format!("http://localhost:{}", address.port())
}

#[test]
fn it_is_no_failure_when_nobody_reads_on() {
    for form in [&[][..], &["--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let club = Club::alone();
        let mut command = Command::new(env!("CARGO_BIN_EXE_fanpass"));
        command.args(["serve", "--check-config"]).args(form).current_dir(club.path(".")).env_clear();
        let output =
            command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{form:?}: {output:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_the_output_is_said_to_be_that() {
    let club = Club::alone();
    club.file("fans.csv", "fan_id\n1\n");
    for arguments in [&["check", "fans.csv"][..], &["check", "fans.csv", "--emit", "ids"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_fanpass"));
        command.args(arguments).current_dir(club.path(".")).env_clear();
        let output = command.stdout(full).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("cannot write to standard output: No space left on device"), "{said}");
    }
}

#[test]
fn what_only_our_service_offers_is_said_to_be_so() {
    let club = Club::alone();
    let domain = foreign_fanpass();
    club.profile(&domain, "a.b.c");
    let printed = club.run(&["segments", "list"]);
    insta::assert_snapshot!(printed.replace(domain.trim_start_matches("http://"), "localhost:PORT"));
    for command in [
        &["segments", "show", "fans"][..],
        &["users", "get", "7"],
        &["attributes", "list"],
        &["tokens", "list"],
    ] {
        let printed = club.run(command);
        assert!(printed.contains("is offered by the FanPass service only"), "{printed}");
        assert!(printed.ends_with("exit 6\n"), "{printed}");
    }
}

#[test]
fn nobody_listening_can_be_tried_again() {
    let club = Club::alone();
    // No ephemeral port, so that no other test can be given it meanwhile.
    club.profile("http://127.0.0.1:1", "a.b.c");
    let printed = club.run(&["segments", "list"]);
    assert!(printed.ends_with("exit 7\n"), "{printed}");
}

#[test]
fn a_failure_is_json_too() {
    let club = Club::alone();
    insta::assert_snapshot!(club.run(&["segments", "list", "--json"]));
}

#[test]
fn a_slip_on_the_command_line_is_json_too() {
    let club = Club::alone();
    insta::assert_snapshot!(
        "usage_json",
        club.run(&["segments", "push", "fans", "--json", "--fil", "x.csv"])
    );
    insta::assert_snapshot!("missing_json", club.run(&["segments", "push", "--json"]));
    insta::assert_snapshot!("no_command_json", club.run(&["--json"]));
}

#[test]
fn json_has_the_hint_that_people_get() {
    let club = Club::alone();
    club.file("two.csv", "number,member\n1,00042\n");
    let push = ["segments", "push", "fans", "--file", "two.csv", "--dry-run", "--json"];
    insta::assert_snapshot!("hint_json", club.run(&push));
}

#[test]
fn a_log_in_a_file_is_plain_and_a_broken_filter_is_said() {
    let club = Club::alone();
    let arguments = ["segments", "list", "--local"];
    let with = |filter: &str| {
        let mut command = club.command(&arguments);
        command.env("FANPASS_LOG", filter);
        transcript(&arguments, command)
    };
    let logged = with("info");
    assert!(logged.contains("INFO") && !logged.contains('\u{1b}'), "{logged}");
    let broken = with("fanpass=loud");
    assert!(
        broken.contains("! warning: FANPASS_LOG is no filter") && broken.ends_with("exit 0\n"),
        "{broken}"
    );
}

#[test]
fn a_file_that_is_not_there_has_one_exit_code() {
    let club = Club::alone();
    for command in [
        &["segments", "push", "fans", "--file", "nope.csv", "--local"][..],
        &["segments", "import", "fans", "--file", "nope.csv", "--local"],
        &["users", "push", "--file", "nope.csv", "--map", "tier=custom.tier", "--dry-run"],
        &["users", "update", "7", "--properties", "nope.json", "--local"],
        &["segments", "list", "--domain", "fanreach.example", "--token-file", "nope.token"],
    ] {
        let printed = club.run(command);
        assert!(printed.ends_with("exit 6\n"), "{printed}");
    }
}

#[test]
fn what_is_not_there_names_the_way_to_what_is() {
    let club = Club::alone();
    for (command, way) in [
        (&["segments", "members", "nope", "--local"][..], "list the segments"),
        (&["tokens", "revoke", "nope", "--local"], "list the tokens"),
        (&["tokens", "revoke", "", "--local"], "a value is required for '<ID>'"),
        (&["serve", "--listen", "192.0.2.1:1"], "--listen"),
    ] {
        let printed = club.run(command);
        assert!(printed.contains(way), "{printed}");
    }
}

#[test]
fn what_cannot_be_taken_back_wants_a_word_and_earns_one_exit_code_without() {
    let club = Club::alone();
    for command in [
        &["reset"][..],
        &["segments", "delete", "x"],
        &["users", "delete", "x"],
        &["audiences", "delete", "x"],
    ] {
        let printed = club.run(&[command, &["--data", "data"]].concat());
        assert!(printed.contains("--yes") && printed.ends_with("exit 2\n"), "{printed}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_text_is_refused_in_words() {
    use std::os::unix::ffi::OsStrExt as _;

    let club = Club::alone();
    let name = std::ffi::OsStr::from_bytes(b"f\xff.csv");
    std::fs::write(club.path(".").join(name), "fan_id\n1\n").unwrap();
    for form in [&[][..], &["--json"]] {
        let mut command = club.command(form);
        command.arg("check").arg(name);
        let printed = transcript(form, command);
        assert!(printed.contains("f\u{fffd}.csv") && printed.contains("is not UTF-8"), "{printed}");
        assert!(printed.ends_with("exit 2\n"), "{printed}");
    }
}
