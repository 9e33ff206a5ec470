//! Saved plans: what they tell, and when they are not carried out any more.

use std::fs;

use serde_json::Value;

use crate::apply::{SEASON, club};
use crate::harness::Club;

#[test]
fn a_saved_plan_is_refused_once_anything_is_another() {
    let club = club();
    let planned = || club.run(&["plan", "season.toml"]);
    let refused = |what: &str| {
        let printed = club.run(&["apply", "season.plan.json"]);
        assert!(printed.contains(what) && printed.ends_with("exit 6\n"), "{printed}");
    };
    planned();
    club.file("holders.csv", "fan_id\nfan-1\n");
    refused("holders.csv was changed since the plan was made");
    planned();
    club.file("season.toml", SEASON.replace("60", "61"));
    refused("season.toml was changed since the plan was made");
    planned();
    club.run(&["apply", "season.toml"]);
    refused("another run has changed what the ledger knows");
    assert!(club.run(&["plan", "season.toml", "--dry-run"]).ends_with("exit 3\n"), "a row is still rejected");
    club.file("broken.plan.json", "{\"planVersion\": 9}");
    assert!(club.run(&["apply", "broken.plan.json"]).contains("is no plan"));
    club.file("broken.plan.json", "\"planVersion\": 9}");
    assert!(club.run(&["apply", "broken.plan.json"]).contains("is no plan"));
    let printed = club.run(&["apply", "season.ledger"]);
    assert!(printed.contains("it is no text") && printed.ends_with("exit 2\n"), "{printed}");
}

#[test]
fn a_plan_names_rejected_rows_and_does_not_depend_on_them() {
    let club = club();
    club.file("holders.csv", "fan_id,name\n00042,Ada\n,Nobody\n");
    let plan = club.json(&["plan", "season.toml"]);
    let told = [0, 1].map(|feed| {
        let reject = &plan["feeds"][feed]["rejects"][0];
        (reject["location"].as_str().unwrap(), reject["code"].as_str().unwrap())
    });
    assert_eq!(told, [("holders.csv:3", "empty_id"), ("fans.csv:4", "not_boolean")]);
    let mut saved: Value = serde_json::from_slice(&fs::read(club.path("season.plan.json")).unwrap()).unwrap();
    for feed in saved["feeds"].as_array_mut().unwrap() {
        assert!(feed.as_object_mut().unwrap().remove("rejects").is_some());
    }
    club.file("season.plan.json", saved.to_string());
    let printed = club.run(&["apply", "season.plan.json", "--allow", "rejects"]);
    assert!(printed.contains("crm: fans.csv is applied") && printed.ends_with("exit 3\n"), "{printed}");
}

#[test]
fn a_plan_from_which_a_feed_was_taken_is_not_carried_out() {
    let club = club();
    club.run(&["plan", "season.toml"]);
    let mut plan: Value = serde_json::from_slice(&fs::read(club.path("season.plan.json")).unwrap()).unwrap();
    plan["feeds"].as_array_mut().unwrap().pop();
    club.file("season.plan.json", plan.to_string());
    assert!(club.run(&["apply", "season.plan.json"]).ends_with("exit 6\n"));
    assert!(club.run(&["segments", "show", "holders"]).ends_with("exit 5\n"));
}

#[test]
fn a_plan_is_carried_out_on_the_fanpass_it_was_made_for() {
    let club = club();
    club.json(&["attributes", "register", "custom.tier", "--type", "string", "--local"]);
    club.run(&["plan", "season.toml"]);
    let elsewhere = club.run(&["apply", "season.plan.json", "--local"]);
    assert!(elsewhere.contains("the plan is for http://") && elsewhere.ends_with("exit 6\n"), "{elsewhere}");
    assert!(club.run(&["apply", "season.plan.json"]).ends_with("exit 3\n"), "the ledger is not the other's");
}

#[test]
fn a_plan_is_saved_over_an_older_one_and_over_nothing_else() {
    let club = club();
    let plan = |out: &str| club.run(&["plan", "season.toml", "--out", out]);
    for file in ["holders.csv", "season.toml", "season.ledger"] {
        let before = fs::read(club.path(file)).ok();
        let printed = plan(file);
        assert!(printed.contains("no plan") && printed.ends_with("exit 6\n"), "{printed}");
        let after = fs::read(club.path(file)).unwrap();
        // A ledger notes that it was used.
        assert!(
            file == "season.ledger" || before.is_some_and(|before| before == after),
            "{file} was written over"
        );
    }
    assert!(club.run(&["runs", "list", "--ledger", "season.ledger"]).ends_with("exit 0\n"));
    assert!(plan(".").ends_with("exit 6\n"), "a folder");
    for _ in 0..2 {
        assert!(plan("season.plan.json").ends_with("exit 3\n"));
    }
    club.file("season.plan.json", "{\"fan_id\": \"1\"}");
    assert!(club.run(&["plan", "season.toml"]).ends_with("exit 6\n"), "the usual place is no other");
}

#[test]
fn a_dry_run_has_the_exit_code_of_a_plan() {
    let club = club();
    assert!(club.run(&["plan", "season.toml"]).ends_with("exit 3\n"));
    assert!(club.run(&["apply", "season.toml", "--dry-run"]).ends_with("exit 3\n"));
}

#[test]
fn a_plan_that_could_not_be_saved_is_not_made() {
    let club = Club::with_service();
    club.file("holders.csv", "fan_id\n1\n");
    club.file("season.toml", "[[segment]]\nname = \"holders\"\nfile = \"holders.csv\"\n");
    let printed = club.run(&["plan", "season.toml", "--out", "none/season.plan.json"]);
    let told = "name another place for the plan with --out FILE; nothing was sent\nexit 6\n";
    assert!(printed.contains("! error: cannot write none/season.plan.json: "), "{printed}");
    assert!(printed.ends_with(told) && !printed.contains(".fanpass-"), "{printed}");
    assert!(club.run(&["plan", "season.toml", "--dry-run"]).ends_with("exit 0\n"));
}
