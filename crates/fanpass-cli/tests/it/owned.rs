//! What a feed in `mirror-owned` takes back from those who are gone: what it put there, and nothing else.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::foreign;
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

const ATTRIBUTES: &str =
    "[[attribute]]\nkey = \"custom.tier\"\n[[attribute]]\nkey = \"user_properties.sth\"\n";

/// The service takes silver and gold alone, and the tool's own file knows nothing of that.
fn club() -> Club {
    let club = Club::with_service();
    let tier =
        ["attributes", "register", "custom.tier", "--type", "string", "--allow", "silver", "--allow", "gold"];
    club.json(&tier);
    club.file("season.toml", SEASON);
    club.file("attributes.toml", ATTRIBUTES);
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
fn of_a_run_that_broke_off_in_the_middle_what_was_acknowledged_is_the_feeds_own() {
    let updates = Arc::new(AtomicUsize::new(2));
    let (club, told) = foreign::club_that_takes(Arc::clone(&updates));
    club.file("season.toml", SEASON);
    club.file("attributes.toml", ATTRIBUTES);
    club.file("fans.csv", "fan_id,sth,tier\nstays,,gold\nsent,,gold\nbroken,,gold\nnever,,gold\n");
    let printed = club.run(&["apply", "season.toml", "--concurrency", "1"]);
    assert!(printed.contains("stopped in the middle") && printed.ends_with("exit 13\n"), "{printed}");

    updates.store(usize::MAX, Ordering::SeqCst);
    let applied = apply(&club, "stays,,gold\n");
    assert_eq!((&applied["removed"], &applied["unchanged"]), (&1.into(), &1.into()), "{applied}");
    let cleared = told.iter().filter(|told| told.starts_with('{')).nth(2).unwrap();
    let cleared: Value = serde_json::from_str(&cleared).unwrap();
    assert_eq!(cleared, json!({ "userId": "sent", "userProperties": { "custom.tier": null } }));
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

/// Replaces `from` in a reject file and retries it.
fn retry(club: &Club, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(club.path(file)).unwrap();
    assert!(text.contains(from), "{text}");
    club.file(file, text.replace(from, to));
    let printed = club.run(&["rejects", "retry", file]);
    assert!(printed.ends_with("exit 0\n"), "{printed}");
}

#[test]
fn a_reject_that_was_mended_is_the_feeds_own() {
    let club = club();
    let broken = "stays,yes,gold\nmended,perhaps,gold\n";
    apply(&club, broken);
    retry(&club, "rejects/crm.csv", "perhaps", "yes");
    assert_eq!(properties(&club, "mended")["custom.tier"], "gold");
    assert_eq!(apply(&club, broken)["removed"], 0, "it is in the file, though nobody has mended it there");
    assert_eq!(properties(&club, "mended")["custom.tier"], "gold");
    assert_eq!(apply(&club, "stays,yes,gold\n")["removed"], 1);
    assert_eq!(properties(&club, "mended"), json!({}));
    assert_eq!(properties(&club, "stays")["custom.tier"], "gold");
}

#[test]
fn a_reject_that_is_mended_in_two_steps_is_the_feeds_own() {
    let club = club();
    apply(&club, "stays,yes,gold\nmended,perhaps,bronze\n");
    let file = "rejects/crm.csv";
    let text = fs::read_to_string(club.path(file)).unwrap();
    club.file(file, text.replace("perhaps", "yes"));
    let refused = club.json(&["rejects", "retry", file]);
    assert_eq!((&refused["rejected"], &refused["sent"]), (&1.into(), &0.into()), "{refused}");
    let still_wrong = refused["rejectsFiles"][0].as_str().unwrap();
    retry(&club, still_wrong, "bronze", "gold");
    assert_eq!(apply(&club, "stays,yes,gold\n")["removed"], 1);
    assert_eq!(properties(&club, "mended"), json!({}));
}

#[test]
fn an_id_that_was_mended_is_the_feeds_own() {
    let club = Club::with_service();
    let segment = "[[segment]]\nname = \"holders\"\nfile = \"holders.csv\"\nmode = \"mirror-owned\"\n";
    club.file("season.toml", format!("guards = {{ rejects = 100, shrink = 100 }}\n{segment}"));
    let apply = |rows: &str| {
        club.file("holders.csv", format!("fan_id,tier\n{rows}"));
        club.json(&["apply", "season.toml"])["feeds"][0]["removed"].clone()
    };
    let members = || club.json(&["segments", "show", "holders"])["memberCount"].clone();
    let broken = "stays,\nmended,,surplus\n";
    apply(broken);
    assert_eq!(members(), 1);
    retry(&club, "rejects/holders.csv", ",\"surplus\"", "");
    assert_eq!((members(), apply(broken), members()), (2.into(), 0.into(), 2.into()));
    assert_eq!((apply("stays,\n"), members()), (1.into(), 1.into()));
}

#[test]
fn a_configuration_gives_no_feed_to_another() {
    let club = club();
    club.file("season.toml", format!("{SEASON}rejects-of = {{ feed = \"other\", run = 1, owned = true }}\n"));
    let printed = club.run(&["plan", "season.toml"]);
    assert!(
        printed.contains("`rejects-of` is for the file beside a reject file")
            && printed.ends_with("exit 2\n"),
        "{printed}"
    );
}

#[test]
fn rejects_put_nothing_old_back() {
    let club = club();
    let monday = "stays,yes,gold\nlate,perhaps,silver\n";
    apply(&club, monday);
    apply(&club, monday);
    let file = "rejects/crm.csv";
    club.file(file, fs::read_to_string(club.path(file)).unwrap().replace("perhaps", "yes"));
    let dry_run = club.json(&["rejects", "retry", file, "--dry-run"]);
    assert_eq!(dry_run["unsent"], 1, "the second run sent nothing that would be newer: {dry_run}");
    apply(&club, "stays,yes,gold\nlate,yes,gold\nother,perhaps,gold\n");
    insta::assert_snapshot!("outdated", club.run(&["rejects", "retry", file]));
    assert_eq!(properties(&club, "late")["custom.tier"], "gold");
    assert_eq!(club.json(&["rejects", "retry", file, "--outdated"])["sent"], 1);
    assert_eq!(properties(&club, "late")["custom.tier"], "silver");
}

#[test]
fn a_feed_of_another_file_that_shares_the_ledger_does_not_take_over_the_list() {
    let club = club();
    let shared = format!("ledger = \"shared.ledger\"\n{SEASON}");
    club.file("season.toml", &shared);
    apply(&club, "sent,yes,gold\nstays,yes,gold\n");
    club.file("others.csv", "fan_id,sth,tier\nother,yes,gold\n");
    club.file("others.toml", shared.replace("fans.csv", "others.csv"));
    for command in ["plan", "apply"] {
        let printed = club.run(&[command, "others.toml"]);
        assert!(
            printed.contains("season.toml has a feed \"crm\"") && printed.ends_with("exit 6\n"),
            "{printed}"
        );
    }
    club.file("others.toml", shared.replace("fans.csv", "others.csv").replace("crm", "others"));
    assert!(club.run(&["apply", "others.toml"]).ends_with("exit 0\n"));
    fs::rename(club.path("season.toml"), club.path("renamed.toml")).unwrap();
    club.file("fans.csv", "fan_id,sth,tier\nstays,yes,gold\n");
    assert_eq!(club.json(&["apply", "renamed.toml"])["feeds"][0]["removed"], 1);
    assert_eq!(properties(&club, "sent"), json!({}));
}
