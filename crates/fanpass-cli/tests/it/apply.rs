//! `plan` and `apply`: what the feeds of a file change, what forbids it, and that it converges.

use std::fs;

use serde_json::Value;

use crate::harness::Club;

pub const SEASON: &str = r#"
[[segment]]
name = "holders"
file = "holders.csv"
mode = "mirror-owned"

[[attributes]]
name = "crm"
file = "fans.csv"
map = ["sth=user_properties.sth:boolean", "tier=custom.tier"]
mode = "mirror-owned"
guards = { rejects = 50, shrink = 60 }
"#;

/// A club with a season of two feeds.
pub fn club() -> Club {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.tier", "--type", "string"]);
    club.file("season.toml", SEASON);
    club.file("holders.csv", "fan_id\n00042\nfan-7\nfan-8\nfan-9\nfan-10\nfan-7\n");
    club.file("fans.csv", "fan_id,sth,tier\n00042,yes,gold\nfan-7,no,silver\nfan-8,perhaps,gold\n");
    club
}

pub fn members(club: &Club, segment: &str) -> Vec<String> {
    let printed = club.run(&["segments", "members", segment]);
    let lines =
        printed.lines().skip(1).take_while(|line| !line.starts_with("exit") && !line.starts_with('!'));
    lines.map(str::to_owned).collect()
}

fn tier(club: &Club, user: &str) -> Value {
    club.json(&["users", "get", user])["userProperties"]["custom.tier"].clone()
}

#[test]
fn a_plan_shows_what_an_apply_does_and_a_second_apply_does_nothing() {
    let club = club();
    insta::assert_snapshot!("plan", club.run(&["plan", "season.toml"]));
    insta::assert_snapshot!("apply", club.run(&["apply", "season.plan.json"]));
    assert_eq!(members(&club, "holders"), ["00042", "fan-10", "fan-7", "fan-8", "fan-9"]);
    assert_eq!(tier(&club, "fan-7"), "silver");
    let versions = || club.json(&["segments", "versions", "holders"])["versions"].clone();
    let first = versions();
    let again = club.json(&["apply", "season.toml"]);
    for feed in again["feeds"].as_array().unwrap() {
        assert_eq!((&feed["sent"], &feed["addsUp"]), (&0.into(), &true.into()), "{feed}");
    }
    assert_eq!(first.as_array().unwrap().len(), 1, "{first}");
    assert_eq!(versions(), first, "the segment was not sent again");
}

#[test]
fn who_is_not_in_the_file_any_more_is_taken_out_and_others_stay() {
    let club = club();
    club.run(&["apply", "season.toml"]);
    club.file("more.toml", "ledger = \"season.ledger\"\n[[segment]]\nname = \"holders\"\nfeed = \"guests\"\nfile = \"guests.csv\"\n");
    club.file("guests.csv", "fan_id\nguest-1\n");
    club.run(&["apply", "more.toml"]);
    club.json(&["users", "update", "stranger", "--set", "custom.tier=gold"]);
    club.file("holders.csv", "fan_id\n00042\nfan-8\nfan-9\nfan-10\n");
    club.file("fans.csv", "fan_id,sth,tier\n00042,yes,gold\nfan-8,yes,gold\n");
    insta::assert_snapshot!("mirror", club.run(&["plan", "season.toml"]));
    let applied = club.json(&["apply", "season.toml"]);
    assert_eq!((&applied["feeds"][0]["removed"], &applied["feeds"][1]["removed"]), (&1.into(), &1.into()));
    assert_eq!(members(&club, "holders"), ["00042", "fan-10", "fan-8", "fan-9", "guest-1"]);
    assert_eq!(tier(&club, "fan-7"), Value::Null);
    assert_eq!(tier(&club, "stranger"), "gold");
    assert_eq!(club.json(&["apply", "season.toml"])["feeds"][1]["removed"], 0);
}

#[test]
fn a_feed_takes_nothing_off_users_of_whom_it_had_nothing_to_say() {
    let club = club();
    for user in ["blank-1", "wrong-1"] {
        club.json(&["users", "update", user, "--set", "custom.tier=by-hand"]);
    }
    club.file("fans.csv", "fan_id,sth,tier\n00042,yes,gold\nblank-1,,\nwrong-1,perhaps,\n");
    club.run(&["apply", "season.toml"]);
    club.file("fans.csv", "fan_id,sth,tier\n00042,yes,gold\n");
    assert_eq!(club.json(&["apply", "season.toml"])["feeds"][1]["removed"], 0);
    assert_eq!((tier(&club, "blank-1"), tier(&club, "wrong-1")), ("by-hand".into(), "by-hand".into()));
    // Once it has written them they are its own.
    club.file("fans.csv", "fan_id,sth,tier\n00042,yes,gold\nblank-1,no,\n");
    club.run(&["apply", "season.toml"]);
    club.file("fans.csv", "fan_id,sth,tier\n00042,yes,gold\n");
    assert_eq!(club.json(&["apply", "season.toml"])["feeds"][1]["removed"], 1);
    assert_eq!(tier(&club, "wrong-1"), "by-hand");
}

