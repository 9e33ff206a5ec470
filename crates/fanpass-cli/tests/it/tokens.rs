//! `tokens`: issued into a file, limited to their scopes, revoked at once.

use std::fs;

use crate::harness::Club;

const ISSUE: [&str; 9] = [
    "tokens",
    "issue",
    "nightly-export",
    "--scope",
    "segments:write",
    "--scope",
    "read",
    "--out",
    "nightly.token",
];

#[test]
fn a_token_goes_into_a_private_file_and_nowhere_else() {
    let club = Club::with_service();
    let printed = club.run(&ISSUE);
    let token = fs::read_to_string(club.path("nightly.token")).unwrap();
    assert_eq!(token.trim().split('.').count(), 3, "a JWT has three parts");
    assert!(!printed.contains(token.trim()));
    insta::assert_snapshot!(printed);
    insta::assert_snapshot!("list", club.run(&["tokens", "list"]));
    insta::assert_snapshot!("never_over_another", club.run(&ISSUE));
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let club = Club::with_service();
    club.run(&ISSUE);
    let path = club.path("nightly.token");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    insta::assert_snapshot!(club.run(&["segments", "list", "--token-file", "nightly.token"]));
}

#[test]
fn a_token_does_what_its_scopes_allow_until_it_is_revoked() {
    let club = Club::with_service();
    club.run(&ISSUE);
    let with = |arguments: &[&str]| club.run(&[arguments, &["--token-file", "nightly.token"]].concat());
    assert!(with(&["segments", "list"]).ends_with("exit 0\n"));
    insta::assert_snapshot!(
        "beyond_its_scopes",
        with(&["users", "update", "7", "--set", "user_properties.sth=yes"])
    );
    let jti = club.json(&["tokens", "list"])["tokens"][0]["jti"].clone();
    insta::assert_snapshot!("revoke", club.run(&["tokens", "revoke", jti.as_str().unwrap()]));
    insta::assert_snapshot!("revoked", with(&["segments", "list"]));
}

#[test]
fn no_token_is_issued_that_has_no_place_to_go_to() {
    let club = Club::with_service();
    let issue = ["tokens", "issue", "nightly-export", "--out", "no/such/folder/nightly.token"];
    let printed = club.run(&issue);
    assert!(printed.contains("there is no folder no/such/folder: make it first"), "{printed}");
    assert!(!club.run(&["tokens", "list"]).contains("nightly-export"));
}

#[cfg(unix)]
#[test]
fn a_token_that_could_not_be_kept_is_revoked() {
    let club = Club::with_service();
    // A link into nowhere: there is no such file, and none can be made under that name.
    std::os::unix::fs::symlink("nowhere", club.path("nightly.token")).unwrap();
    insta::assert_snapshot!(club.run(&["tokens", "issue", "nightly-export", "--out", "nightly.token"]));
    let tokens = club.json(&["tokens", "list"])["tokens"].clone();
    let issued =
        tokens.as_array().unwrap().iter().find(|token| token["subject"] == "nightly-export").unwrap();
    assert!(issued["revokedAt"].is_string(), "{issued}");
}
