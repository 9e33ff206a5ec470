//! What is to be known of a mapping and its values: `check`, dry runs, plans and pushes tell the same, and a dry run ends
//! as the run would.

use serde_json::Value;

use crate::harness::Club;

const PLANS: [&str; 6] =
    ["users", "push", "--file", "fans.csv", "--map", "plans=user_properties.ticketing_plans:list(|)"];
const TIERS: [&str; 6] = ["users", "push", "--file", "fans.csv", "--map", "tier=custom.tier"];

fn club() -> Club {
    let club = Club::with_service();
    club.file("fans.csv", format!("fan_id,tier,plans\n1,gold,{}\n2,silver,cup\n", "season".repeat(9)));
    club.file(
        "fans.toml",
        "[[attributes]]\nname = \"crm\"\nfile = \"fans.csv\"\nmap = [\"plans=user_properties.ticketing_plans:list(|)\"]\n",
    );
    club
}

#[test]
fn a_value_that_ga4_would_cut_is_told_by_every_command() {
    let club = club();
    let known = club.json(&[&["check", "fans.csv"], &PLANS[4..]].concat())["findings"].clone();
    let message = known[0]["message"].as_str().unwrap();
    assert!(message.contains("1 value has more than 36 characters"), "{known}");

    let feed = |report: Value| report["feeds"][0]["findings"].clone();
    let found = [
        club.json(&[&PLANS[..], &["--dry-run"]].concat())["findings"].clone(),
        feed(club.json(&["plan", "fans.toml", "--dry-run"])),
        feed(club.json(&["apply", "fans.toml"])),
        feed(club.json(&["apply", "fans.toml"])),
        club.json(&PLANS)["findings"].clone(),
        club.json(&[&PLANS[..], &["--ledger", "fans.ledger"]].concat())["findings"].clone(),
    ];
    assert!(found.iter().all(|found| *found == known), "{found:?}");
    let warning = format!("! warning: {message}\n");
    for command in [&PLANS[..], &["plan", "fans.toml"], &["apply", "fans.toml"]] {
        let printed = club.run(command);
        assert_eq!(printed.matches(&warning).count(), 1, "{printed}");
    }
}

#[test]
fn a_dry_run_ends_as_the_run_does() {
    let club = club();
    let both = |command: &[&str]| {
        [&["--dry-run"][..], &[]].map(|more| {
            let printed = club.run(&[command, more].concat());
            printed.lines().last().unwrap().to_owned()
        })
    };
    assert_eq!(both(&TIERS), ["exit 6"; 2], "it is not registered");
    assert_eq!(both(&[&TIERS[..5], &["tier=user_properties.shoe_size"]].concat()), ["exit 6"; 2]);
    club.json(&["attributes", "register", "custom.tier", "--type", "string", "--allow", "gold"]);
    assert_eq!(both(&TIERS), ["exit 3"; 2], "silver is not allowed");
    assert_eq!(both(&["rejects", "retry", "rejects.csv"]), ["exit 3"; 2]);
}

#[test]
fn the_command_that_registers_an_attribute_can_be_copied() {
    let club = club();
    club.file("tiers.toml", "target = { local = true }\n[[attributes]]\nname = \"crm\"\nfile = \"fans.csv\"\nmap = [\"tier=custom.tier\"]\n");
    let advice = |command: &[&str]| {
        let printed = club.run(command);
        assert!(printed.ends_with("exit 6\n"), "{printed}");
        printed.split('`').nth(1).unwrap_or_else(|| panic!("{printed}")).to_owned()
    };
    let local = [&TIERS[..], &["--local"]].concat();
    let register = "fanpass attributes register custom.tier --type string --local";
    assert_eq!(advice(&local), register);
    assert_eq!(advice(&["plan", "tiers.toml"]), register);
    let there = ["--domain", &format!("http://{}", club.address()), "--token-file", "config/tokens/default"];
    let update = ["users", "update", "1", "--unset", "custom.tier", "--dry-run"];
    assert_eq!(
        advice(&[&update[..], &there].concat()),
        "fanpass attributes register custom.tier --domain http://127.0.0.1:PORT"
    );
    club.json(&register.split(' ').skip(1).collect::<Vec<_>>());
    assert_eq!(club.json(&local)["sent"], 2);

    club.file("attributes.toml", "");
    let by_file = [&local[..], &["--attributes", "attributes.toml"]].concat();
    assert_eq!(advice(&by_file), "fanpass attributes import attributes.toml --local");
    assert!(club.run(&by_file).contains("custom.tier is not registered in attributes.toml: add it there"));
}

#[test]
fn what_a_dry_run_could_not_ask_for_is_said() {
    let club = club();
    let told = "not checked whether custom.tier can be written, and with which values";
    for more in [&["--dry-run", "--local"][..], &["--dry-run", "--local", "--ledger", "fans.ledger"]] {
        let dry = [&TIERS[..], more].concat();
        let printed = club.run(&dry);
        assert!(printed.contains(told) && printed.ends_with("exit 0\n"), "{printed}");
        let findings = club.json(&dry)["findings"].clone();
        assert!(findings[0]["severity"] == "note" && findings.to_string().contains(told), "{findings}");
    }
}

#[test]
fn titles_above_a_table_stop_every_command_until_they_are_stated() {
    let club = Club::with_service();
    club.file("fans.csv", "Fans of 2026\nacct_id;tier\n1;gold\n2;silver\nTotal;2\n");
    let check = ["check", "fans.csv", "--id", "#1"];
    let push = ["segments", "push", "fans", "--file", "fans.csv", "--id", "#1"];
    let plans = "tier=user_properties.ticketing_plans:list(|)";
    let users = [&PLANS[..5], &[plans, "--id", "#1"]].concat();
    for command in [&check[..], &push, &users] {
        let printed = club.run(command);
        assert!(printed.contains("fans.csv:2: the table seems to begin here: "), "{printed}");
        assert!(printed.contains("hint:  --skip-rows N\n") && printed.ends_with("exit 6\n"), "{printed}");
    }
    let stated = |command: &[&str]| {
        let printed = club.run(&[command, &["--skip-rows", "1", "--header", "present"]].concat());
        assert!(printed.contains("fans.csv:5 ") && printed.ends_with("exit 3\n"), "{printed}");
        printed
    };
    let next =
        "Next: fanpass segments push SEGMENT --file fans.csv --id '#1' --skip-rows 1 --header present\n";
    assert!(stated(&check).contains(next));
    assert!(stated(&push).contains("Sent 2 ids of fans.csv"));
    club.file(
        "feeds.toml",
        "[[segment]]\nname = \"fans\"\nfile = \"fans.csv\"\nid = \"acct_id\"\nread = { skip-rows = 1 }\n",
    );
    assert!(club.run(&["plan", "feeds.toml"]).contains("rows: read 3 = "));
}
