//! What a run must not do: what guards see of a segment, in each mode and with each ledger.

use std::{fs, ops::RangeInclusive};

use crate::apply::members;
use crate::foreign;
use crate::harness::Club;
use crate::together;

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

/// Mends a row of a reject file.
fn mend(club: &Club, file: &str, broken: &str, mended: &str) {
    let rejects = fs::read_to_string(club.path(file)).unwrap();
    assert!(rejects.contains(broken), "{rejects}");
    club.file(file, rejects.replace(broken, mended));
}

#[test]
fn rows_that_made_a_guard_forbid_a_run_can_be_mended_and_pushed() {
    let club = Club::with_service();
    club.file(
        "season.toml",
        "[[segment]]\nname = \"fans\"\nfile = \"ids.csv\"\nmode = \"mirror-owned\"\n\
         [[attributes]]\nname = \"crm\"\nfile = \"crm.csv\"\nmap = [\"sth=user_properties.sth:boolean\"]\nmode = \"mirror-owned\"\n",
    );
    club.file("ids.csv", "fan_id,name\nfan-1,Ada\n,Rhys\n");
    club.file("crm.csv", "fan_id,sth\nfan-1,yes\nfan-2,perhaps\nfan-3,yes\n");
    let planned = club.run(&["plan", "season.toml"]);
    assert!(
        planned.contains("fanpass check crm.csv --rejects FILE, with the feed's id and map"),
        "{planned}"
    );
    assert!(club.run(&["apply", "season.toml", "--dry-run"]).ends_with("exit 10\n"));
    assert!(!club.path("rejects").exists(), "neither is a run");
    insta::assert_snapshot!("rejects", club.run(&["apply", "season.plan.json"]));
    let again = club.json(&["apply", "season.toml"]);
    let files: Vec<_> =
        again["feeds"].as_array().unwrap().iter().map(|plan| &plan["rejectsFiles"][0]).collect();
    assert_eq!(files, ["rejects/fans-2.csv", "rejects/crm-2.csv"]);

    mend(&club, "rejects/fans.csv", "\"\",\"Rhys\"", "\"fan-2\",\"Rhys\"");
    mend(&club, "rejects/crm.csv", "\"perhaps\"", "\"no\"");
    let sent = |pushed: &serde_json::Value| (pushed["sent"].clone(), pushed["rejected"].clone());
    assert_eq!(sent(&club.json(&["rejects", "retry", "rejects/fans.csv"])["feeds"][0]), (1.into(), 0.into()));
    assert_eq!(sent(&club.json(&["rejects", "retry", "rejects/crm.csv"])), (1.into(), 0.into()));
    assert_eq!(members(&club, "fans"), ["fan-2"]);

    let allowed = club.json(&["apply", "season.toml", "--allow", "rejects"]);
    assert_eq!(allowed["feeds"][1]["sent"], 2, "{allowed}");
    assert_eq!(members(&club, "fans"), ["fan-1", "fan-2"], "the source has a row that may be anybody's");
    for file in ["rejects/fans-2.csv", "rejects/crm-2.csv"] {
        let outdated = club.run(&["rejects", "retry", file]);
        assert!(outdated.contains("has sent newer rows since these were rejected"), "{outdated}");
        assert!(outdated.ends_with("exit 6\n"), "{outdated}");
    }

    club.file("ids.csv", "fan_id,name\nfan-1,Ada\n");
    club.file("crm.csv", "fan_id,sth\nfan-1,yes\nfan-3,yes\n");
    club.json(&["apply", "season.toml", "--allow", "shrink"]);
    assert_eq!(members(&club, "fans"), ["fan-1"], "what was mended was the feed's own");
    assert_eq!(club.json(&["users", "get", "fan-2"])["userProperties"], serde_json::json!({}));
}

