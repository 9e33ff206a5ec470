//! What a feed in `mirror-owned` takes back from those who are gone: what it put there, and nothing else.

use serde_json::{Value, json};

use crate::harness::Club;

const SEASON: &str = r#"
attributes-file = "attributes.toml"

[[attributes]]
name = "crm"
file = "fans.csv"
map = ["sth=user_properties.sth:boolean", "tier=custom.tier"]
mode = "mirror-owned"
guards = { rejects = 100, shrink = 100 }
"#;

/// The service takes silver and gold alone, and the tool's own file knows nothing of that.
fn club() -> Club {
    let club = Club::with_service();
    let tier =
        ["attributes", "register", "custom.tier", "--type", "string", "--allow", "silver", "--allow", "gold"];
    club.json(&tier);
    club.file("season.toml", SEASON);
    club.file(
        "attributes.toml",
        "[[attribute]]\nkey = \"custom.tier\"\n[[attribute]]\nkey = \"user_properties.sth\"\n",
    );
    club.json(&["tokens", "issue", "reader", "--scope", "read", "--out", "reader.token"]);
    club
}

/// Writes the file of these rows and applies it; the feed's report, which has to be what the plan said.
fn apply(club: &Club, rows: &str) -> Value {
    club.file("fans.csv", format!("fan_id,sth,tier\n{rows}"));
    let planned = club.json(&["plan", "season.toml", "--dry-run"])["feeds"][0].clone();
    let applied = club.json(&["apply", "season.toml"])["feeds"][0].clone();
    assert_eq!(applied["addsUp"], true, "{applied}");
    assert_eq!(planned["removed"], applied["removed"], "{planned} {applied}");
    applied
}

/// Applies it with a token that may read alone: the run breaks off.
fn break_off(club: &Club, rows: &str) {
    club.file("fans.csv", format!("fan_id,sth,tier\n{rows}"));
    let printed = club.run(&["apply", "season.toml", "--token-file", "reader.token"]);
    assert!(printed.contains("stopped in the middle") && printed.ends_with("exit 4\n"), "{printed}");
}

fn set(club: &Club, user: &str, tier: &str) {
    club.json(&["users", "update", user, "--set", &format!("custom.tier={tier}")]);
}

fn properties(club: &Club, user: &str) -> Value {
    club.json(&["users", "get", user])["userProperties"].clone()
}

#[test]
fn a_run_that_broke_off_makes_nobody_the_feeds_own() {
    let club = club();
    set(&club, "by-hand", "silver");
    apply(&club, "sent,yes,gold\nstays,yes,gold\n");
    break_off(&club, "sent,yes,gold\nstays,yes,gold\nby-hand,,gold\n");
    let next = apply(&club, "stays,yes,gold\n");
    assert_eq!(next["removed"], 1, "{next}");
    assert_eq!(properties(&club, "by-hand"), json!({ "custom.tier": "silver" }), "it was never sent");
    assert_eq!(properties(&club, "sent"), json!({}));
    assert_eq!(apply(&club, "stays,yes,gold\n")["removed"], 0);
}

#[test]
fn what_could_not_be_taken_off_is_taken_off_by_the_next_run() {
    let club = club();
    apply(&club, "sent,yes,gold\nstays,yes,gold\n");
    break_off(&club, "stays,yes,gold\n");
    assert_eq!(properties(&club, "sent")["custom.tier"], "gold");
    assert_eq!(apply(&club, "stays,yes,gold\n")["removed"], 1);
    assert_eq!(properties(&club, "sent"), json!({}));
}

#[test]
fn a_refused_update_takes_nothing_back_but_what_was_there_before_it() {
    let club = club();
    set(&club, "by-hand", "silver");
    apply(&club, "before,,gold\nstays,yes,gold\n");
    let refused = apply(&club, "before,,bronze\nby-hand,,bronze\nstays,yes,gold\n");
    assert_eq!(refused["rejected"], 2, "{refused}");
    assert_eq!(apply(&club, "stays,yes,gold\n")["removed"], 1);
    assert_eq!(properties(&club, "by-hand"), json!({ "custom.tier": "silver" }), "it was refused");
    assert_eq!(properties(&club, "before"), json!({}), "its gold was the feed's own");
}

#[test]
fn a_key_that_was_always_blank_is_left_alone() {
    let club = club();
    set(&club, "half", "silver");
    apply(&club, "half,yes,\nstays,yes,gold\n");
    assert_eq!(apply(&club, "stays,yes,gold\n")["removed"], 1);
    assert_eq!(properties(&club, "half"), json!({ "custom.tier": "silver" }));
}

#[test]
fn several_rows_of_a_user_are_taken_back_as_a_whole() {
    let club = club();
    apply(&club, "twice,yes,\ntwice,,gold\nstays,yes,gold\n");
    assert_eq!(apply(&club, "stays,yes,gold\n")["removed"], 1);
    assert_eq!(properties(&club, "twice"), json!({}));
}
