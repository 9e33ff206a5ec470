//! What messages advise can be done as they say it, and where something is taken for something else, they say that.

use std::fs;

use crate::harness::{Club, transcript};

const CSV: &str = "fan_id,tier\n00042,gold\n";

#[test]
fn a_name_that_begins_with_a_dash_is_no_option_of_the_next_command() {
    let club = Club::with_service();
    club.file("-dash.csv", "-id,tier\n-7,gold\n");
    let next = |arguments: &[&str]| {
        let output = club.command(&[&["--json"], arguments].concat()).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let words = report["next"].as_str().unwrap().replace("SEGMENT", "fans").replace('\'', "");
        club.run(&words.split(' ').skip(1).collect::<Vec<_>>())
    };
    let pushed = next(&["check", "--id=-id", "--", "-dash.csv"]);
    assert!(pushed.contains("--file ./-dash.csv --id=-id") && pushed.ends_with("exit 0\n"), "{pushed}");
    let members = next(&["segments", "push", "--wait", "--file", "./-dash.csv", "--id=-id", "--", "-x"]);
    assert!(members.contains("-- -x\n-7\n") && members.ends_with("exit 0\n"), "{members}");
    club.json(&["attributes", "register", "custom.tier", "--type", "string"]);
    let got = next(&["users", "update", "--set", "custom.tier=gold", "--", "-7"]);
    assert!(got.contains("-- -7") && got.ends_with("exit 0\n"), "{got}");
}

#[test]
fn of_a_feed_the_member_is_told_that_settles_it() {
    let club = Club::with_service();
    club.file("fans.csv", "card,number\n1,2\n");
    let hint = "hint:  --id NAME";
    assert!(club.run(&["segments", "push", "fans", "fans.csv"]).contains(hint));
    club.file("fans.toml", "[[segment]]\nname = \"fans\"\nfile = \"fans.csv\"\n");
    let planned = club.run(&["plan", "fans.toml"]);
    assert!(planned.contains("hint:  id = \"NAME\" in the feed") && !planned.contains("--id"), "{planned}");
    let sheet = club.run(&["check", "fans.csv", "--id", "card", "--sheet", "Fans"]);
    assert!(sheet.contains("has no sheets; name none") && !sheet.contains("hint"), "{sheet}");
}

