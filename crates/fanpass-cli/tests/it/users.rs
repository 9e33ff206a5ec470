//! `users update` and `users get`.

use crate::harness::Club;

#[test]
fn attributes_are_set_unset_and_shown() {
    let club = Club::with_service();
    for (key, kind) in
        [("custom.loyalty_tier", "string"), ("custom.points", "number"), ("custom.size", "string")]
    {
        club.json(&["attributes", "register", key, "--type", kind]);
    }
    let set = [
        "users",
        "update",
        "00042",
        "--set",
        "custom.loyalty_tier=gold",
        "--set",
        "custom.points:number=1250",
        "--set",
        "user_properties.sth:boolean=true",
        "--set",
        "user_properties.ticketing_plans:list=full-season, cup",
        "--set",
        "custom.size=M",
    ];
    insta::assert_snapshot!("set", club.run(&set));
    insta::assert_snapshot!("unset", club.run(&["users", "update", "00042", "--unset", "custom.size"]));
    insta::assert_snapshot!("get", club.run(&["users", "get", "00042"]));
    insta::assert_json_snapshot!("get_json", club.json(&["users", "get", "00042"]));
}

#[test]
fn every_attribute_that_cannot_be_written_is_named() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.loyalty_tier", "--type", "string"]);
    let update = [
        "users",
        "update",
        "00042",
        "--set",
        "custom.loyalty_teir=gold",
        "--set",
        "user_properties.shoe_size=44",
    ];
    insta::assert_snapshot!(club.run(&update));
    insta::assert_snapshot!("nothing_was_stored", club.run(&["users", "get", "00042"]));
}

#[test]
fn a_key_without_a_prefix_never_leaves_the_machine() {
    let club = Club::alone();
    insta::assert_snapshot!(club.run(&["users", "update", "00042", "--set", "tier=gold"]));
}

#[test]
fn an_attribute_is_named_once() {
    let club = Club::alone();
    let twice = ["users", "update", "00042", "--set", "custom.tier=gold", "--unset", "custom.tier"];
    insta::assert_snapshot!(club.run(&twice));
}

#[test]
fn a_file_of_properties_is_taken() {
    let club = Club::with_service();
    club.file("properties.json", r#"{"user_properties.sth":true}"#);
    club.json(&["users", "update", "00042", "--properties", "properties.json"]);
    assert_eq!(club.json(&["users", "get", "00042"])["userProperties"]["user_properties.sth"], true);
}

#[test]
fn types_are_those_of_a_mapping_too() {
    let club = Club::with_service();
    for (key, kind) in [("custom.points", "number"), ("custom.born", "string"), ("custom.plans", "list")] {
        club.json(&["attributes", "register", key, "--type", kind]);
    }
    let update = |set: &str| club.run(&["users", "update", "00042", "--set", set]);
    for set in [
        "custom.points:integer=1250",
        "custom.points:decimal=12.5",
        "custom.born:date(%d.%m.%Y)=24.12.1980",
        "custom.plans:list(|)=full-season|cup",
    ] {
        assert!(update(set).ends_with("exit 0\n"), "{}", update(set));
    }
    insta::assert_json_snapshot!("typed", club.json(&["users", "get", "00042"])["userProperties"]);
    insta::assert_snapshot!(
        "not_typed",
        update("custom.points:float=1") + &update("custom.points:integer=1,5")
    );
    club.file("fans.csv", "fan_id,points\n00042,7\n");
    let push = ["users", "push", "fans.csv", "--map", "points=custom.points:number"];
    assert!(club.run(&push).ends_with("exit 0\n"));
}
