//! `keys`: rotated, listed, retired.

use crate::harness::Club;

#[test]
fn keys_are_rotated_listed_and_retired() {
    let club = Club::with_service();
    insta::assert_snapshot!("keys_dry_run", club.run(&["keys", "rotate", "--dry-run"]));
    let made = club.json(&["keys", "rotate"])["kid"].as_str().unwrap().to_owned();
    let list = club.run(&["keys", "list"]);
    assert!(list.contains(&made), "{list}");
    let refused = club.run(&["keys", "retire", &made]);
    assert!(refused.contains("rotate first, then retire it"), "{refused}");
    club.run(&["tokens", "issue", "admin", "--scope", "portal:admin", "--out", "admin.token"]);
    let retire = ["keys", "retire", "first", "--token-file", "admin.token"];
    insta::assert_snapshot!("keys_retire", club.run(&retire));
    let after = club.run(&["keys", "list"]);
    assert!(after.contains("not signed by this service"), "the development token went with its key: {after}");
}
