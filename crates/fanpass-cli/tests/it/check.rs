//! `check`: offline, the same rows as a push, each problem by its place, and nothing left behind.

use std::fs;

use rust_xlsxwriter::Workbook;

use crate::harness::{Club, example};

const FANS: &str = "fan_id,name,is_sth,tier,plans\n\
    00042,Ada,yes,gold,full-season|cup|friendlies|youth-tournament|legends-match\n\
    fan-7,Rhys,no,silver,\n\
    \n\
    fan-8,Hana,perhaps,gold,cup\n\
    1e5,Deniz,,,\n\
    00042,Ada,yes,platinum,cup\n\
    ,Nobody,yes,gold,\n";

const MAPPED: [&str; 10] = [
    "check",
    "fans.csv",
    "--id",
    "fan_id",
    "--map",
    "is_sth=user_properties.sth:boolean",
    "--map",
    "tier=custom.loyalty_tier",
    "--map",
    "plans=user_properties.ticketing_plans:list(|)",
];

fn club() -> Club {
    let club = Club::alone();
    club.file("fans.csv", FANS);
    club
}

/// The folder's files, to see that nothing was written.
fn files(club: &Club) -> Vec<String> {
    let entries = fs::read_dir(club.path(".")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_sound_file_is_told_to_be_so_and_what_pushes_it() {
    let club = Club::alone();
    club.file("holders.csv", example("holders.csv"));
    insta::assert_snapshot!(club.run(&["check", "holders.csv"]));
    assert_eq!(files(&club), ["holders.csv"], "a check leaves nothing behind");
}

#[test]
fn each_problem_is_told_by_its_place() {
    let club = Club::alone();
    club.file("holders.csv", example("holders-with-mistakes.csv"));
    insta::assert_snapshot!(club.run(&["check", "holders.csv"]));
    insta::assert_json_snapshot!("problems_json", club.json(&["check", "holders.csv"]));
}

#[test]
fn a_mapping_is_checked_with_the_rows() {
    let club = club();
    insta::assert_snapshot!(club.run(&MAPPED));
    insta::assert_json_snapshot!("mapping_json", club.json(&MAPPED));
}

#[test]
fn a_check_counts_the_rows_that_a_push_rejects() {
    let club = club();
    let checked = club.json(&MAPPED);
    let push = [&["users", "push", "--dry-run", "--file"], &MAPPED[1..]].concat();
    let pushed = club.json(&push);
    for figure in ["read", "empty", "rejected", "rejects"] {
        assert_eq!(checked[figure], pushed[figure], "{figure}");
    }
}

#[test]
fn what_is_emitted_is_what_a_push_sends() {
    let club = Club::with_service();
    club.file("holders.csv", example("holders.csv"));
    insta::assert_snapshot!(club.run(&["check", "holders.csv", "--emit", "ids"]));
    let emit = |arguments: &[&str]| {
        let output = club.command(&[&["check", "holders.csv", "--emit", "ids"], arguments].concat()).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let ids = emit(&[]);
    let mut sorted: Vec<_> = ids.lines().collect();
    sorted.sort_unstable();
    sorted.dedup();
    club.json(&["segments", "push", "fans", "--file", "holders.csv", "--wait"]);
    let members = club.command(&["segments", "members", "fans"]).output().unwrap().stdout;
    assert_eq!(String::from_utf8(members).unwrap().lines().collect::<Vec<_>>(), sorted);
    let json = emit(&["--json"]);
    let parsed: Vec<String> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(parsed, ids.lines().collect::<Vec<_>>());
}

#[test]
fn beside_what_is_emitted_stands_one_document() {
    let club = Club::alone();
    club.file("none.csv", "fan_id\n");
    club.file("one.csv", "fan_id\n1\n");
    for (file, exit) in [("one.csv", None), ("none.csv", Some(6))] {
        let output = club.command(&["check", file, "--emit", "ids", "--json"]).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(report["file"], file, "{report}");
        assert_eq!(report["error"]["exitCode"].as_i64(), exit, "{report}");
        assert_eq!(output.status.code(), Some(exit.map_or(0, |exit| i32::try_from(exit).unwrap())));
    }
    let quiet = club.run(&["check", "none.csv", "--emit", "ids", "--json", "--quiet"]);
    assert_eq!(quiet.lines().nth(1).map(|line| line.starts_with("! {\"error\":{")), Some(true), "{quiet}");
}

#[test]
fn rejects_are_written_only_where_it_is_said() {
    let club = club();
    club.run(&MAPPED);
    assert_eq!(files(&club), ["fans.csv"]);
    let printed = club.run(&[&MAPPED[..], &["--rejects", "to-mend.csv"]].concat());
    assert!(printed.contains("Rows that have to be mended, and why: to-mend.csv"), "{printed}");
    let mended = fs::read_to_string(club.path("to-mend.csv")).unwrap().replace("perhaps", "no");
    club.file("to-mend.csv", mended);
    let again = club.json(&[&["check", "to-mend.csv"], &MAPPED[2..]].concat());
    assert_eq!((&again["read"], &again["rejected"]), (&2.into(), &1.into()), "{again}");
}

#[test]
fn rejects_of_a_mapping_are_pushed_once_they_are_mended_and_ids_are_mended_in_their_source() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.loyalty_tier", "--type", "string"]);
    club.file("fans.csv", FANS);
    let printed = club.run(&[&MAPPED[..], &["--rejects", "to mend.csv"]].concat());
    assert!(printed.contains("Mend them there, then fanpass rejects retry 'to mend.csv'\n"), "{printed}");
    let mended = fs::read_to_string(club.path("to mend.csv")).unwrap().replace("perhaps", "no");
    club.file("to mend.csv", mended);
    let pushed = club.json(&["rejects", "retry", "to mend.csv"]);
    assert_eq!((&pushed["sent"], &pushed["rejected"]), (&1.into(), &1.into()), "{pushed}");
    assert_eq!(club.json(&["users", "get", "fan-8"])["userProperties"]["user_properties.sth"], false);

    let printed = club.run(&["check", "fans.csv", "--id", "fan_id", "--rejects", "ids.csv"]);
    let advice = "Mend them in fans.csv: a push makes a segment exactly what its file holds\n";
    assert!(printed.contains(advice), "{printed}");
    assert!(club.path("ids.csv").exists() && !club.path("ids.csv.toml").exists());
}

#[test]
fn a_platform_key_that_is_in_no_catalogue_here_is_refused() {
    let slip = ["check", "fans.csv", "--map", "is_sth=user_properties.sht:boolean"];
    insta::assert_snapshot!(club().run(&slip));
}

#[test]
fn what_no_push_would_send_is_refused() {
    let club = club();
    insta::assert_snapshot!("unknown_prefix", club.run(&["check", "fans.csv", "--map", "tier=tier"]));
    club.file("nobody.csv", "fan_id,name\n,Ada\n,Ben\n");
    insta::assert_snapshot!("no_usable_id", club.run(&["check", "nobody.csv"]));
    club.file("members.csv", "number,member,name\n1,00042,Ada\n2,fan-7,Rhys\n");
    insta::assert_snapshot!("unclear_column", club.run(&["check", "members.csv"]));
    club.file("open.csv", "fan_id,name\n1,Ada\n,Ben\n3,\"Carla\n4,Deniz\n");
    insta::assert_snapshot!("open_quote", club.run(&["check", "open.csv"]));
}

#[test]
fn a_reject_file_is_no_segment() {
    let club = club();
    club.run(&[&MAPPED[..], &["--rejects", "rejects.csv"]].concat());
    insta::assert_snapshot!(club.run(&["check", "rejects.csv"]));
}

#[test]
fn all_that_is_wrong_with_a_row_is_told() {
    let club = Club::alone();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, name) in (0..).zip(["fan_id", "sth", "points", "price"]) {
        sheet.write(0, column, name).unwrap();
    }
    sheet.write(1, 1, "maybe").unwrap().write(1, 2, 1.5).unwrap().write(1, 3, 12.5).unwrap();
    sheet.write(2, 0, "2").unwrap().write(2, 1, "maybe").unwrap().write(2, 2, 1.5).unwrap();
    workbook.save(club.path("fans.xlsx")).unwrap();
    let maps = ["sth=user_properties.sth:boolean", "points=custom.points", "price=custom.price:decimal"];
    let check = ["check", "fans.xlsx", "--map", maps[0], "--map", maps[1], "--map", maps[2]];
    insta::assert_snapshot!(club.run(&check));
}

#[test]
fn the_next_command_is_one_that_runs() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.loyalty_tier", "--type", "string"]);
    club.file("fans.csv", FANS);
    let next =
        club.json(&[&MAPPED[..], &["--null-text", "N/A", "--blank", "unset"]].concat())["next"].clone();
    let words = next.as_str().unwrap().strip_prefix("fanpass ").unwrap().replace('\'', "");
    let pushed = club.json(&words.split(' ').collect::<Vec<_>>());
    assert_eq!((&pushed["sent"], &pushed["rejected"]), (&4.into(), &2.into()), "{next}: {pushed}");
}
