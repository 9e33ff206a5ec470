//! Members that others change between two runs: a feed goes on from who is in the segment, and not from what its ledger knew.

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
