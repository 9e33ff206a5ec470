//! Waits that end before their import does: what is known by then is printed, and the way on from there.

use crate::foreign;
use crate::harness::{Club, example};

const PUSH: [&str; 6] = ["segments", "push", "holders", "--file", "holders.csv", "--wait"];
const PROCESSING: &str = r#"{"status":"processing","total_rows":10,"processed_rows":3}"#;

#[test]
fn a_wait_that_takes_too_long_still_accounts_for_the_rows() {
    let club = foreign::club_with(PROCESSING);
    club.file("holders.csv", example("holders-with-mistakes.csv"));
    let arguments = [&PUSH[..], &["--timeout", "0"]].concat();
    insta::assert_snapshot!(club.run(&arguments));
    assert!(club.path("rejects.csv").is_file());
    std::fs::remove_file(club.path("rejects.csv")).unwrap();
    insta::assert_json_snapshot!("timeout_json", club.json(&arguments));
    let import = ["segments", "import", "holders", "--file", "holders.csv", "--wait", "--timeout", "0"];
    let printed = club.run(&import);
    assert!(printed.contains("Stopped waiting: it is not over after 0 s"), "{printed}");
    assert!(printed.ends_with("Next: fanpass segments status imp-1 --wait\nexit 7\n"), "{printed}");
}

#[test]
fn an_apply_waits_for_an_import_as_long_as_it_is_told() {
    let club = foreign::club_with(PROCESSING);
    let rows: Vec<_> = (0..1_001).map(|id| format!("fan-{id}")).collect();
    club.file("holders.csv", format!("fan_id\n{}\n", rows.join("\n")));
    club.file("season.toml", "[[segment]]\nname = \"holders\"\nfile = \"holders.csv\"\nmode = \"replace\"\n");
    let printed = club.run(&["apply", "season.toml", "--timeout", "0", "--allow", "shrink"]);
    assert!(printed.contains("import imp-1 of segment holders: it is not over after 0 s"), "{printed}");
    assert!(printed.ends_with("exit 7\n"), "{printed}");
}

#[test]
fn a_status_that_cannot_be_had_does_not_lose_the_account() {
    let club = foreign::club_with("no status at all");
    club.file("holders.csv", example("holders.csv"));
    let printed = club.run(&PUSH);
    assert!(printed.contains("read 12") && printed.contains("segments status imp-1 --wait"), "{printed}");
    assert!(printed.ends_with("exit 1\n"), "{printed}");
}

#[test]
fn an_import_that_is_left_is_finished_by_the_next_command_which_says_so() {
    let club = Club::alone();
    // Enough that it is not over before the wait is.
    let ids: Vec<_> = (0..200_000).map(|id| format!("fan-{id}")).collect();
    club.file("many.csv", format!("user_id\n{}\n", ids.join("\n")));
    let push = ["segments", "push", "fans", "--file", "many.csv", "--wait", "--timeout", "0", "--local"];
    let left = club.run(&push);
    assert!(left.contains("finished by the next command that opens the data folder"), "{left}");
    assert!(left.ends_with("exit 7\n"), "{left}");
    let next = club.run(&["segments", "list", "--local"]);
    assert!(
        next.contains("! finishing an import that an earlier command left unfinished in .fanpass"),
        "{next}"
    );
    assert_eq!(club.json(&["segments", "show", "fans", "--local"])["memberCount"], 200_000);
    assert!(!club.run(&["segments", "list", "--local"]).contains("finishing"));
}

#[test]
fn the_next_command_is_one_that_the_target_has() {
    let club = foreign::club_with(r#"{"status":"completed","imported_rows":10,"rejected_rows":0}"#);
    club.file("holders.csv", example("holders.csv"));
    assert!(club.run(&PUSH).contains("Next: fanpass segments status imp-1\n"));
    let update = club.run(&["users", "update", "7", "--set", "user_properties.sth=yes"]);
    assert!(!update.contains("Next"), "{update}");
}
