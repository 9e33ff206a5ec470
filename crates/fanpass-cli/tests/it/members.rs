//! Members that others change between two runs: a feed goes on from who is in the segment, and not from what its ledger knew.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::apply::members;
use crate::harness::Club;

/// A club with a feed of segment `fans`, which has been applied with `a` and `b`.
fn club(mode: &str) -> Club {
    let club = Club::with_service();
    let guards = "guards = { shrink = 100, growth = 1000 }";
    let feed = format!("{guards}\n[[segment]]\nname = \"fans\"\nfile = \"fans.csv\"\nmode = \"{mode}\"\n");
    club.file("fans.toml", feed);
    club.file("fans.csv", "fan_id\na\nb\n");
    club.json(&["apply", "fans.toml"]);
    club
}

fn plan(club: &Club) -> Value {
    club.json(&["plan", "fans.toml"])["feeds"][0].clone()
}

#[test]
fn who_was_put_in_by_others_stays() {
    let club = club("add");
    club.json(&["segments", "add", "fans", "early"]);
    club.file("fans.csv", "fan_id\na\nb\nc\n");
    let planned = plan(&club);
    assert_eq!((&planned["members"], &planned["added"]), (&json!([3, 4]), &1.into()), "{planned}");
    club.json(&["segments", "add", "fans", "late"]);
    let outdated = club.run(&["apply", "fans.plan.json"]);
    assert!(
        outdated.contains("what feed fans would change is another since the plan was made"),
        "{outdated}"
    );
    assert!(outdated.ends_with("exit 6\n"), "{outdated}");
    club.json(&["apply", "fans.toml"]);
    assert_eq!(members(&club, "fans"), ["a", "b", "c", "early", "late"]);
}

#[test]
fn a_plan_is_outdated_by_as_many_others() {
    let club = club("mirror-owned");
    club.json(&["segments", "add", "fans", "one"]);
    plan(&club);
    club.json(&["segments", "remove", "fans", "one"]);
    club.json(&["segments", "add", "fans", "two"]);
    assert!(club.run(&["apply", "fans.plan.json"]).ends_with("exit 6\n"));
    club.json(&["apply", "fans.toml"]);
    assert_eq!(members(&club, "fans"), ["a", "b", "two"]);
}

#[test]
fn who_was_taken_out_by_others_comes_in_again_where_the_file_has_him() {
    for mode in ["add", "mirror-owned", "replace"] {
        let club = club(mode);
        club.json(&["segments", "remove", "fans", "a"]);
        assert_eq!(plan(&club)["members"], json!([1, 2]), "{mode}");
        club.json(&["apply", "fans.toml"]);
        assert_eq!(members(&club, "fans"), ["a", "b"], "{mode}");
        assert_eq!(club.json(&["apply", "fans.toml"])["feeds"][0]["sent"], 0);

        club.json(&["segments", "delete", "fans", "--yes"]);
        assert_eq!(plan(&club)["members"], json!([0, 2]), "{mode}");
        club.json(&["apply", "fans.toml"]);
        assert_eq!(members(&club, "fans"), ["a", "b"], "{mode}");
    }
}

#[test]
fn with_a_token_that_may_not_read_nobody_is_thrown_out() {
    for mode in ["add", "mirror-owned", "replace"] {
        let club = club(mode);
        club.json(&["segments", "add", "fans", "early"]);
        club.json(&["tokens", "issue", "writer", "--scope", "segments:write", "--out", "writer.token"]);
        club.file("fans.csv", "fan_id\na\nb\nc\n");
        let refused = club.run(&["apply", "fans.toml", "--token-file", "writer.token"]);
        assert!(refused.contains("who is in segment fans has to be read"), "{refused}");
        assert!(refused.contains("the scope `read`") && refused.ends_with("exit 4\n"), "{refused}");
        assert_eq!(members(&club, "fans"), ["a", "b", "early"], "{mode}");
    }
}

#[test]
fn a_segment_as_it_was_is_not_read_again() {
    let club = club("add");
    let asked = |club: &Club| {
        let csv = club.run(&["audit", "--operation", "listMembers", "--csv"]);
        assert!(csv.ends_with("exit 0\n"), "{csv}");
        csv.matches("listMembers").count()
    };
    let before = asked(&club);
    club.file("fans.csv", "fan_id\na\nb\nc\n");
    club.json(&["apply", "fans.toml"]);
    club.json(&["apply", "fans.toml"]);
    assert_eq!(asked(&club), before);
    club.json(&["segments", "add", "fans", "d"]);
    club.json(&["apply", "fans.toml"]);
    assert!(asked(&club) > before);
}

/// A way to the service at `address` that halts the first request to replace a segment: it says so, and goes on when told to.
fn halting(address: &str) -> (String, Receiver<()>, SyncSender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let entrance = listener.local_addr().unwrap().to_string();
    let ((halt, halted), (go_on, told)) = (sync_channel(1), sync_channel(1));
    let address = address.to_owned();
    let gate = Arc::new(Mutex::new(Some((halt, told))));
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let (mut connection, gate) = (connection.unwrap(), Arc::clone(&gate));
            let mut service = TcpStream::connect(&address).unwrap();
            let (mut back, mut answers) = (connection.try_clone().unwrap(), service.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut answers, &mut back));
            std::thread::spawn(move || {
                let mut bytes = vec![0; 1 << 16];
                while let Ok(read @ 1..) = connection.read(&mut bytes) {
                    let replaces = bytes.starts_with(b"POST /api/v1/segments ");
                    if let Some((halt, told)) = gate.lock().unwrap().take_if(|_| replaces) {
                        halt.send(()).unwrap();
                        told.recv().unwrap();
                    }
                    service.write_all(&bytes[..read]).unwrap();
                }
            });
        }
    });
    (format!("http://{entrance}"), halted, go_on)
}

#[test]
fn a_segment_that_others_change_while_another_goes_up_is_not_sent() {
    let club = club("add");
    club.file("more.csv", "fan_id\nc\n");
    let feed = |name: &str| format!("[[segment]]\nname = \"{name}\"\nfile = \"more.csv\"\n");
    club.file("both.toml", format!("ledger = \"fans.ledger\"\n{}{}", feed("first"), feed("fans")));
    club.json(&["tokens", "issue", "night", "--out", "night.token"]);
    let (entrance, halted, go_on) = halting(club.address());
    let through = ["--domain", &entrance, "--token-file", "night.token", "--adopt-ledger"];
    let arguments = [&["apply", "both.toml"][..], &through].concat();
    let applied = std::thread::scope(|scope| {
        let applied = scope.spawn(|| club.run(&arguments));
        halted.recv_timeout(Duration::from_mins(1)).unwrap();
        club.json(&["segments", "add", "fans", "meanwhile"]);
        go_on.send(()).unwrap();
        applied.join().unwrap()
    });
    assert!(applied.contains("others have changed segment fans since it was compared"), "{applied}");
    assert!(applied.ends_with("exit 13\n"), "{applied}");
    assert_eq!(members(&club, "first"), ["c"]);
    assert_eq!(members(&club, "fans"), ["a", "b", "meanwhile"]);
    assert!(club.run(&["apply", "both.toml", "--adopt-ledger"]).ends_with("exit 0\n"));
    assert_eq!(members(&club, "fans"), ["a", "b", "c", "meanwhile"]);
}
