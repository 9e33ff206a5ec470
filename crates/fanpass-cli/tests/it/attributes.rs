//! `attributes list` and `attributes register`.

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