#[test]
fn what_is_no_ledger_is_told_to_be_none() {
    use std::os::unix::fs::PermissionsExt as _;
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.tier", "--type", "string"]);
    club.file("fans.csv", CSV);
    fs::set_permissions(club.path("fans.csv"), fs::Permissions::from_mode(0o644)).unwrap();
    let push =
        |ledger| club.run(&["users", "push", "fans.csv", "--map", "tier=custom.tier", "--ledger", ledger]);
    let told = push("fans.csv");
    assert!(told.contains("no ledger") && !told.contains("chmod"), "{told}");
    assert_eq!(fs::read_to_string(club.path("fans.csv")).unwrap(), CSV);
    let told = club.run(&["runs", "list", "--ledger", "fans.csv"]);
    assert!(
        told.contains("no ledger: name the ledger, which") && !told.contains("begin a new one"),
        "{told}"
    );
    assert!(push("fans.ledger").ends_with("exit 0\n"));
    fs::set_permissions(club.path("fans.ledger"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(push("fans.ledger").contains("chmod 600 fans.ledger"));
    let told = club.run(&["runs", "show", "99", "--ledger", "fans.ledger"]);
    assert!(told.contains("`fanpass runs list --ledger fans.ledger`"), "{told}");
}

#[test]
fn an_unknown_import_and_a_rate_of_nothing_tell_what_to_do() {
    let club = Club::with_service();
    for command in ["status", "cancel", "errors"] {
        let told = club.run(&["segments", command, "0197f3a0-5c00-7000-8000-000000000001"]);
        assert!(told.contains("hint:  `fanpass segments imports` lists them"), "{told}");
        assert!(told.ends_with("exit 5\n"), "{told}");
    }
    let told = club.run(&["apply", "fans.toml", "--rate", "0"]);
    assert!(told.contains("use a whole number from 1 on"), "{told}");
}

#[test]
fn usage_names_no_option_that_a_variable_gives() {
    let club = Club::alone();
    let mut command = club.command(&["check"]);
    command.env("FANPASS_DOMAIN", "fanreach.example");
    let told = transcript(&["check"], command);
    assert!(told.contains("Usage: fanpass check <FILE>"), "{told}");
}

#[test]
fn a_file_that_is_there_is_not_written_over_and_earns_one_exit_code() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.tier", "--type", "string"]);
    club.json(&["users", "update", "00042", "--set", "custom.tier=gold"]);
    club.file("out", "mine");
    for command in [
        &["users", "export", "00042", "--out", "out"][..],
        &["support-bundle", "--out", "out"],
        &["tokens", "issue", "nightly", "--scope", "read", "--out", "out"],
    ] {
        let told = club.run(command);
        assert!(told.contains("out is there already: name a new file"), "{told}");
        assert!(told.ends_with("exit 6\n"), "{told}");
    }
    assert_eq!(fs::read_to_string(club.path("out")).unwrap(), "mine");
}

#[test]
fn a_folder_that_is_not_there_is_told_by_its_path_and_earns_one_exit_code() {
    let club = Club::alone();
    club.file("fans.csv", "fan_id\n00042\n");
    club.file("fans.toml", "target = { local = true }\n[[segment]]\nname = \"fans\"\nfile = \"fans.csv\"\n");
    club.json(&["attributes", "register", "custom.tier", "--type", "string", "--local"]);
    club.json(&["users", "update", "00042", "--set", "custom.tier=gold", "--local"]);
    for command in [
        &["plan", "fans.toml", "--out", "no/such/out"][..],
        &["attributes", "export", "--local", "--out", "no/such/out"],
        &["users", "export", "00042", "--local", "--out", "no/such/out"],
        &["support-bundle", "--out", "no/such/out"],
        &["tokens", "issue", "nightly", "--local", "--out", "no/such/out"],
        &["snapshot", "no/such/out"],
    ] {
        let told = club.run(command);
        let what = "error: cannot write no/such/out: there is no folder no/such: make it first, or name another place";
        assert!(told.contains(what) && told.ends_with("exit 6\n"), "{told}");
    }
    #[cfg(target_os = "linux")]
    for (rejects, what) in
        [("fans.csv/at/x.csv", "fans.csv is no folder"), ("/proc/x.csv", "No such file or directory")]
    {
        let told = club.run(&["check", "fans.csv", "--rejects", rejects]);
        let what = format!("error: {rejects}: cannot be written: {what}");
        assert!(told.contains(&what) && told.contains("with --rejects FILE"), "{told}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_standard_output_does_not_take_is_told() {
    let club = Club::alone();
    for arguments in [&["--help"][..], &["completions", "bash"], &["man"]] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_fanpass"));
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command.args(arguments).current_dir(club.path(".")).stdout(full).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.starts_with("error: cannot write to standard output: No space left"), "{told}");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    }
}

#[test]
fn values_are_read_as_files_have_them() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.plans", "--type", "list"]);
    club.json(&["users", "update", "1", "--set", "custom.plans:list=full, cup,,friendlies,"]);
    let plans = |user| club.json(&["users", "get", user])["userProperties"]["custom.plans"].clone();
    assert_eq!(plans("1"), serde_json::json!(["full", "cup", "friendlies"]));
    let told = club.run(&["users", "update", "1", "--set", "custom.plans:list=,"]);
    assert!(told.contains("holds no entry"), "{told}");
    club.file("properties.json", "\u{feff}{\"custom.plans\": [\"cup\"]}");
    club.json(&["users", "update", "2", "--properties", "properties.json"]);
    assert_eq!(plans("2"), serde_json::json!(["cup"]));
}
