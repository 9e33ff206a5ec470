//! Temporary files: what a killed process leaves behind.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::foreign;

#[test]
fn a_killed_push_leaves_no_ids_behind() {
    let (club, asked) = foreign::watched_club(r#"{"status":"processing"}"#);
    fs::create_dir(club.path("temporary")).unwrap();
    let mut push = Command::new(env!("CARGO_BIN_EXE_fanpass"))
        .args([
            "segments", "push", "holders", "--file", "-", "--header", "absent", "--as", "upload", "--wait",
        ])
        .current_dir(club.path("."))
        .env_clear()
        .env("FANPASS_CONFIG", club.path("config"))
        .env("TMPDIR", club.path("temporary"))
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    push.stdin.take().unwrap().write_all(b"00042\nfan-7\n").unwrap();
    while asked.recv().unwrap() != "/api/v1/segment_import_status" {}
    push.kill().unwrap();
    push.wait().unwrap();
    assert_eq!(fs::read_dir(club.path("temporary")).unwrap().count(), 0);
}

#[test]
fn rejects_of_a_killed_push_are_swept_away_and_those_of_a_running_one_are_not() {
    let (club, asked) = foreign::club_that_holds_updates();
    club.file("fans.csv", "fan_id,sth\n1,yes\n2,perhaps\n");
    let arguments =
        ["users", "push", "fans.csv", "--map", "sth=user_properties.sth:boolean", "--rejects", "r/r.csv"];
    let mut push = club.start(&arguments);
    while asked.recv().unwrap() != "/api/v1/update_user" {}
    let left = || fs::read_dir(club.path("r")).unwrap().count();
    let look = || club.run(&[&arguments[..4], &["x=custom.x", "--rejects", "r/r.csv", "--dry-run"]].concat());
    look();
    assert_eq!(left(), 1, "it is under way");
    push.kill().unwrap();
    push.wait().unwrap();
    assert_eq!(left(), 1);
    look();
    assert_eq!(left(), 0);
}
