//! Reject files and the ledger they belong to: which rows are older than what was sent since, and where the ledger is.

use std::fs;

use serde_json::Value;

use crate::harness::Club;

const SEASON: &str = "guards = { rejects = 100, growth = 1000 }\n
[[attributes]]\nname = \"crm\"\nfile = \"fans.csv\"\nmap = [\"sth=user_properties.sth:boolean\", \"tier=custom.tier\"]\n";
const PUSH: [&str; 8] = [
    "users",
    "push",
    "--ledger",
    "fans.ledger",
    "--map",
    "sth=user_properties.sth:boolean",
    "--map",
    "tier=custom.tier",
];

pub fn club() -> Club {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.tier", "--type", "string"]);
    club.file("season.toml", SEASON);
    club
}

/// Applies the rows, of which one is to be rejected, and mends it in the reject file.
pub fn apply_broken(club: &Club, rows: &str, rejects: &str) {
    club.file("fans.csv", format!("fan_id,sth,tier\n{rows}"));
    let printed = club.run(&["apply", "season.toml", "--allow", "empty"]);
    assert!(printed.ends_with("exit 3\n"), "{printed}");
    mend(club, rejects);
}

pub fn mend(club: &Club, rejects: &str) {
    let text = fs::read_to_string(club.path(rejects)).unwrap();
    assert!(text.contains("perhaps"), "{text}");
    club.file(rejects, text.replacen("perhaps", "yes", 1));
}

pub fn apply(club: &Club, rows: &str) {
    club.file("fans.csv", format!("fan_id,sth,tier\n{rows}"));
    assert!(club.run(&["apply", "season.toml"]).ends_with("exit 0\n"));
}

fn push(club: &Club, file: &str, rows: &str, more: &[&str]) -> Value {
    club.file(file, format!("fan_id,sth,tier\n{rows}"));
    club.json(&[&PUSH[..], &["--file", file], more].concat())
}

/// Retries a file that is refused, for these words.
pub fn refused(club: &Club, rejects: &str, words: &str) {
    for more in [&[][..], &["--dry-run"]] {
        let printed = club.run(&[&["rejects", "retry", rejects], more].concat());
        assert!(printed.contains(words) && printed.ends_with("exit 6\n"), "{printed}");
    }
}

pub fn retry(club: &Club, rejects: &str, more: &[&str]) -> Value {
    club.json(&[&["rejects", "retry", rejects], more].concat())["sent"].clone()
}

pub fn tier(club: &Club, user: &str) -> Value {
    club.json(&["users", "get", user])["userProperties"]["custom.tier"].clone()
}

#[test]
fn a_retry_finds_the_ledger_of_a_project_that_was_moved_and_makes_none() {
    let club = club();
    fs::create_dir(club.path("here")).unwrap();
    club.file("here/season.toml", SEASON);
    club.file("here/fans.csv", "fan_id,sth,tier\n1,perhaps,gold\n2,yes,gold\n");
    assert!(club.run(&["apply", "here/season.toml"]).ends_with("exit 3\n"));
    fs::rename(club.path("here"), club.path("there")).unwrap();
    mend(&club, "there/rejects/crm.csv");
    assert_eq!(retry(&club, "there/rejects/crm.csv", &[]), 1);
    assert!(!club.path("here").exists());

    fs::rename(club.path("there/season.ledger"), club.path("moved.ledger")).unwrap();
    refused(&club, "there/rejects/crm.csv", "--ledger FILE");
    assert!(!club.path("there/season.ledger").exists());
    assert_eq!(retry(&club, "there/rejects/crm.csv", &["--ledger", "moved.ledger"]), 0, "it knows it");
}

#[test]
fn rejects_of_another_ledger_are_refused() {
    let club = club();
    apply_broken(&club, "1,perhaps,silver\n", "rejects/crm.csv");
    fs::remove_file(club.path("season.ledger")).unwrap();
    apply(&club, "1,yes,gold\n");
    refused(&club, "rejects/crm.csv", "is not the ledger beside which these rows were rejected");
    assert_eq!(tier(&club, "1"), "gold");
    let text = fs::read_to_string(club.path("rejects/crm.csv")).unwrap();
    let wrong = text.lines().last().unwrap().replace("\"yes\"", "\"perhaps\"");
    club.file("rejects/crm.csv", format!("{text}{wrong}\n"));
    assert_eq!(retry(&club, "rejects/crm.csv", &["--outdated"]), 1);
    assert_eq!(tier(&club, "1"), "silver");
    mend(&club, "rejects/crm-2.csv");
    assert_eq!(retry(&club, "rejects/crm-2.csv", &[]), 0, "these are this ledger's own");
}

