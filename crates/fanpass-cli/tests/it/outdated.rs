//! What a source that is read later means for rows that were rejected before: it may be newer, or the same.

use std::fs;

use crate::apply::members;
use crate::harness::Club;
use crate::retries::{apply, apply_broken, club, mend, refused, retry, tier};

#[test]
fn rejects_are_outdated_by_a_newer_source_of_which_nothing_had_to_be_sent() {
    let club = club();
    apply(&club, "1,yes,gold\n");
    club.file("fans.csv", "fan_id,sth,tier\n1,perhaps,bronze\n");
    assert!(club.run(&["apply", "season.toml"]).ends_with("exit 10\n"));
    apply(&club, "1,yes,gold\n");
    mend(&club, "rejects/crm.csv");
    refused(&club, "rejects/crm.csv", "run 2 of crm has read newer rows, which the service had,");

    apply_broken(&club, "1,perhaps,silver\n", "rejects/crm-2.csv");
    for _ in 0..2 {
        // The same file every hour says nothing new.
        assert!(club.run(&["apply", "season.toml", "--allow", "empty"]).ends_with("exit 3\n"));
        assert_eq!(club.json(&["rejects", "retry", "rejects/crm-2.csv", "--dry-run"])["unsent"], 1);
    }
    apply(&club, "1,yes,gold\n");
    refused(&club, "rejects/crm-2.csv", "run 6 of crm has read newer rows, which the service had,");
    assert_eq!(tier(&club, "1"), "gold");
    assert_eq!(retry(&club, "rejects/crm-2.csv", &["--outdated"]), 1);
    assert_eq!(tier(&club, "1"), "silver");
}

#[test]
fn rejects_stay_mendable_beside_a_file_that_is_read_again_and_again() {
    let club = club();
    apply_broken(&club, "1,yes,gold\n2,perhaps,silver\n", "rejects/crm.csv");
    for _ in 0..2 {
        let again = club.json(&["apply", "season.toml"]);
        assert_eq!((&again["feeds"][0]["unchanged"], &again["feeds"][0]["sent"]), (&1.into(), &0.into()));
    }
    assert_eq!(retry(&club, "rejects/crm.csv", &[]), 1);
    assert_eq!(tier(&club, "2"), "silver");
}

#[test]
fn an_id_to_be_taken_out_is_outdated_by_a_newer_source_that_has_it_in() {
    let club = Club::with_service();
    let feed = |mode| {
        let feed = format!("feed = \"{mode}\"\nfile = \"{mode}.csv\"\nmode = \"{mode}\"\n");
        club.file(
            "season.toml",
            format!("[[segment]]\nname = \"fans\"\n{feed}guards = {{ rejects = 100 }}\n"),
        );
    };
    feed("add");
    club.file("add.csv", "fan_id,a\n1,\n2,\n");
    assert!(club.run(&["apply", "season.toml"]).ends_with("exit 0\n"));
    feed("remove");
    club.file("remove.csv", "fan_id,a\n1,surplus,cell\n");
    assert!(club.run(&["apply", "season.toml", "--allow", "empty"]).ends_with("exit 3\n"));
    let ids = fs::read_to_string(club.path("rejects/remove.csv")).unwrap();
    club.file("rejects/remove.csv", ids.replace(",\"cell\"", ""));
    feed("add");
    club.file("add.csv", "fan_id,a\n1,new\n2,new\n");
    assert!(club.run(&["apply", "season.toml"]).ends_with("exit 0\n"));
    refused(&club, "rejects/remove.csv", "run 3 of add has read newer rows");
    assert_eq!(club.json(&["segments", "show", "fans"])["memberCount"], 2);
}

#[test]
fn who_was_taken_out_by_a_mended_row_comes_in_again_by_a_feed_that_lists_him() {
    let club = Club::with_service();
    let feeds = ["add", "remove"].map(|mode| {
        format!("[[segment]]\nname = \"fans\"\nfeed = \"{mode}\"\nfile = \"{mode}.csv\"\nmode = \"{mode}\"\n")
    });
    club.file("season.toml", format!("guards = {{ rejects = 100, shrink = 100 }}\n{}", feeds.concat()));
    club.file("add.csv", "fan_id\n1\n2\n");
    club.file("remove.csv", "fan_id,why\n1,banned,cell\n");
    let apply = || club.run(&["apply", "season.toml", "--allow", "empty"]);
    assert!(apply().ends_with("exit 3\n"));
    assert_eq!(members(&club, "fans"), ["1", "2"]);
    let ids = fs::read_to_string(club.path("rejects/remove.csv")).unwrap();
    club.file("rejects/remove.csv", ids.replace(",\"cell\"", ""));
    assert_eq!(club.json(&["rejects", "retry", "rejects/remove.csv"])["feeds"][0]["removed"], 1);
    assert_eq!(members(&club, "fans"), ["2"]);
    apply();
    assert_eq!(
        members(&club, "fans"),
        ["1", "2"],
        "its source has the row broken, and another one lists him"
    );
    club.file("remove.csv", "fan_id,why\n1,banned\n");
    apply();
    assert_eq!(members(&club, "fans"), ["2"]);
}
