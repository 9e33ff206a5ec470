//! `attributes list`, `attributes register` and `attributes use`.

use crate::harness::Club;

#[test]
fn the_catalogue_and_registered_attributes_are_listed() {
    let club = Club::with_service();
    let register =
        ["attributes", "register", "custom.loyalty_tier", "--type", "string", "--description", "Tier"];
    insta::assert_snapshot!("register", club.run(&register));
    insta::assert_snapshot!("list", club.run(&["attributes", "list"]));
}

#[test]
fn another_type_for_a_taken_key_is_refused() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.loyalty_tier", "--type", "string"]);
    insta::assert_snapshot!(club.run(&["attributes", "register", "custom.loyalty_tier", "--type", "number"]));
}

#[test]
fn the_use_of_an_attribute_is_told() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.loyalty_tier", "--type", "string"]);
    for (user, tier) in [("a", "gold"), ("b", "bronze"), ("c", "bronze"), ("d", "silver")] {
        club.json(&["users", "update", user, "--set", &format!("custom.loyalty_tier={tier}")]);
    }
    insta::assert_snapshot!("use", club.run(&["attributes", "use", "custom.loyalty_tier", "--limit", "2"]));
    insta::assert_json_snapshot!("use_json", club.json(&["attributes", "use", "custom.loyalty_tier"]));
    insta::assert_snapshot!("use_of_nobody", club.run(&["attributes", "use", "user_properties.sth"]));
    insta::assert_snapshot!("use_unknown", club.run(&["attributes", "use", "custom.loyalty_teir"]));
}
