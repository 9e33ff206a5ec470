//! `users list`, `history`, `export`, `delete`, and `audit`.

use std::fs;

use crate::harness::Club;

fn club() -> Club {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.tier", "--type", "string"]);
    for tier in ["silver", "gold"] {
        club.run(&["users", "update", "00042", "--set", &format!("custom.tier={tier}")]);
    }
    club.run(&["users", "update", "7", "--set", "custom.tier=gold"]);
    club.file("cup.csv", "user_id\n00042\n");
    club.run(&["segments", "push", "cup", "--file", "cup.csv", "--wait"]);
    club
}

#[test]
fn users_are_listed_and_their_history_is_told() {
    let club = club();
    insta::assert_snapshot!("users_list", club.run(&["users", "list"]));
    insta::assert_snapshot!("users_list_json", club.run(&["users", "list", "--limit", "1", "--json"]));
    insta::assert_snapshot!("users_count", club.run(&["users", "list", "--count"]));
    insta::assert_snapshot!("users_history", club.run(&["users", "history", "00042"]));
}

#[test]
fn a_fan_gets_all_that_is_stored_and_is_erased() {
    let club = club();
    assert!(club.run(&["users", "export", "00042", "--out", "fan.json"]).ends_with("exit 0\n"));
    let document: serde_json::Value =
        serde_json::from_slice(&fs::read(club.path("fan.json")).unwrap()).unwrap();
    assert_eq!(document["attributes"][0]["value"], "gold");
    assert_eq!(document["history"].as_array().unwrap().len(), 2);
    assert!(!document["audit"].as_array().unwrap().is_empty());

    insta::assert_snapshot!("delete_unsure", club.run(&["users", "delete", "00042"]));
    insta::assert_snapshot!("delete_dry_run", club.run(&["users", "delete", "00042", "--dry-run"]));
    insta::assert_snapshot!("delete", club.run(&["users", "delete", "00042", "--yes"]));
    insta::assert_snapshot!("delete_again", club.run(&["users", "delete", "nobody", "--yes"]));
    insta::assert_snapshot!("users_list_after", club.run(&["users", "list"]));
}

#[test]
fn an_export_is_whole_though_the_service_tells_it_in_parts() {
    let club = Club::with_service();
    let keys: Vec<_> = (0..30).map(|number| format!("n{number}")).collect();
    let definition = |key: &String| format!("[[attribute]]\nkey = \"custom.{key}\"\ntype = \"list\"\n");
    club.file("attributes.toml", keys.iter().map(definition).collect::<String>());
    club.json(&["attributes", "import", "attributes.toml"]);
    let maps: Vec<_> = keys.iter().map(|key| format!("{key}=custom.{key}:list(,)")).collect();
    let maps: Vec<_> = maps.iter().flat_map(|map| ["--map", map.as_str()]).collect();
    for letter in ["a", "b", "c", "d"] {
        let notes = vec![letter.repeat(4_000); 7];
        let row = keys.iter().map(|key| (key.clone(), serde_json::json!(notes)));
        let row = row.chain([("user_id".to_owned(), "1".into())]).collect();
        club.file("fan.jsonl", serde_json::Value::Object(row).to_string());
        club.json(&[&["users", "push", "--file", "fan.jsonl"], &*maps].concat());
    }
    club.run(&["users", "export", "1", "--out", "fan.json"]);
    let document: serde_json::Value =
        serde_json::from_slice(&fs::read(club.path("fan.json")).unwrap()).unwrap();
    assert_eq!(document["history"].as_array().unwrap().len(), 4);
    assert_eq!(document["complete"], true);
}

#[test]
fn the_audit_is_filtered_and_printed_in_three_forms() {
    let club = club();
    let updates = ["audit", "--operation", "updateUser", "--limit", "2"];
    insta::assert_snapshot!("audit", club.run(&updates));
    let csv = club.run(&[&updates[..], &["--csv"]].concat());
    let lines: Vec<_> = csv.lines().collect();
    assert!(lines[1].starts_with("sequence,at,requestId,subject,jti,operation,status,"), "{csv}");
    assert!(
        lines[2].starts_with("5,2026-08-01T03:00:00Z,") && lines[2].contains(",updateUser,200,user:"),
        "{csv}"
    );
    let none = club.json(&["audit", "--subject", "nobody"]);
    assert_eq!(none["records"], serde_json::json!([]));
    let about = club.json(&["audit", "--target", "cup"]);
    assert_eq!(about["records"][0]["operation"], "createSegment");
}
