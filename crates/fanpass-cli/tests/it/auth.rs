//! Profiles: which FanPass a command talks to, and that a token goes to its own domain only.

use crate::harness::{Club, transcript};

/// `{"alg":"HS256"}.{"sub":"nightly-export","exp":1785553200}.signature`
const TOKEN: &str =
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJuaWdodGx5LWV4cG9ydCIsImV4cCI6MTc4NTU1MzIwMH0.c2lnbmF0dXJl";

#[test]
fn a_token_is_stored_shown_by_its_claims_and_forgotten() {
    let club = Club::alone();
    club.profile("fanreach.example", TOKEN);
    insta::assert_snapshot!("status", club.run(&["auth", "status"]));
    club.run(&["auth", "logout"]);
    insta::assert_snapshot!("after_logout", club.run(&["auth", "status"]));
}

#[test]
fn without_any_target_the_ways_to_name_one_are_told() {
    insta::assert_snapshot!(Club::alone().run(&["segments", "list"]));
}

#[test]
fn a_stored_token_goes_to_its_own_domain_only() {
    let club = Club::alone();
    club.profile("fanreach.example", TOKEN);
    insta::assert_snapshot!(club.run(&["segments", "list", "--domain", "fanreach.exampel"]));
}

#[test]
fn the_environment_gives_a_token_too() {
    let club = Club::alone();
    let arguments = ["auth", "status", "--domain", "fanreach.example"];
    let mut command = club.command(&arguments);
    command.env("FANPASS_TOKEN", TOKEN);
    insta::assert_snapshot!(transcript(&arguments, command));
}

#[test]
fn a_token_does_not_travel_in_clear() {
    let club = Club::alone();
    let arguments = ["segments", "list", "--domain", "http://fanreach.example"];
    let mut command = club.command(&arguments);
    command.env("FANPASS_TOKEN", TOKEN);
    insta::assert_snapshot!(transcript(&arguments, command));
}

#[test]
fn no_error_shows_the_token() {
    let club = Club::with_service();
    let mut command = club.command(&["segments", "list", "-vv"]);
    command.env("FANPASS_TOKEN", TOKEN);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let printed = [output.stdout, output.stderr].concat();
    assert!(!String::from_utf8_lossy(&printed).contains("c2lnbmF0dXJl"));
}
