//! Reports that nobody reads, or for which there is no room: the exit code and the message are those of the outcome all the same.

use std::fs::File;
use std::io::pipe;
use std::process::{Command, Stdio};

use crate::harness::Club;

/// The exit code of the tool, and what it says on standard error, where that is what becomes of standard output.
fn outcome(club: &Club, out: impl Into<Stdio>, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fanpass"));
    command.args(arguments).current_dir(club.path(".")).env_clear();
    command.env("FANPASS_CONFIG", club.path("config")).stdout(out).stderr(Stdio::piped());
    let output = command.spawn().unwrap().wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// A pipe whose reader is gone.
fn unread() -> Stdio {
    pipe().unwrap().1.into()
}

fn club() -> Club {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.tier", "--type", "string"]);
    club.file("fans.csv", "fan_id,tier\nfan-1,gold\nfan-2,gold\nfan-3,gold\n,gold\n");
    club.file("sound.csv", "fan_id,tier\nfan-1,gold\n");
    club.file("empty.csv", "fan_id,tier\n");
    club.file(
        "season.toml",
        "[[segment]]\nname = \"fans\"\nfile = \"fans.csv\"\nguards = { rejects = 50 }\n",
    );
    club.file(
        "gone.toml",
        "[[segment]]\nname = \"gone\"\nfile = \"fans.csv\"\nguards = { rejects = 10 }\nmode = \"replace\"\n",
    );
    club
}

#[test]
fn an_outcome_stands_though_nobody_reads_of_it() {
    let club = club();
    let push = |file| ["users", "push", file, "--map", "tier=custom.tier"];
    let of_empty = |command: &str| format!("{command} holds no usable id");
    let cases: [(&[&str], i32, &str); 8] = [
        (&["check", "fans.csv"], 3, ""),
        (&["check", "empty.csv"], 6, &of_empty("error: empty.csv")),
        (&push("fans.csv"), 3, ""),
        (&push("empty.csv"), 6, "error: no row of empty.csv can be used"),
        (&["segments", "push", "fans", "fans.csv", "--wait"], 3, ""),
        (&["segments", "push", "fans", "empty.csv"], 6, &of_empty("error: empty.csv")),
        (&["apply", "season.toml"], 3, ""),
        (&["apply", "gone.toml"], 10, ""),
    ];
    for (arguments, exit, message) in cases {
        let (code, told) = outcome(&club, unread(), arguments);
        assert_eq!(code, Some(exit), "{arguments:?}: {told}");
        assert!(told.contains(message) && !told.contains("standard output"), "{arguments:?}: {told}");
    }
    assert_eq!(outcome(&club, unread(), &push("sound.csv")), (Some(0), String::new()));
    assert_eq!(outcome(&club, unread(), &["segments", "members", "fans"]), (Some(0), String::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_without_room_is_told_of_and_makes_no_outcome_better() {
    let club = club();
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let push = |file| ["users", "push", file, "--map", "tier=custom.tier"];
    let cases: [(&[&str], i32); 5] = [
        (&["check", "sound.csv"], 1),
        (&["check", "fans.csv"], 3),
        (&push("sound.csv"), 13),
        (&push("fans.csv"), 3),
        (&["segments", "push", "fans", "sound.csv", "--wait"], 13),
    ];
    for (arguments, exit) in cases {
        let (code, told) = outcome(&club, full(), arguments);
        assert_eq!(code, Some(exit), "{arguments:?}: {told}");
        assert!(told.contains("cannot write to standard output: No space left"), "{arguments:?}: {told}");
    }
}
