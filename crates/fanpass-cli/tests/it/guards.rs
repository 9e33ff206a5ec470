//! What a run must not do: what guards see of a segment, in each mode and with each ledger.

use std::fs;

use crate::apply::members;
use crate::foreign;
use crate::harness::Club;

/// A club with a segment `fans` of 100 members, which no ledger knows, and a feed of `rows` of them.
fn club(mode: &str, rows: usize) -> Club {
    let club = Club::with_service();
    club.file("fans.toml", format!("[[segment]]\nname = \"fans\"\nfile = \"fans.csv\"\nmode = \"{mode}\"\n"));
    list(&club, 100);
    club.json(&["segments", "push", "fans", "--file", "fans.csv", "--wait"]);
    list(&club, rows);
    club
}

fn list(club: &Club, rows: usize) {
    let rows: Vec<_> = (0..rows).map(|row| format!("fan-{row:03}")).collect();
    club.file("fans.csv", format!("fan_id\n{}\n", rows.join("\n")));
}

#[test]
fn a_feed_that_replaces_is_measured_against_a_segment_that_the_ledger_does_not_know() {
    let club = club("replace", 1);
    insta::assert_snapshot!("replace", club.run(&["plan", "fans.toml"]));
    assert!(club.run(&["apply", "fans.toml"]).ends_with("exit 10\n"));
    assert_eq!(members(&club, "fans").len(), 100);
    list(&club, 90);
    assert!(club.run(&["apply", "fans.toml"]).ends_with("exit 0\n"));
    fs::remove_file(club.path("fans.ledger")).unwrap();
    list(&club, 60);
    let moved_away = club.run(&["apply", "fans.toml"]);
    assert!(moved_away.contains("30 of 90 would go out"), "{moved_away}");
    assert!(club.run(&["apply", "fans.toml", "--allow", "shrink"]).ends_with("exit 0\n"));
    assert_eq!(members(&club, "fans").len(), 60);
}

#[test]
fn a_feed_that_replaces_what_nobody_tells_has_to_be_allowed_once() {
    let status = r#"{"status":"completed","imported_rows":2,"rejected_rows":0}"#;
    let (club, asked) = foreign::watched_club(status);
    club.file("fans.toml", "[[segment]]\nname = \"fans\"\nfile = \"fans.csv\"\nmode = \"replace\"\n");
    list(&club, 2);
    insta::assert_snapshot!("replace_untold", club.run(&["apply", "fans.toml"]));
    assert!(asked.try_iter().all(|path| path != "/api/v1/segments"), "something was sent");
    assert!(club.run(&["apply", "fans.toml", "--allow", "shrink"]).ends_with("exit 0\n"));
    let planned = club.json(&["plan", "fans.toml"]);
    assert_eq!(planned["feeds"][0]["members"], serde_json::json!([2, 2]), "the ledger knows it now");
}

#[test]
fn a_feed_that_removes_may_not_take_out_more_than_a_guard_lets() {
    let club = club("remove", 90);
    let forbidden = club.run(&["apply", "fans.toml"]);
    assert!(forbidden.contains("90 of 100 would go out"), "{forbidden}");
    assert!(forbidden.ends_with("exit 10\n"), "{forbidden}");
    assert_eq!(members(&club, "fans").len(), 100);
    list(&club, 20);
    assert!(club.run(&["apply", "fans.toml"]).ends_with("exit 0\n"));
    assert_eq!(members(&club, "fans").len(), 80);
}

#[test]
fn a_segment_that_would_be_emptied_is_found_out_before_anything_is_sent() {
    let club = club("replace", 0);
    let other = "[[segment]]\nname = \"others\"\nfile = \"others.csv\"\n";
    club.file("others.csv", "fan_id\nanother\n");
    let feeds = fs::read_to_string(club.path("fans.toml")).unwrap();
    club.file("fans.toml", format!("{feeds}\n{other}"));
    let allowed = ["apply", "fans.toml", "--allow", "empty", "--allow", "shrink"];
    insta::assert_snapshot!("emptied", club.run(&allowed));
    let planned = club.run(&["plan", "fans.toml"]);
    assert!(planned.contains("IMPOSSIBLE: ") && !planned.contains("Next:"), "{planned}");
    assert!(planned.ends_with("exit 10\n"), "a guard forbids it too: {planned}");
    assert_eq!(club.json(&[&allowed[..], &["--dry-run"]].concat())["impossible"], true);
    assert!(club.run(&["segments", "show", "others"]).ends_with("exit 5\n"), "something was sent");
    assert_eq!(members(&club, "fans").len(), 100);
}

#[test]
fn a_feed_that_is_refused_behind_one_that_was_sent_leaves_the_run_incomplete() {
    let club = foreign::club_that_refuses(&["application/json", "multipart/form-data"], "");
    let refused =
        "[[segment]]\nname = \"fans\"\nfile = \"fans.csv\"\nmode = \"replace\"\nguards = { shrink = 100 }\n";
    let sent =
        "[[attributes]]\nname = \"crm\"\nfile = \"crm.csv\"\nmap = [\"sth=user_properties.sth:boolean\"]\n";
    list(&club, 2);
    club.file("crm.csv", "fan_id,sth\nfan-1,yes\n");
    club.file("fans.toml", format!("{refused}{sent}"));
    insta::assert_snapshot!("incomplete", club.run(&["apply", "fans.toml"]));
    assert!(club.run(&["apply", "fans.toml"]).ends_with("exit 6\n"), "the second time nothing was sent");
}
