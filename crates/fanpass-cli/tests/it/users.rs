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
