//! Values that an export takes off, or swaps, for more users than somebody may have meant.

use std::ops::Range;

use serde_json::{Value, json};

use crate::harness::Club;

/// A club whose 200 fans have a tier and a stand, of which its ledger knows, from a feed with these `guards`.
fn club(mode: &str, guards: &str) -> Club {
    let club = Club::with_service();
    for key in ["custom.tier", "custom.stand"] {
        club.json(&["attributes", "register", key, "--type", "string"]);
    }
    club.file(
        "season.toml",
        format!(
            "[[attributes]]\nname = \"crm\"\nfile = \"fans.csv\"\nblank = \"unset\"\nmode = \"{mode}\"\n\
             map = [\"tier=custom.tier\", \"stand=custom.stand\"]\nguards = {{ {guards} }}\n"
        ),
    );
    fans(&club, "gold,north", 0..0, "");
    // Nothing is known yet that could be taken off.
    assert!(club.run(&["apply", "season.toml"]).ends_with("exit 0\n"));
    club
}

/// Writes an export of 200 fans with these cells, and others for those `of` whom something is different.
fn fans(club: &Club, cells: &str, of: Range<u32>, others: &str) {
    let row = |fan| format!("{fan},{}\n", if of.contains(&fan) { others } else { cells });
    club.file("fans.csv", format!("fan_id,tier,stand\n{}", (0..200).map(row).collect::<String>()));
}

fn properties(club: &Club, user: &str) -> Value {
    club.json(&["users", "get", user])["userProperties"].clone()
}

#[test]
fn a_column_that_is_empty_one_night_takes_nothing_off_before_somebody_allows_it() {
    for mode in ["mirror-owned", "set"] {
        let club = club(mode, "");
        fans(&club, ",north", 0..200, ",south");
        let planned = club.run(&["plan", "season.toml"]);
        assert!(planned.contains("values cleared: 200\n"), "{planned}");
        let forbidden = club.run(&["apply", "season.toml"]);
        for printed in [&planned, &forbidden] {
            let why = "FORBIDDEN: custom.tier: 200 of 200 values would be taken off (100 %), and 20 % may (--allow clear)";
            assert!(printed.contains(why) && printed.ends_with("exit 10\n"), "{printed}");
        }
        assert_eq!(properties(&club, "7"), json!({ "custom.tier": "gold", "custom.stand": "north" }));

        let allowed = club.run(&["apply", "season.toml", "--allow", "clear"]);
        assert!(allowed.contains("values cleared: 200\n") && allowed.ends_with("exit 0\n"), "{allowed}");
        let shown = club.run(&["runs", "show", "2", "--ledger", "season.toml"]);
        assert!(shown.contains("values cleared: 200\n"), "{shown}");
        assert_eq!(properties(&club, "7"), json!({ "custom.stand": "south" }));
    }
}

#[test]
fn as_many_values_are_cleared_as_the_guard_lets_and_all_are_counted() {
    let club = club("mirror-owned", "");
    fans(&club, "gold,north", 0..41, ",");
    let forbidden = club.json(&["apply", "season.toml"]);
    let breaches: Vec<_> = forbidden["feeds"][0]["breaches"].as_array().unwrap().iter().collect();
    assert_eq!(breaches.iter().map(|breach| &breach["guard"]).collect::<Vec<_>>(), ["clear", "clear"]);
    fans(&club, "gold,north", 0..40, ",");
    assert_eq!(club.json(&["plan", "season.toml"])["feeds"][0]["cleared"], 80, "of two attributes");
    let applied = club.json(&["apply", "season.toml"]);
    assert_eq!((&applied["feeds"][0]["cleared"], &applied["feeds"][0]["removed"]), (&80.into(), &0.into()));
    let shown = club.json(&["runs", "show", "2", "--ledger", "season.toml"]);
    assert_eq!(shown["figures"]["cleared"], 80, "{shown}");
    assert_eq!(club.json(&["apply", "season.toml"])["feeds"][0]["cleared"], 0, "they are gone already");
}

#[test]
fn who_is_gone_is_measured_by_another_guard() {
    let club = club("mirror-owned", "shrink = 100, clear = 0");
    club.file("fans.csv", "fan_id,tier,stand\n7,gold,north\n");
    let applied = club.json(&["apply", "season.toml"]);
    assert_eq!((&applied["feeds"][0]["cleared"], &applied["feeds"][0]["removed"]), (&0.into(), &199.into()));
}

#[test]
fn columns_that_are_swapped_are_found_where_a_guard_on_changes_is_set() {
    for (guards, exit) in [("", "exit 0\n"), ("change = 50", "exit 10\n")] {
        let club = club("mirror-owned", guards);
        fans(&club, "gold,north", 0..100, "silver,south");
        assert!(club.run(&["apply", "season.toml"]).ends_with("exit 0\n"), "half of them may");
        fans(&club, "north,gold", 0..100, "south,silver");
        let swapped = club.run(&["apply", "season.toml"]);
        assert!(swapped.ends_with(exit), "{swapped}");
        let why = "custom.tier: 200 of 200 values would be changed (100 %), and 50 % may (--allow change)";
        assert_eq!(swapped.contains(why), exit == "exit 10\n", "{swapped}");
    }
}