#[test]
fn an_older_copy_of_the_ledger_knows_nothing_of_rejects() {
    let club = club();
    apply(&club, "1,yes,gold\n");
    fs::copy(club.path("season.ledger"), club.path("copy.ledger")).unwrap();
    apply_broken(&club, "1,perhaps,silver\n", "rejects/crm.csv");
    fs::rename(club.path("copy.ledger"), club.path("season.ledger")).unwrap();
    refused(&club, "rejects/crm.csv", "or an older copy of it");
}

#[test]
fn rejects_are_outdated_by_any_run_that_wrote_the_same_attribute() {
    let club = club();
    club.json(&["attributes", "register", "custom.other", "--type", "string"]);
    apply_broken(&club, "1,perhaps,silver\n", "rejects/crm.csv");
    club.file("fans.csv", "fan_id,tier\n1,gold\n");
    for (feed, key) in [("others", "custom.other"), ("renamed", "custom.tier")] {
        let dry_run = club.json(&["rejects", "retry", "rejects/crm.csv", "--dry-run"]);
        assert_eq!(dry_run["unsent"], 1, "only another attribute was sent: {dry_run}");
        let feed =
            format!("[[attributes]]\nname = \"{feed}\"\nfile = \"fans.csv\"\nmap = [\"tier={key}\"]\n");
        club.file("season.toml", feed);
        assert!(club.run(&["apply", "season.toml"]).ends_with("exit 0\n"));
    }
    refused(&club, "rejects/crm.csv", "run 3 of renamed has sent newer rows");
    assert_eq!(tier(&club, "1"), "gold");
}

#[test]
fn rejects_of_dated_exports_are_outdated_by_the_next_one() {
    let club = club();
    push(&club, "monday.csv", "1,perhaps,silver\n", &[]);
    mend(&club, "rejects.csv");
    push(&club, "tuesday.csv", "1,yes,gold\n", &[]);
    refused(&club, "rejects.csv", "run 2 of users push tuesday.csv");
}

#[test]
fn rejects_of_a_dry_run_are_outdated_by_what_is_sent_later() {
    let club = club();
    push(&club, "monday.csv", "1,perhaps,silver\n2,yes,gold\n", &["--dry-run"]);
    mend(&club, "rejects.csv");
    assert_eq!(club.json(&["rejects", "retry", "rejects.csv", "--dry-run"])["unsent"], 1);
    push(&club, "tuesday.csv", "1,yes,gold\n", &[]);
    refused(&club, "rejects.csv", "run 1 of users push tuesday.csv");
}

#[test]
fn a_reject_file_is_outdated_by_the_retry_of_a_newer_one_and_not_by_its_own() {
    let club = club();
    apply_broken(&club, "1,perhaps,silver\n2,perhaps,silver\n", "rejects/crm.csv");
    assert_eq!(retry(&club, "rejects/crm.csv", &[]), 1);
    mend(&club, "rejects/crm.csv");
    assert_eq!(retry(&club, "rejects/crm.csv", &[]), 1, "its own retry was before");
    apply_broken(&club, "1,yes,silver\n2,yes,silver\n3,perhaps,silver\n", "rejects/crm-3.csv");
    apply_broken(&club, "1,yes,silver\n2,yes,silver\n3,perhaps,gold\n", "rejects/crm-4.csv");
    assert_eq!(retry(&club, "rejects/crm-4.csv", &[]), 1);
    refused(&club, "rejects/crm-3.csv", "has sent newer rows");
    refused(&club, "rejects/crm.csv", "has sent newer rows");
    assert_eq!(tier(&club, "3"), "gold");
}

