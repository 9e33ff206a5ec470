//! `serve`: prints where it is and a token, takes calls, and ends cleanly when it is told to.

use crate::harness::Club;
use crate::serving::{served, served_in};

#[cfg(unix)]
#[test]
fn it_serves_the_same_commands_over_http_until_a_signal() {
    let (club, serving) = served(&[]);
    club.file("ids.csv", "user_id\n00042\nfan-7\n");
    let pushed = club.json(&["segments", "push", "fans", "--file", "ids.csv", "--wait"]);
    assert_eq!((&pushed["imported"], &pushed["addsUp"]), (&2.into(), &true.into()));
    assert_eq!(serving.end(), Some(0));
    let here = club.json(&["segments", "show", "fans", "--local"]);
    assert_eq!(here["memberCount"], 2, "the data is in the folder");
}

#[cfg(unix)]
#[test]
fn an_ephemeral_service_leaves_nothing() {
    let temporary = tempfile::tempdir().unwrap();
    let (club, serving) = served_in(temporary.path(), &["--ephemeral"]);
    club.file("ids.csv", "user_id\n00042\n");
    let pushed = club.json(&["segments", "push", "fans", "--file", "ids.csv", "--wait"]);
    assert_eq!(pushed["imported"], 1);
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 1);
    assert_eq!(serving.end(), Some(0));
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
    assert!(!club.path(".fanpass").exists());
    let both = Club::alone().run(&["serve", "--ephemeral", "--data", "x"]);
    assert!(both.ends_with("exit 2\n"), "{both}");
}
