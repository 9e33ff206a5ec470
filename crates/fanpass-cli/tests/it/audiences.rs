//! `audiences` and `users audiences`.

use crate::harness::Club;

const EXPRESSION: &str = r#"segment("holders") && custom.loyalty_tier in ["gold", "platinum"]"#;

/// A club with a segment of four and three tiers.
fn club() -> Club {
    let club = Club::with_service();
    club.file("ids.csv", "user_id\n00042\nfan-7\nfan-8\nfan-9\n");
    club.json(&["segments", "push", "holders", "--file", "ids.csv", "--wait"]);
    club.json(&["attributes", "register", "custom.loyalty_tier", "--type", "string"]);
    for (user, tier) in [("00042", "gold"), ("fan-7", "silver"), ("fan-8", "platinum"), ("fan-10", "gold")] {
        club.json(&["users", "update", user, "--set", &format!("custom.loyalty_tier={tier}")]);
    }
    club
}

#[test]
fn an_audience_is_previewed_saved_counted_and_exported() {
    let club = club();
    insta::assert_snapshot!("preview", club.run(&["audiences", "preview", EXPRESSION]));
    insta::assert_snapshot!(
        "preview_sample",
        club.run(&["audiences", "preview", EXPRESSION, "--sample", "1"])
    );
    insta::assert_json_snapshot!(
        "preview_json",
        club.json(&["audiences", "preview", "true", "--sample", "0"])["count"]
    );
    insta::assert_snapshot!("list_nothing", club.run(&["audiences", "list"]));
    let save = ["audiences", "save", "gold holders", EXPRESSION, "--description", "Early bird"];
    insta::assert_snapshot!("save", club.run(&save));
    club.json(&["audiences", "save", "everybody", "true"]);
    insta::assert_snapshot!("list", club.run(&["audiences", "list"]));
    insta::assert_snapshot!("show", club.run(&["audiences", "show", "gold holders"]));
    insta::assert_json_snapshot!("show_json", club.json(&["audiences", "show", "gold holders"]));
    insta::assert_snapshot!("count", club.run(&["audiences", "count", "gold holders"]));
    insta::assert_snapshot!("export", club.run(&["audiences", "export", "gold holders"]));
    insta::assert_snapshot!(
        "export_json",
        club.run(&["audiences", "export", "gold holders", "--json", "--limit", "1"])
    );
    insta::assert_snapshot!("of_a_user", club.run(&["users", "audiences", "00042"]));
    insta::assert_snapshot!("of_nobody", club.run(&["users", "audiences", "nobody"]));
    insta::assert_snapshot!("delete_unsure", club.run(&["audiences", "delete", "gold holders"]));
    insta::assert_snapshot!("delete", club.run(&["audiences", "delete", "gold holders", "--yes"]));
    insta::assert_snapshot!("unknown", club.run(&["audiences", "count", "gold holders"]));
}

#[test]
fn faults_are_pointed_at() {
    let club = club();
    let wrong = "segment(\"holder\") &&\n  custom.loyalty_teir == \"gold\" && segmnt(\"x\")";
    insta::assert_snapshot!("faults", club.run(&["audiences", "preview", wrong]));
    insta::assert_snapshot!(
        "fault_of_syntax",
        club.run(&["audiences", "save", "x", "custom.loyalty_tier = 'żółć'"])
    );
    let long =
        format!("{}custom.loyalty_teir == 1 || {}", "true && ".repeat(40), vec!["true"; 40].join(" && "));
    insta::assert_snapshot!("fault_in_a_long_line", club.run(&["audiences", "preview", &long]));
    insta::assert_snapshot!("fault_json", club.run(&["audiences", "preview", "tier", "--json"]));
    insta::assert_snapshot!("fault_of_a_dry_run", club.run(&["audiences", "save", "x", "tier", "--dry-run"]));
}

#[test]
fn an_audience_says_what_has_become_wrong_with_it() {
    let club = club();
    club.json(&["audiences", "save", "gold-holders", EXPRESSION]);
    club.json(&["segments", "delete", "holders", "--yes"]);
    insta::assert_snapshot!("show_problem", club.run(&["audiences", "show", "gold-holders"]));
    insta::assert_snapshot!("list_problem", club.run(&["audiences", "list"]));
}
