//! `serve`: prints where it is and a token, takes calls, and ends cleanly when it is told to.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::harness::Club;

#[cfg(unix)]
#[test]
fn it_serves_the_same_commands_over_http_until_a_signal() {
    let club = Club::alone();
    let mut serve = Command::new(env!("CARGO_BIN_EXE_fanpass"))
        .args(["serve", "--listen", "127.0.0.1:0", "--json"])
        .current_dir(club.path("."))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut printed = BufReader::new(serve.stdout.take().unwrap());
    let mut json = String::new();
    while !json.ends_with("}\n") {
        assert_ne!(printed.read_line(&mut json).unwrap(), 0, "serve ended early: {json}");
    }
    let started: serde_json::Value = serde_json::from_str(&json).unwrap();
    club.profile(started["url"].as_str().unwrap(), started["token"].as_str().unwrap());

    club.file("ids.csv", "user_id\n00042\nfan-7\n");
    let pushed = club.json(&["segments", "push", "fans", "--file", "ids.csv", "--wait"]);
    assert_eq!((&pushed["imported"], &pushed["addsUp"]), (&2.into(), &true.into()));

    let told = Command::new("kill").args(["-TERM", &serve.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(serve.wait().unwrap().code(), Some(0));
    assert_eq!(
        club.json(&["segments", "show", "fans", "--local"])["memberCount"],
        2,
        "the data is in the folder"
    );
}