#[test]
fn rows_of_a_feed_that_replaces_are_mended_in_its_source() {
    let club = club("replace", 1);
    club.file("fans.csv", "fan_id,name\nfan-1,Ada\n,Rhys\n");
    let forbidden = club.run(&["apply", "fans.toml"]);
    assert!(forbidden.contains("rejects/fans.csv\nMend them in fans.csv and apply again\n"), "{forbidden}");
    assert!(club.path("rejects/fans.csv").exists() && !club.path("rejects/fans.csv.toml").exists());
    assert!(
        club.run(&["rejects", "retry", "rejects/fans.csv"]).contains("mend ids of a segment in their source")
    );
}

#[test]
fn a_source_without_a_row_that_can_be_used_is_no_success_of_any_command() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.tier", "--type", "string"]);
    let map = ["--map", "tier=custom.tier"];
    for content in ["fan_id,tier\n", "fan_id,tier\n1,\n2, \n", "fan_id,tier\n1,\n,gold\n"] {
        club.file("fans.csv", content);
        for command in [
            &["check", "fans.csv"][..],
            &["users", "push", "fans.csv", "--dry-run"],
            &["users", "push", "fans.csv"],
            &["users", "push", "fans.csv", "--ledger", "fans.ledger"],
        ] {
            let printed = club.run(&[command, &map].concat());
            assert!(printed.contains("can be used; "), "{printed}");
            assert!(printed.ends_with("exit 6\n"), "{printed}");
        }
        club.file(
            "season.toml",
            "[[attributes]]\nname = \"crm\"\nfile = \"fans.csv\"\nmap = [\"tier=custom.tier\"]\n",
        );
        let forbidden = club.run(&["apply", "season.toml"]);
        assert!(forbidden.contains("--allow empty"), "{forbidden}");
        assert!(forbidden.ends_with("exit 10\n"), "{forbidden}");
    }
    assert_eq!(club.json(&["users", "list", "--count"])["count"], 0);
}

#[test]
fn guards_count_who_comes_in_or_goes_out_by_all_feeds_together() {
    let guards = |club: &Club, guards: &str| {
        let season = fs::read_to_string(club.path("fans.toml")).unwrap();
        let (_, feeds) = season.split_once('\n').unwrap();
        club.file("fans.toml", format!("guards = {{ {guards} }}\n{feeds}"));
    };
    let ids = |ids: RangeInclusive<u32>| ids.map(|id| id.to_string()).collect::<Vec<_>>();
    let file = |club: &Club, feed: &str, listed: RangeInclusive<u32>| {
        together::list(club, feed, &ids(listed).iter().map(String::as_str).collect::<Vec<_>>());
    };
    // Taken out on their way in, they were no members before.
    let club = together::club(&[("north", "add"), ("banned", "remove"), ("south", "mirror-owned")]);
    for feed in ["north", "banned", "south"] {
        file(&club, feed, 1..=10);
    }
    assert_eq!(together::apply(&club), [[10, 10, 0, 0], [0, 10, 0, 10], [10, 10, 0, 0]]);
    guards(&club, "shrink = 0, growth = 30");
    for (feed, listed) in [("north", 1..=13), ("banned", 11..=13), ("south", 1..=13)] {
        file(&club, feed, listed);
    }
    assert_eq!(together::apply(&club), [[3, 3, 10, 0], [0, 3, 0, 3], [3, 3, 10, 0]]);
    assert_eq!(members(&club, "fans").len(), 13);

    // Put in on their way out, they are no members after.
    let club = together::club(&[("early", "remove"), ("north", "add"), ("late", "remove")]);
    club.json(&["segments", "add", "fans", "1", "2", "3", "4", "5"]);
    for feed in ["early", "north", "late"] {
        file(&club, feed, 1..=2);
    }
    guards(&club, "shrink = 39, growth = 0");
    let forbidden = club.run(&["plan", "fans.toml"]);
    assert_eq!(forbidden.matches("2 of 5 would go out (40 %)").count(), 3, "each, and together: {forbidden}");
    assert!(!forbidden.contains("would come in"), "{forbidden}");
    guards(&club, "shrink = 40, growth = 0");
    assert_eq!(together::apply(&club), [[0, 2, 0, 2], [2, 2, 0, 0], [0, 2, 0, 2]]);
    assert_eq!(members(&club, "fans"), ["3", "4", "5"]);
}
