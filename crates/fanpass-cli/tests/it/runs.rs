//! `runs`: what a ledger remembers of them, and those that are under way.

use std::time::SystemTime;

use fanpass_sync::{Busy, Ledger, RunEnd, RunStart};
use serde_json::Value;

use crate::apply::club;
use crate::harness::Club;

#[test]
fn runs_are_remembered() {
    let club = club();
    club.run(&["apply", "season.toml"]);
    let runs = club.json(&["runs", "list", "--ledger", "season.toml"]);
    let told: Vec<_> = runs["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| (&run["id"], &run["feed"], &run["outcome"]))
        .collect();
    let done = Value::from("done");
    assert_eq!(told, [(&"2".into(), &"crm".into(), &done), (&"1".into(), &"holders".into(), &done)]);
    let shown = club.run(&["runs", "show", "1", "--ledger", "season.ledger"]);
    let timeless: Vec<_> =
        shown.lines().filter(|line| !line.starts_with("begun") && !line.starts_with("ended")).collect();
    insta::assert_snapshot!("run", timeless.join("\n"));
    assert!(club.run(&["runs", "show", "9", "--ledger", "season.toml"]).ends_with("exit 5\n"));
    assert!(club.run(&["runs", "list", "--ledger", "none.ledger"]).ends_with("exit 5\n"));
}

#[test]
fn runs_are_shown_while_one_is_under_way() {
    let club = Club::alone();
    let run = RunStart {
        label: "crm".into(),
        source: "fans.csv".into(),
        digest: "1".into(),
        ..RunStart::default()
    };
    let open = || Ledger::open(&club.path("season.ledger"), Busy::Refuse).unwrap();
    let list = ["runs", "list", "--ledger", "season.ledger"];
    let mut ledger = open();
    ledger.begin_run(&run, SystemTime::UNIX_EPOCH).unwrap();
    let mut said = club.run(&list);
    drop(ledger);
    said.push_str(&club.run(&list));
    let mut ledger = open();
    let later = ledger.begin_run(&run, SystemTime::UNIX_EPOCH).unwrap();
    ledger.end_run(later, &RunEnd::default(), SystemTime::UNIX_EPOCH).unwrap();
    said.push_str(&club.run(&list));
    said.push_str(&club.run(&["runs", "show", "1", "--ledger", "season.ledger"]));
    insta::assert_snapshot!("runs_under_way", said);
}
