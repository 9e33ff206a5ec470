//! `--json`: the same thing has the same member in every command.

use serde_json::Value;

use crate::harness::Club;

/// What programs look at to know whether all rows arrived.
const ACCOUNT: [&str; 10] = [
    "segment",
    "importId",
    "status",
    "read",
    "imported",
    "duplicate",
    "rejected",
    "addsUp",
    "complete",
    "rejects",
];

/// The names of members of a document that are not written like `importId`. Keys of attributes are data.
fn oddly_named(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| {
                let odd = (name.contains('_') && !name.contains('.')).then(|| name.clone());
                odd.into_iter().chain(oddly_named(value)).collect::<Vec<_>>()
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(oddly_named).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn an_import_has_the_members_of_a_push() {
    let club = Club::with_service();
    club.file("fans.csv", "fan_id\n00042\nfan-7\n00042\n");
    let pushed = club.json(&["segments", "push", "fans", "fans.csv", "--wait"]);
    let id = pushed["importId"].as_str().unwrap();
    let commands: [&[&str]; 4] = [
        &["segments", "import", "fans", "fans.csv", "--wait"],
        &["segments", "add", "fans", "--file", "fans.csv", "--wait"],
        &["segments", "remove", "fans", "--file", "fans.csv", "--wait"],
        &["segments", "status", id],
    ];
    for command in commands {
        let report = club.json(command);
        for member in ACCOUNT.iter().filter(|member| **member != "importId") {
            assert_eq!(report[member], pushed[member], "{member} of {command:?}: {report}");
        }
        assert!(report["importId"].is_string(), "{report}");
    }
    assert_eq!(club.json(&["segments", "imports"])["imports"][0]["segment"], "fans");
}

#[test]
fn members_are_named_in_one_way_and_next_is_a_command() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.tier", "--type", "string"]);
    club.file("fans.csv", "fan_id,tier\n00042,gold\n,silver\n");
    club.file("nobody.csv", "fan_id\n,\n");
    let tier = "tier=custom.tier";
    let commands: [&[&str]; 16] = [
        &["check", "fans.csv"],
        &["check", "nobody.csv"],
        &["segments", "push", "fans", "fans.csv", "--dry-run"],
        &["segments", "push", "fans", "fans.csv"],
        &["segments", "import", "fans", "fans.csv"],
        &["segments", "imports"],
        &["segments", "list"],
        &["segments", "versions", "fans"],
        &["users", "push", "fans.csv", "--map", tier, "--ledger", "fans.ledger"],
        &["users", "update", "00042", "--set", "custom.tier=gold"],
        &["users", "get", "00042"],
        &["users", "list", "--count"],
        &["attributes", "export", "--out", "attributes.toml"],
        &["attributes", "list"],
        &["runs", "list", "--ledger", "fans.ledger"],
        &["tokens", "list"],
    ];
    for command in commands {
        let report = club.json(command);
        assert_eq!(oddly_named(&report), [""; 0], "{command:?}");
        if let Some(next) = report.get("next") {
            assert!(next.as_str().unwrap().starts_with("fanpass "), "{command:?}: {next}");
        }
    }
}

#[test]
fn quiet_leaves_out_what_comes_next() {
    let club = Club::with_service();
    let register = ["attributes", "register", "custom.tier", "--type", "string"];
    assert!(club.run(&register).contains("\nNext: fanpass users update"));
    let quiet = club.run(&[&register[..], &["--quiet"]].concat());
    assert!(quiet.contains("Registered custom.tier") && !quiet.contains("Next:"), "{quiet}");
}

#[test]
fn a_feed_has_the_same_members_whether_it_was_sent_or_not() {
    let club = Club::with_service();
    club.file("fans.csv", "fan_id\n1\n2\n3\n");
    club.file("fans.toml", "[[segment]]\nname = \"fans\"\nfile = \"fans.csv\"\nmode = \"mirror-owned\"\n");
    let planned = club.json(&["plan", "fans.toml"]);
    let sent = club.json(&["apply", "fans.toml"]);
    club.file("fans.csv", "fan_id\n1\n");
    let forbidden = club.json(&["apply", "fans.toml"]);
    assert_eq!((&sent["forbidden"], &forbidden["forbidden"]), (&false.into(), &true.into()));
    let names = |report: &Value| report["feeds"][0].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for report in [&planned, &forbidden] {
        let lacks: Vec<_> = names(&sent).into_iter().filter(|name| !names(report).contains(name)).collect();
        assert_eq!(lacks, [""; 0], "{report}");
    }
    let account = |report: &Value| {
        ["read", "sent", "unsent", "added", "removed"]
            .map(|member| report["feeds"][0][member].as_u64().unwrap())
    };
    assert_eq!(account(&planned), [3, 0, 3, 3, 0]);
    assert_eq!(account(&sent), [3, 3, 0, 3, 0]);
    assert_eq!(account(&forbidden), [1, 0, 0, 0, 2]);
}

#[test]
fn the_pages_of_the_manual_that_were_written_are_told() {
    let club = Club::alone();
    let told = club.json(&["man", "--out", "man"]);
    let mut written: Vec<_> =
        std::fs::read_dir(club.path("man")).unwrap().map(|page| page.unwrap().file_name()).collect();
    written.sort();
    let pages: Vec<_> = told["files"].as_array().unwrap().iter().map(|page| page.as_str().unwrap()).collect();
    assert_eq!(pages, written.iter().map(|page| format!("man/{}", page.display())).collect::<Vec<_>>());
    assert!(pages.contains(&"man/fanpass-segments-push.1"), "{pages:?}");
}
