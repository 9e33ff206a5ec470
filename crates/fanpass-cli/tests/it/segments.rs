//! Looking at segments and importing files that the service reads.

use crate::harness::{Club, example};
use crate::serving::served;

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

#[test]
fn users_are_added_removed_and_brought_back() {
    let club = Club::with_service();
    club.file("ids.csv", "user_id\n00042\nfan-7\n");
    club.json(&["segments", "push", "cup", "--file", "ids.csv", "--wait"]);
    let added = club.run(&["segments", "add", "cup", "fan-7", "fan-8"]);
    club.file("left.csv", "user_id\n00042\nfan-9\n");
    let removed = club.run(&["segments", "remove", "cup", "--file", "left.csv", "--wait"]);
    // The ids count with each question, and how often is asked differs.
    let without_ids = |text: String| -> String {
        text.lines().filter(|line| !line.starts_with("Import 0197f3a0")).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(without_ids(added + &removed));
    insta::assert_snapshot!("versions", club.run(&["segments", "versions", "cup"]));
    insta::assert_snapshot!("rollback", club.run(&["segments", "rollback", "cup", "--to", "1"]));
    assert_eq!(club.json(&["segments", "show", "cup"])["memberCount"], 2);
    insta::assert_snapshot!("rollback_too_far", club.run(&["segments", "rollback", "cup", "--to", "99"]));
    insta::assert_snapshot!("delete_without_yes", club.run(&["segments", "delete", "cup"]));
    insta::assert_snapshot!("delete", club.run(&["segments", "delete", "cup", "--yes"]));
    assert!(club.run(&["segments", "show", "cup"]).ends_with("exit 5\n"));
    let imports = club.json(&["segments", "imports", "--segment", "cup"]);
    let modes: Vec<_> = imports["imports"].as_array().unwrap().iter().map(|import| &import["mode"]).collect();
    assert_eq!(modes, ["delete", "rollback", "remove", "append", "replace"]);
}

#[test]
fn imports_are_listed_and_their_refused_rows_printed() {
    let club = Club::with_service();
    insta::assert_snapshot!("no_imports", club.run(&["segments", "imports"]));
    club.file("holders.csv", "fan_id,seat\n00042,1\n,2\n\"a\u{7}b\",3\n");
    let import = club.json(&["segments", "import", "cup", "--file", "holders.csv"]);
    let id = import["importId"].as_str().unwrap();
    club.run(&["segments", "status", id, "--wait"]);
    insta::assert_snapshot!("imports", club.run(&["segments", "imports"]));
    insta::assert_snapshot!("errors", club.run(&["segments", "errors", id]));
    insta::assert_snapshot!("errors_json", club.run(&["segments", "errors", id, "--json"]));
    insta::assert_snapshot!("cancel_too_late", club.run(&["segments", "cancel", id]));
}

#[test]
fn refused_rows_that_were_not_kept_are_not_passed_over_in_silence() {
    let (club, _serving) = served(&["--ephemeral", "--set", "imports.rejects_kept=1"]);
    club.file("holders.csv", "fan_id,seat\n00042,1\n,2\n,3\n,4\n");
    let import = club.json(&["segments", "import", "cup", "--file", "holders.csv", "--wait"]);
    let errors = club.run(&["segments", "errors", import["importId"].as_str().unwrap()]);
    let errors: Vec<_> = errors.lines().skip(1).collect();
    insta::assert_snapshot!("errors_not_kept", errors.join("\n"));
}

#[test]
fn segments_are_combined() {
    let club = Club::with_service();
    for (segment, ids) in [("home", "a\nb\nc"), ("away", "b\nc\nd"), ("cup", "c")] {
        club.file("ids.csv", format!("user_id\n{ids}\n"));
        club.json(&["segments", "push", segment, "--file", "ids.csv", "--wait"]);
    }
    let both = ["segments", "combine", "--all", "home", "--all", "away", "--none", "cup"];
    insta::assert_snapshot!("combine", club.run(&both));
    insta::assert_snapshot!(
        "combine_count",
        club.run(&["segments", "combine", "--any", "home", "--any", "away", "--count"])
    );
    insta::assert_snapshot!("combine_nothing", club.run(&["segments", "combine", "--none", "cup"]));
}
