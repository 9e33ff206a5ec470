//! `--local`: the service inside the process, with nothing set up.

use std::fs;

use crate::harness::{Club, example, transcript};

#[test]
fn the_readme_command_works_in_an_empty_folder() {
    let club = Club::alone();
    club.file("holders.csv", example("holders.csv"));
    let push = ["segments", "push", "season-ticket-holders", "--file", "holders.csv", "--local", "--wait"];
    insta::assert_snapshot!(club.run(&push));
    assert!(club.path(".fanpass").is_dir());
    assert!(club.run(&["segments", "list", "--local"]).contains("season-ticket-holders"));
}

#[test]
fn an_import_that_nobody_waits_for_is_finished_before_the_process_ends() {
    let club = Club::alone();
    club.file("ids.csv", "user_id\n00042\n");
    club.run(&["segments", "push", "fans", "--file", "ids.csv", "--local"]);
    assert_eq!(club.json(&["segments", "show", "fans", "--local"])["memberCount"], 1);
}

#[test]
fn every_kind_of_command_works_locally() {
    let club = Club::alone();
    for command in [
        &["attributes", "register", "custom.tier", "--local"][..],
        &["users", "update", "00042", "--set", "custom.tier=gold", "--local"],
        &["users", "get", "00042", "--local"],
        &["attributes", "list", "--local"],
        &["tokens", "issue", "job", "--out", "job.token", "--local"],
        &["tokens", "list", "--local"],
        &["auth", "status", "--local"],
    ] {
        let printed = club.run(command);
        assert!(printed.ends_with("exit 0\n"), "{printed}");
    }
}

#[test]
fn the_data_folder_can_extend_the_platform_catalogue() {
    let club = Club::alone();
    let update = ["users", "update", "00042", "--set", "user_properties.favourite_stand=north", "--local"];
    assert!(club.run(&update).ends_with("exit 6\n"));
    let catalogue = "[[attribute]]\nkey = \"user_properties.favourite_stand\"\ntype = \"string\"\n";
    club.file(".fanpass/platform-attributes.toml", catalogue);
    assert!(club.run(&update).ends_with("exit 0\n"));
    let number = ["users", "update", "00042", "--set", "user_properties.favourite_stand:number=7", "--local"];
    assert!(club.run(&number).contains("takes a string, and this is a number"));
    club.file(".fanpass/platform-attributes.toml", "unknown = \"allow\"\n");
    assert!(club.run(&number).ends_with("exit 0\n"));
    club.file(".fanpass/platform-attributes.toml", "unknwon = \"allow\"\n");
    insta::assert_snapshot!(club.run(&number));
}

#[test]
fn the_platform_catalogue_takes_platform_keys_only() {
    let club = Club::alone();
    std::fs::create_dir(club.path(".fanpass")).unwrap();
    club.file(".fanpass/platform-attributes.toml", "[[attribute]]\nkey = \"custom.tier\"\n");
    insta::assert_snapshot!(club.run(&["attributes", "list", "--local"]));
}

#[test]
fn the_data_folder_is_a_folder() {
    let club = Club::alone();
    club.file("notes.txt", "");
    insta::assert_snapshot!(club.run(&["attributes", "list", "--local", "--data", "notes.txt"]));
}

#[test]
fn the_local_token_is_the_services_own() {
    assert!(Club::alone().run(&["auth", "status", "--local"]).contains("token    from the service itself\n"));
}

#[test]
fn two_processes_do_not_share_a_folder() {
    let club = Club::alone();
    let data = club.path(".fanpass");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = fanpass_server::Config { data, ..fanpass_server::Config::default() };
    let _service = runtime.block_on(fanpass_server::Service::open(config)).unwrap();
    insta::assert_snapshot!(club.run(&["segments", "list", "--local"]));
}

#[test]
fn only_what_stands_on_the_command_line_contradicts_local() {
    let club = Club::alone();
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = club.command(arguments);
        command.envs(variables.iter().copied());
        transcript(arguments, command)
    };
    let list = ["segments", "list", "--local"];
    for variables in [
        &[("FANPASS_DOMAIN", "")][..],
        &[("FANPASS_DOMAIN", "fanreach.example"), ("FANPASS_PROFILE", "staging")],
        &[("FANPASS_DATA", ""), ("FANPASS_TOKEN_FILE", "")],
    ] {
        let printed = run(&list, variables);
        assert!(printed.ends_with("exit 0\n"), "{variables:?}: {printed}");
    }
    let empty = run(&["segments", "list"], &[("FANPASS_DOMAIN", ""), ("FANPASS_PROFILE", "")]);
    assert!(empty.contains("which FanPass?"), "{empty}");
    let both = run(&["segments", "list", "--local", "--domain", "fanreach.example"], &[]);
    assert!(both.contains("'--local' cannot be used with '--domain <DOMAIN>'"), "{both}");
    assert!(both.ends_with("exit 2\n"), "{both}");
}

#[test]
fn a_configuration_that_says_local_means_the_folder_beside_it() {
    let club = Club::alone();
    fs::create_dir(club.path("season")).unwrap();
    club.file("season/fans.csv", "fan_id\n00042\n");
    let segment = "[[segment]]\nname = \"fans\"\nfile = \"fans.csv\"\n";
    club.file("season/fans.toml", format!("target = {{ local = true }}\n{segment}"));
    club.json(&["apply", "season/fans.toml"]);
    assert!(club.path("season/.fanpass").is_dir() && !club.path(".fanpass").exists());
    club.json(&["apply", "season/fans.toml", "--data", "other", "--adopt-ledger"]);
    assert!(club.path("other").is_dir(), "the command line wins");
}