#[test]
fn a_row_that_is_rejected_or_blank_does_not_count_as_gone() {
    let club = club();
    club.file(
        "fans.csv",
        "fan_id,sth,tier\n00042,yes,gold\nfan-7,no,silver\nfan-8,yes,gold\nfan-9,no,gold\n",
    );
    club.run(&["apply", "season.toml"]);
    club.file("fans.csv", "fan_id,sth,tier\n00042,perhaps,gold\nfan-7,,\nfan-8,yes,gold\n");
    assert_eq!(club.json(&["apply", "season.toml"])["feeds"][1]["removed"], 1, "only fan-9 is gone");
    assert_eq!((tier(&club, "00042"), tier(&club, "fan-7")), ("gold".into(), "silver".into()));
    assert_eq!(tier(&club, "fan-9"), Value::Null);
    club.file("fans.csv", "fan_id,sth,tier\n00042,yes,gold\nfan-8,yes,gold,\"x\"\n");
    club.file(
        "holders.csv",
        "fan_id,name\n00042,Ada\nfan-7,Rhys\nfan-8,Hana\nfan-10,O\n,Nobody\nfan-new,N\n",
    );
    club.file("wide.toml", format!("ledger = \"season.ledger\"\nguards = {{ rejects = 50 }}\n{SEASON}"));
    insta::assert_snapshot!("held_back", club.run(&["apply", "wide.toml"]));
    assert_eq!(tier(&club, "fan-7"), "silver");
    assert_eq!(members(&club, "holders"), ["00042", "fan-10", "fan-7", "fan-8", "fan-9", "fan-new"]);
    club.file("holders.csv", "fan_id,name\n00042,Ada\nfan-7,Rhys\nfan-8,Hana\nfan-10,O\n");
    club.run(&["apply", "wide.toml", "--allow", "shrink"]);
    assert_eq!(members(&club, "holders"), ["00042", "fan-10", "fan-7", "fan-8"], "both were the feed's own");
}

#[test]
fn each_mode_does_what_it_says() {
    let club = Club::with_service();
    club.file("ids.csv", "fan_id\nb\nc\n");
    club.file("first.csv", "fan_id\na\nb\n");
    club.json(&["segments", "push", "s", "--file", "first.csv", "--wait"]);
    let apply = |mode: &str, ledger: &str| {
        let segment = format!(
            "name = \"s\"\nfile = \"ids.csv\"\nmode = \"{mode}\"\nguards = {{ shrink = 100, growth = 1000 }}"
        );
        club.file("mode.toml", format!("ledger = \"{ledger}\"\n[[segment]]\n{segment}\n"));
        let printed = club.run(&["apply", "mode.toml"]);
        assert!(printed.ends_with("exit 0\n"), "{printed}");
        members(&club, "s")
    };
    assert_eq!(apply("add", "one.ledger"), ["a", "b", "c"], "who was there before the ledger stays");
    assert_eq!(apply("remove", "one.ledger"), ["a"]);
    assert_eq!(apply("replace", "one.ledger"), ["b", "c"]);
    club.file("ids.csv", "fan_id\nd\n");
    assert_eq!(apply("mirror-owned", "one.ledger"), ["b", "c", "d"]);
    club.file("ids.csv", "fan_id\ne\n");
    assert_eq!(apply("mirror-owned", "one.ledger"), ["b", "c", "e"]);
}

#[test]
fn a_guard_forbids_until_it_is_allowed_by_name() {
    let club = club();
    club.run(&["apply", "season.toml"]);
    club.file("holders.csv", "fan_id\n00042\nfan-7\n");
    insta::assert_snapshot!("guarded", club.run(&["apply", "season.toml"]));
    assert_eq!(members(&club, "holders").len(), 5, "nothing was sent");
    club.file("fans.csv", "fan_id,sth,tier\n");
    assert!(club.run(&["apply", "season.toml", "--allow", "shrink"]).contains("the source holds no rows"));
    club.file("fans.csv", "fan_id,sth,tier\n00042,yes,gold\nfan-7,no,silver\n");
    assert!(club.run(&["apply", "season.toml", "--allow", "shrink"]).ends_with("exit 0\n"));
    assert_eq!(members(&club, "holders"), ["00042", "fan-7"]);
    assert!(
        club.run(&["apply", "season.toml", "--allow", "all"])
            .contains("values: empty, shrink, growth, clear, change, rejects]")
    );
}

