//! Whom a feed that mirrors has put in and nobody takes out any more is told: its name is gone, or its ledger.

use std::fs;

use serde_json::Value;

use crate::apply::members;
use crate::harness::Club;

const SEGMENT: &str =
    "[[segment]]\nname = \"fans\"\nfeed = \"north\"\nfile = \"fans.csv\"\nmode = \"mirror-owned\"\n";
const ATTRIBUTES: &str = "[[attributes]]\nname = \"crm\"\nfile = \"crm.csv\"\nmode = \"mirror-owned\"\n\
     map = [\"sth=user_properties.sth:boolean\"]\n";

/// A club that has applied feeds which mirror five fans each.
fn club() -> Club {
    let club = Club::with_service();
    season(&club, |feeds| feeds);
    fans(&club, 5);
    assert_eq!(notices(&club, "apply"), [""; 0]);
    club
}

/// Writes the configuration as it was, but for what `change` makes of it.
fn season(club: &Club, change: impl Fn(String) -> String) {
    club.file("season.toml", change(format!("guards = {{ shrink = 50 }}\n{SEGMENT}{ATTRIBUTES}")));
}

fn fans(club: &Club, most: u32) {
    for (file, value) in [("fans.csv", ""), ("crm.csv", "yes")] {
        let rows = (1..=most).map(|fan| format!("{fan},{value}\n")).collect::<Vec<_>>().concat();
        club.file(file, format!("fan_id,sth\n{rows}"));
    }
}

/// What a command says of feeds that are not named any more.
fn notices(club: &Club, command: &str) -> Vec<String> {
    let said = club.json(&[command, "season.toml"]);
    assert!(said["feeds"].is_array(), "{said}");
    said["notices"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|notice| notice.as_str().unwrap().to_owned())
        .collect()
}

fn sth(club: &Club, user: &str) -> Value {
    club.json(&["users", "get", user])["userProperties"]["user_properties.sth"].clone()
}

#[test]
fn feeds_that_were_renamed_are_told_with_those_whom_they_leave_behind() {
    let club = club();
    season(&club, |feeds| {
        feeds.replace("north", "stand").replace("crm", "sales").replace("sales.csv", "crm.csv")
    });
    for command in [&["plan", "season.toml"][..], &["apply", "season.toml", "--dry-run"]] {
        let printed = club.run(command);
        let said = [
            "notice: left by feed \"crm\", which season.toml does not name any more: 5 users, whose attributes no feed takes off once",
            "notice: left by feed \"north\", which season.toml does not name any more: 5 members of segment fans, whom no feed takes out once",
        ];
        assert!(said.iter().all(|said| printed.contains(said)) && printed.ends_with("exit 0\n"), "{printed}");
    }
    fans(&club, 4);
    let printed = club.run(&["apply", "season.toml"]);
    assert!(printed.contains("members whom no file lists, and who stay,"), "{printed}");
    assert_eq!(members(&club, "fans").len(), 5, "nobody knows that he was the feed's");
    let left = notices(&club, "apply");
    assert!(
        left[0].contains(": 1 user, whose") && left[1].contains(": 1 member of segment fans, whom"),
        "the others are other feeds': {left:?}"
    );

    season(&club, |feeds| feeds);
    assert_eq!(notices(&club, "apply"), [""; 0]);
    assert_eq!(
        (members(&club, "fans").len(), sth(&club, "5")),
        (4, Value::Null),
        "they have their names again"
    );
}

#[test]
fn feeds_of_other_files_are_not_taken_for_such() {
    let club = club();
    let others = SEGMENT.replace("north", "others").replace("fans", "others");
    club.file("others.toml", format!("ledger = \"season.ledger\"\n{others}"));
    club.file("others.csv", "fan_id\n1\n");
    for command in ["plan", "apply"] {
        assert!(!club.run(&[command, "others.toml"]).contains("notice"));
        assert_eq!(notices(&club, command), [""; 0]);
    }
    // Its feed went with the file.
    fs::remove_file(club.path("others.toml")).unwrap();
    assert!(notices(&club, "plan")[0].contains("feed \"others\""));
}

#[test]
fn a_new_ledger_tells_whom_it_does_not_know() {
    let club = club();
    fs::remove_file(club.path("season.ledger")).unwrap();
    fans(&club, 3);
    let told = "members whom no file lists, and who stay, as this ledger does not know that a feed has put them in: 2\n";
    for command in ["plan", "apply"] {
        let printed = club.run(&[command, "season.toml"]);
        assert!(printed.contains(told) && printed.ends_with("exit 0\n"), "{printed}");
    }
    assert_eq!(members(&club, "fans").len(), 5);
    assert!(!club.run(&["apply", "season.toml"]).contains("no file lists"), "it was told");

    for damage in ["", "no ledger at all"] {
        club.file("season.ledger", damage);
        let printed = club.run(&["apply", "season.toml"]);
        let who = "who has left the file of a feed in `mirror-owned` before its first run stays for good";
        assert!(printed.contains(who), "{printed}");
    }
}
