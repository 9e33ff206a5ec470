//! Members that others change between two runs: a feed goes on from who is in the segment, and not from what its ledger knew.

use serde_json::{Value, json};

use crate::apply::members;
use crate::gate::Gate;
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

/// Others change segment `fans` while an earlier one of the same run goes up; in doubt, an earlier run was killed on its way.
fn overtaken(in_doubt: bool) {
    let club = club("add");
    let gate = Gate::before(&club);
    club.file("fans.csv", "fan_id\na\nb\nc\n");
    if in_doubt {
        gate.kill(&club, &["apply", "fans.toml", "--adopt-ledger"], false);
    }
    let feed = |name: &str| format!("[[segment]]\nname = \"{name}\"\nfile = \"fans.csv\"\n");
    club.file("both.toml", format!("ledger = \"fans.ledger\"\n{}{}", feed("first"), feed("fans")));
    let halt = gate.halt_next();
    let applying = club.start(&["apply", "both.toml", "--adopt-ledger"]);
    let halted = halt.wait();
    club.json(&["segments", "add", "fans", "meanwhile"]);
    halted.go_on();
    let applied = applying.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&applied.stderr);
    assert!(said.contains("changed segment fans since it was compared"), "{said}");
    assert_eq!(applied.status.code(), Some(13), "{said}");
    assert_eq!(members(&club, "first"), ["a", "b", "c"]);
    assert_eq!(members(&club, "fans"), ["a", "b", "meanwhile"]);
    assert!(club.run(&["apply", "both.toml"]).ends_with("exit 0\n"));
    assert_eq!(members(&club, "fans"), ["a", "b", "c", "meanwhile"]);
}

#[test]
fn a_segment_that_others_change_while_another_goes_up_is_not_sent() {
    overtaken(false);
}

#[test]
fn nor_is_one_of_which_an_earlier_run_was_not_heard_of() {
    overtaken(true);
}

#[test]
fn who_comes_in_while_ids_sent_before_have_their_time_is_not_thrown_out() {
    let club = club("add");
    let gate = Gate::before(&club);
    club.file("many.csv", (0..40).fold("fan_id\n".to_owned(), |rows, fan| format!("{rows}fan-{fan}\n")));
    let feed = |name: &str| format!("[[segment]]\nname = \"{name}\"\nfile = \"many.csv\"\n");
    let both = format!("ledger = \"fans.ledger\"\nids-rate = 40\n{}{}", feed("first"), feed("fans"));
    club.file("both.toml", format!("guards = {{ growth = 10000 }}\n{both}"));
    let halt = gate.halt_next();
    let applying = club.start(&["apply", "both.toml", "--adopt-ledger"]);
    halt.wait().go_on();
    while !club.run(&["segments", "show", "first"]).ends_with("exit 0\n") {}
    club.json(&["segments", "add", "fans", "meanwhile"]);
    applying.wait_with_output().unwrap();
    assert!(members(&club, "fans").contains(&"meanwhile".to_owned()));
}
