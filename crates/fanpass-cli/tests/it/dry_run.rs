//! `--dry-run`: each command that writes says what it would do, checks what it can, and changes nothing.

use crate::harness::{Club, example, transcript};
use crate::serving;

const UPDATE: [&str; 9] = [
    "users",
    "update",
    "00042",
    "--set",
    "custom.loyalty_tier=gold",
    "--unset",
    "custom.size",
    "--set",
    "user_properties.ga_note=a text that is longer than what GA4 keeps",
];

const COMMANDS: [&[&str]; 15] = [
    &UPDATE,
    &["attributes", "register", "custom.loyalty_tier", "--type", "string"],
    &["attributes", "retire", "custom.loyalty_tier"],
    &["tokens", "issue", "nightly-export", "--scope", "read", "--out", "nightly.token"],
    &["tokens", "revoke", "0197f3a0"],
    &["segments", "import", "holders", "--file", "holders.csv"],
    &["segments", "add", "holders", "00042", "fan-7"],
    &["segments", "cancel", "0197f3a0"],
    &["segments", "rollback", "holders", "--to", "7"],
    &["segments", "delete", "holders"],
    &["audiences", "save", "gold-holders", "custom.loyalty_tier == \"gold\""],
    &["audiences", "delete", "gold-holders"],
    &["faults", "set", "429=0.1", "latency=20ms", "--seed", "7"],
    &["faults", "clear"],
    &["auth", "logout"],
];

fn run(club: &Club, command: &[&str], more: &[&str]) -> String {
    club.run(&[command, &["--dry-run"], more].concat())
}

#[test]
fn without_a_service_what_is_not_checked_is_said() {
    let club = Club::alone();
    club.file("holders.csv", example("holders-with-mistakes.csv"));
    let printed: Vec<_> = COMMANDS.iter().map(|command| run(&club, command, &[])).collect();
    insta::assert_snapshot!(printed.join("\n"));
}

#[test]
fn a_dry_run_makes_no_folder_and_no_file() {
    let club = Club::alone();
    club.file("holders.csv", example("holders-with-mistakes.csv"));
    for command in COMMANDS {
        let printed = run(&club, command, &["--local", "--json"]);
        assert!(printed.ends_with("exit 0\n") || printed.ends_with("exit 3\n"), "{printed}");
    }
    let names = std::fs::read_dir(club.path(".")).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["holders.csv"]);
}

#[test]
fn a_service_is_asked_and_nothing_changes() {
    let club = Club::with_service();
    for key in ["custom.loyalty_tier", "custom.size"] {
        club.json(&["attributes", "register", key, "--type", "string"]);
    }
    club.run(&["tokens", "issue", "job", "--out", "job.token"]);
    let before = [club.json(&["attributes", "list"]), club.json(&["tokens", "list"])];
    let jti = before[1]["tokens"][0]["jti"].as_str().unwrap().to_owned();

    let printed = [
        run(&club, &UPDATE[..7], &[]),
        run(&club, &["attributes", "register", "custom.loyalty_tier", "--type", "string"], &[]),
        run(&club, &["attributes", "register", "custom.points", "--type", "number"], &[]),
        run(&club, &["tokens", "revoke", &jti], &[]),
    ];
    insta::assert_snapshot!(printed.join("\n"));
    assert_eq!(before, [club.json(&["attributes", "list"]), club.json(&["tokens", "list"])]);
    assert!(club.run(&["users", "get", "00042"]).ends_with("exit 5\n"));
}

#[test]
fn what_the_service_would_refuse_is_refused() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.loyalty_tier", "--type", "string"]);
    let printed = [
        run(&club, &["users", "update", "00042", "--set", "custom.loyalty_teir=gold"], &[]),
        run(&club, &["attributes", "register", "custom.loyalty_tier", "--type", "number"], &[]),
        run(&club, &["attributes", "register", "user_properties.shoe_size"], &[]),
        run(&club, &["tokens", "issue", "job", "--out", "no/such/folder/job.token"], &[]),
        run(&club, &["tokens", "revoke", "0197f3a0"], &[]),
    ];
    insta::assert_snapshot!(printed.join("\n"));
}

#[test]
fn json_says_the_same() {
    insta::assert_json_snapshot!(Club::alone().json(&[&UPDATE[..], &["--dry-run"]].concat()));
}

#[test]
fn a_folder_is_looked_at_and_stays_as_it_is() {
    let club = Club::alone();
    club.file("ids.csv", "user_id\n00042\n");
    club.run(&["segments", "push", "fans", "ids.csv", "--wait", "--local"]);
    club.run(&["snapshot", "fans.zip"]);
    let commands: [&[&str]; 10] = [
        &["snapshot", "more.zip"],
        &["snapshot", ".fanpass/more.zip"],
        &["snapshot", "more.zip", "--data", "nowhere"],
        &["restore", "fans.zip"],
        &["restore", "fans.zip", "--replace"],
        &["restore", "fans.zip", "--data", "other"],
        &["restore", "ids.csv", "--data", "other"],
        &["reset"],
        &["reset", "--keep-tokens"],
        &["reset", "--data", "nowhere"],
    ];
    let printed: Vec<_> = commands.iter().map(|command| run(&club, command, &[])).collect();
    let mut filters = insta::Settings::clone_current();
    filters.add_filter(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME");
    filters.bind(|| insta::assert_snapshot!(printed.join("\n")));
    assert!(club.run(&["segments", "members", "fans", "--local"]).contains("\n00042\n"));
    assert!(
        !club.path("more.zip").exists() && !club.path("other").exists() && !club.path("nowhere").exists()
    );
}

#[test]
fn a_folder_in_use_is_said_to_be() {
    let (club, _serving) = serving::served(&[]);
    for command in [&["reset"][..], &["restore", "none.zip", "--replace"]] {
        let printed = run(&club, command, &[]);
        assert!(printed.contains("is in use") && printed.ends_with("exit 7\n"), "{printed}");
    }
}

#[test]
fn a_login_and_a_logout_leave_the_profile_alone() {
    let mut club = Club::alone();
    club.at("127.0.0.1:8787".to_owned());
    club.profile("http://127.0.0.1:8787", "a.b.c");
    let arguments = ["auth", "login", "--domain", "http://localhost:9999", "--dry-run"];
    let mut login = club.command(&arguments);
    login.write_stdin("d.e.f");
    insta::assert_snapshot!(transcript(&arguments, login) + "\n" + &run(&club, &["auth", "logout"], &[]));
    assert_eq!(std::fs::read_to_string(club.path("config/tokens/default")).unwrap(), "a.b.c");
    assert_eq!(club.json(&["auth", "status"])["domain"], "http://127.0.0.1:8787");
}

#[test]
fn commands_without_a_dry_run_change_nothing_that_is_there() {
    let club = Club::alone();
    club.run(&["man", "--out", "man"]);
    let mut without: Vec<_> = std::fs::read_dir(club.path("man"))
        .unwrap()
        .map(|page| page.unwrap())
        .filter(|page| !std::fs::read_to_string(page.path()).unwrap().contains("dry\\-run"))
        .map(|page| page.file_name().into_string().unwrap())
        .collect();
    without.sort();
    insta::assert_snapshot!(without.join("\n"));
}
