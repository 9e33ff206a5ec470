//! `support-bundle`: enough to understand a bug, and nothing that a club would not show to strangers.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;

use zip::ZipArchive;

use crate::harness::{Club, example};

const BUNDLE: [&str; 3] = ["support-bundle", "--out", "bundle.zip"];

fn files(club: &Club) -> BTreeMap<String, String> {
    let mut archive = ZipArchive::new(File::open(club.path("bundle.zip")).unwrap()).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        files.insert(file.name().unwrap().into_owned(), text);
    }
    files
}

/// A club that has used the tool, by its names, ids and tokens.
fn used() -> Club {
    let club = Club::alone();
    club.profile("fanreach.example", "header.secret-payload.signature");
    club.file("holders.csv", example("holders.csv"));
    club.run(&["segments", "push", "south stand", "--file", "holders.csv", "--local", "--wait"]);
    club.run(&["attributes", "register", "custom.shoe_size", "--local"]);
    club.run(&["users", "update", "fan-7", "--set", "custom.shoe_size=44", "--local"]);
    club.file(".fanpass/export-of-ada-lovelace.csv", "fan_id\n00042\n");
    club
}

#[test]
fn a_bundle_tells_what_it_holds() {
    let club = used();
    insta::assert_snapshot!(club.run(&BUNDLE));
    let files = files(&club);
    for name in ["profiles.json", "environment.json"] {
        insta::assert_snapshot!(name.replace('.', "_"), files[name]);
    }
    let data: serde_json::Value = serde_json::from_str(&files["data.json"]).unwrap();
    assert_eq!((&data["state"], &data["otherFiles"]), (&"idle".into(), &1.into()), "{data}");
    assert!(data["bytes"]["segments.db"].as_u64().unwrap() > 0, "{data}");
    assert!(data["schema"]["service.db"].is_u64(), "{data}");
    assert!(files["tool.json"].contains(env!("CARGO_PKG_VERSION")));
    assert!(files["exit-codes.txt"].contains("rows were rejected"));
}

#[test]
fn a_bundle_holds_nothing_of_anybody() {
    let club = used();
    let mut command = club.command(&BUNDLE);
    command.env("FANPASS_TOKEN", "another.secret.token");
    assert!(command.output().unwrap().status.success());
    let files = files(&club);
    assert!(files["environment.json"].contains("FANPASS_TOKEN"));
    for private in [
        "secret",
        "south stand",
        "fan-7",
        "00042",
        "shoe_size",
        "ada-lovelace",
        "holders",
        "development",
        club.path(".").to_str().unwrap(),
    ] {
        for (name, text) in &files {
            assert!(!text.contains(private), "{private} is in {name}: {text}");
        }
    }
}

#[test]
fn a_bundle_starts_nothing_and_overwrites_nothing() {
    let club = Club::alone();
    club.file("bundle.zip", "mine");
    insta::assert_snapshot!(club.run(&BUNDLE));
    assert_eq!(std::fs::read_to_string(club.path("bundle.zip")).unwrap(), "mine");
    std::fs::remove_file(club.path("bundle.zip")).unwrap();
    assert_eq!(club.json(&BUNDLE)["file"], "bundle.zip");
    let data: serde_json::Value = serde_json::from_str(&files(&club)["data.json"]).unwrap();
    assert_eq!(data["state"], "absent");
    assert!(!club.path(".fanpass").exists());
}

#[test]
fn a_service_that_is_running_is_seen_and_left_alone() {
    let club = Club::with_service();
    let bundle = [&BUNDLE[..], &["--data", "service"]].concat();
    assert!(club.run(&bundle).ends_with("exit 0\n"));
    let data: serde_json::Value = serde_json::from_str(&files(&club)["data.json"]).unwrap();
    assert_eq!(data["state"], "in-use", "{data}");
    assert!(club.run(&["segments", "list"]).ends_with("exit 0\n"));
}

#[test]
fn profiles_that_cannot_be_read_do_not_keep_a_bundle_from_being_made() {
    let club = Club::alone();
    std::fs::create_dir(club.path("config")).unwrap();
    club.file("config/profiles.toml", "[profiles.default]\ndomain = \"https://user:pass@host\"\nwrong = 1\n");
    assert!(club.run(&BUNDLE).ends_with("exit 0\n"));
    assert!(files(&club)["profiles.json"].contains("cannot be read"));
    club.file("config/profiles.toml", "[profiles.default]\ndomain = \"https://user:pass@host\"\n");
    std::fs::remove_file(club.path("bundle.zip")).unwrap();
    club.run(&BUNDLE);
    assert!(!files(&club)["profiles.json"].contains("pass"));
}

#[test]
fn a_ledger_adds_the_figures_of_its_runs_and_no_names() {
    let club = used();
    club.file("fans.csv", "fan_id,size\nfan-7,44\nfan-8,many\n");
    let push = ["users", "push", "--file", "fans.csv", "--map", "size=custom.shoe_size:integer"];
    club.run(&["attributes", "register", "custom.shoe_size", "--type", "number", "--local"]);
    club.run(&[&push[..], &["--ledger", "fans.ledger", "--local"]].concat());
    club.run(&[&BUNDLE[..], &["--ledger", "fans.ledger"]].concat());
    let runs = &files(&club)["runs.json"];
    let told: serde_json::Value = serde_json::from_str(runs).unwrap();
    assert_eq!((&told[0]["outcome"], &told[0]["figures"]["rejected"]), (&"done".into(), &1.into()), "{runs}");
    assert!(!runs.contains("fan-") && !runs.contains("fans.csv"), "{runs}");
    assert!(club.run(&["support-bundle", "--out", "b.zip", "--ledger", "none"]).ends_with("exit 5\n"));
}