#[test]
fn feeds_that_are_applied_together_outdate_none_of_each_other() {
    let club = club();
    club.file("north.csv", "fan_id,sth,tier\n1,perhaps,gold\n");
    club.file("south.csv", "fan_id,sth,tier\n2,yes,gold\n3,perhaps,gold\n");
    club.file("ids.csv", "fan_id,a\n1,\n2,surplus,cell\n");
    club.file("more.csv", "fan_id\n3\n");
    let attributes = ["north", "south"].map(|name| {
        format!("[[attributes]]\nname = \"{name}\"\nfile = \"{name}.csv\"\nmap = [\"sth=user_properties.sth:boolean\", \"tier=custom.tier\"]\n")
    });
    let segment = ["ids", "more"]
        .map(|name| format!("[[segment]]\nname = \"fans\"\nfeed = \"{name}\"\nfile = \"{name}.csv\"\n"));
    club.file(
        "season.toml",
        ["guards = { rejects = 100 }\n".into(), segment.concat(), attributes.concat()].concat(),
    );
    let printed = club.run(&["apply", "season.toml", "--allow", "empty"]);
    assert!(printed.ends_with("exit 3\n"), "{printed}");
    for rejects in ["rejects/north.csv", "rejects/south.csv"] {
        mend(&club, rejects);
        assert_eq!(retry(&club, rejects, &[]), 1);
    }
    let ids = fs::read_to_string(club.path("rejects/ids.csv")).unwrap();
    club.file("rejects/ids.csv", ids.replace(",\"cell\"", ""));
    let added = club.json(&["rejects", "retry", "rejects/ids.csv"]);
    assert_eq!(added["feeds"][0]["added"], 1, "{added}");
    let again = club.json(&["rejects", "retry", "rejects/ids.csv"]);
    assert_eq!(again["feeds"][0]["unchanged"], 1, "{again}");
    club.file("more.csv", "fan_id\n3\n4\n");
    let printed = club.run(&["apply", "season.toml", "--allow", "empty"]);
    assert!(printed.ends_with("exit 3\n"), "{printed}");
    refused(&club, "rejects/ids.csv", "has sent newer rows");
}

#[test]
fn of_several_reject_files_each_is_named_in_what_comes_next() {
    let club = club();
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in
        [("a.csv", "fan_id,sth,tier\n1,perhaps,gold\n"), ("b.csv", "fan_id,tier,sth\n2,gold,perhaps\n")]
    {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut archive, content.as_bytes()).unwrap();
    }
    club.file("fans.zip", archive.finish().unwrap().into_inner());
    let push = [&PUSH[..], &["--file", "fans.zip"]].concat();
    let next = "fanpass rejects retry rejects.csv; fanpass rejects retry rejects-2.csv";
    assert!(club.run(&push).contains(&format!("\nNext: mend rejects.csv and rejects-2.csv, then {next}\n")));
    for rejects in ["rejects.csv", "rejects-2.csv"] {
        mend(&club, rejects);
        assert_eq!(retry(&club, rejects, &[]), 1);
    }
}

#[test]
fn a_reject_file_that_has_lost_its_own_columns_is_refused_as_long_as_it_is_known_for_one() {
    let club = club();
    push(&club, "fans.csv", "00042,perhaps,gold\n", &[]);
    let whole = fs::read_to_string(club.path("rejects.csv")).unwrap();
    let cut = |column: usize| -> String {
        let line = |line: &str| line.split("\",\"").take(column).collect::<Vec<_>>().join("\",\"") + "\"\n";
        whole.replace("perhaps", "yes").replace("00042", "42").lines().map(line).collect()
    };
    for columns in [3, 8] {
        club.file("rejects.csv", cut(columns));
        refused(&club, "rejects.csv", "put those columns back");
        let again = club.run(&[&PUSH[..], &["--file", "rejects.csv"]].concat());
        assert!(again.contains("rejects.csv.toml") && again.ends_with("exit 6\n"), "{again}");
    }
    club.file("rejects.csv", cut(3));
    fs::remove_file(club.path("rejects.csv.toml")).unwrap();
    assert_eq!(club.json(&[&PUSH[..], &["--file", "rejects.csv"]].concat())["sent"], 1);
}

#[test]
fn a_reject_file_without_a_row_is_refused_as_any_empty_source_is() {
    let club = club();
    push(&club, "fans.csv", "1,perhaps,gold\n", &[]);
    club.file("ids.csv", "fan_id,a\n1,\n2,surplus,cell\n");
    club.file(
        "segment.toml",
        "guards = { rejects = 100 }\n[[segment]]\nname = \"fans\"\nfile = \"ids.csv\"\n",
    );
    assert!(club.run(&["apply", "segment.toml"]).ends_with("exit 3\n"));
    for rejects in ["rejects.csv", "rejects/fans.csv"] {
        let whole = fs::read_to_string(club.path(rejects)).unwrap();
        club.file(rejects, whole.lines().next().unwrap());
        refused(&club, rejects, &format!("no row of {rejects} can be used; nothing was changed"));
    }
}