#[test]
fn rejects_of_both_kinds_are_mended_and_retried() {
    let club = club();
    club.file("holders.csv", "fan_id,name\n00042,Ada\nfan-7,Rhys\nfan-8,Hana\nfan-9,Ola,Nordmann\n");
    club.file("wide.toml", format!("guards = {{ rejects = 100 }}\n{SEASON}"));
    let applied = club.run(&["apply", "wide.toml"]);
    assert!(applied.ends_with("exit 3\n"), "{applied}");
    let mend = |file: &str, from: &str, to: &str| {
        let text = fs::read_to_string(club.path(file)).unwrap();
        assert!(text.contains(from), "{text}");
        club.file(file, text.replace(from, to));
    };
    assert_eq!(club.json(&["rejects", "retry", "rejects/crm.csv"])["rejected"], 1, "nobody mended it");
    mend("rejects/crm.csv", "perhaps", "yes");
    mend("rejects/crm.csv", "\"fan-8\"", "\"fan-08\"");
    insta::assert_snapshot!("retry_another_id", club.run(&["rejects", "retry", "rejects/crm.csv"]));
    mend("rejects/crm.csv", "\"fan-08\"", "\"fan-8\"");
    assert_eq!(club.json(&["rejects", "retry", "rejects/crm.csv", "--dry-run"])["unsent"], 1);
    insta::assert_snapshot!("retry", club.run(&["rejects", "retry", "rejects/crm.csv"]));
    assert_eq!(tier(&club, "fan-8"), "gold");
    mend("rejects/holders.csv", ",\"Nordmann\"", "");
    insta::assert_snapshot!("retry_segment", club.run(&["rejects", "retry", "rejects/holders.csv"]));
    assert_eq!(members(&club, "holders"), ["00042", "fan-7", "fan-8", "fan-9"]);
    club.file("lone.csv", "fan_id\n1\n");
    assert!(club.run(&["rejects", "retry", "lone.csv"]).contains("lone.csv.toml, which says how"));
    assert!(
        club.run(&["rejects", "retry", "none.csv"]).contains("error: cannot read none.csv: No such file")
    );
}

#[test]
fn the_file_can_name_the_service_inside_the_tool() {
    let club = Club::alone();
    club.json(&["attributes", "register", "custom.tier", "--type", "string", "--local"]);
    club.file("season.toml", format!("target = {{ local = true }}\n{SEASON}"));
    club.file("holders.csv", "fan_id\n00042\nfan-7\n");
    club.file("fans.csv", "fan_id,sth,tier\n00042,yes,gold\n");
    let planned = club.run(&["plan", "season.toml"]);
    assert!(planned.ends_with("Next: fanpass apply season.plan.json --local\nexit 0\n"), "{planned}");
    assert!(club.run(&["apply", "season.plan.json"]).ends_with("exit 0\n"));
    let ada = club.json(&["users", "get", "00042", "--local"]);
    assert_eq!(
        (&ada["userProperties"]["custom.tier"], &ada["segments"][0]),
        (&"gold".into(), &"holders".into())
    );
}

#[test]
fn a_long_list_goes_up_as_a_file_and_its_import_is_checked() {
    let club = club();
    let ids: Vec<String> = (0..2_500).map(|id| format!("fan-{id:04}")).collect();
    club.file("holders.csv", format!("fan_id\n{}\n", ids.join("\n")));
    assert_eq!(club.json(&["apply", "season.toml"])["feeds"][0]["sent"], 2_500);
    assert_eq!(members(&club, "holders"), ids);
    club.file("holders.csv", format!("fan_id\n{}\n", ids[..2_400].join("\n")));
    let applied = club.json(&["apply", "season.toml"]);
    assert_eq!((&applied["feeds"][0]["sent"], &applied["feeds"][0]["removed"]), (&0.into(), &100.into()));
    assert_eq!(club.json(&["segments", "show", "holders"])["memberCount"], 2_400);
}

#[test]
fn a_mistake_in_the_file_is_told_with_its_line() {
    let club = club();
    club.file("season.toml", SEASON.replace("mode = \"mirror-owned\"\n\n", "mdoe = \"replace\"\n\n"));
    insta::assert_snapshot!("mistake", club.run(&["plan", "season.toml"]));
}
