//! Looking at segments and importing files that the service reads.

use crate::harness::{Club, example};

#[test]
fn an_import_is_read_by_the_service() {
    let club = Club::with_service();
    club.file("holders.csv", example("holders-with-mistakes.csv"));
    insta::assert_snapshot!(club.run(&["segments", "import", "holders", "--file", "holders.csv", "--wait"]));
}

#[test]
fn segments_are_listed_shown_and_asked_for_their_import() {
    let club = Club::with_service();
    club.file("ids.csv", "user_id\n00042\nfan-7\n");
    for segment in ["season-ticket-holders", "north stand"] {
        club.json(&["segments", "push", segment, "--file", "ids.csv", "--wait"]);
    }
    insta::assert_snapshot!(club.run(&["segments", "list"]));
    insta::assert_snapshot!("show", club.run(&["segments", "show", "north stand"]));
    let import = club.json(&["segments", "show", "north stand"])["importId"].clone();
    insta::assert_snapshot!("status", club.run(&["segments", "status", import.as_str().unwrap()]));
    insta::assert_snapshot!(
        "members",
        club.run(&["segments", "members", "north stand", "--limit", "1", "--json"])
    );
}

#[test]
fn what_is_not_there_is_said() {
    let club = Club::with_service();
    insta::assert_snapshot!(club.run(&["segments", "show", "nobody"]));
    insta::assert_snapshot!("no_such_import", club.run(&["segments", "status", "0197f3a0"]));
}
