//! Help, completions and manual pages.

use crate::harness::Club;

#[test]
fn help_lists_commands_examples_and_exit_codes() {
    insta::assert_snapshot!(Club::alone().run(&["--help"]));
}

#[test]
fn a_command_explains_itself() {
    let club = Club::alone();
    insta::assert_snapshot!("check", club.run(&["check", "-h"]));
    insta::assert_snapshot!("push", club.run(&["segments", "push", "-h"]));
    insta::assert_snapshot!("update", club.run(&["users", "update", "-h"]));
    insta::assert_snapshot!("serve", club.run(&["serve", "-h"]));
}

#[test]
fn examples_are_not_broken_however_narrow_the_terminal_is() {
    let club = Club::alone();
    let mut command = club.command(&["users", "push", "--help"]);
    command.env("COLUMNS", "40");
    let help = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let example = "  fanpass users push --file fans.csv --id fan_id --map is_sth=user_properties.sth:boolean \
        --map tier=custom.loyalty_tier\n";
    assert!(help.contains(example), "{help}");
    assert!(help.contains("Rows of\none user are sent in the order of the\n"), "the rest is wrapped: {help}");
    assert!(!help.contains('\u{a0}'), "{help}");
}

#[test]
fn a_slip_is_answered_with_the_nearest_command() {
    let printed = Club::alone().run(&["segmnets", "list"]);
    assert!(printed.contains("segments") && printed.ends_with("exit 2\n"), "{printed}");
}

#[test]
fn every_command_has_a_manual_page() {
    let club = Club::alone();
    assert!(club.run(&["man", "--out", "share/man"]).ends_with("exit 0\n"));
    for page in ["fanpass.1", "fanpass-segments-push.1", "fanpass-serve.1"] {
        assert!(club.path("share/man").join(page).is_file(), "{page}");
    }
    assert!(club.run(&["man"]).contains(".TH"));
}

#[test]
fn shells_complete_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(Club::alone().run(&["completions", shell]).contains("segments"), "{shell}");
    }
}
