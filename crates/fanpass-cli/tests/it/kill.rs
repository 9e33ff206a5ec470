//! `kill -9` in the middle of an apply, again and again: the same command converges and loses nothing.

use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::harness::Club;

const FANS: usize = 1_500;

/// How many times a process is killed: a few here, `FANPASS_TEST_KILLS=100` for the figure in the documentation.
fn kills() -> usize {
    std::env::var("FANPASS_TEST_KILLS").map_or(4, |kills| kills.parse().unwrap())
}

fn export(club: &Club, round: usize) {
    let fans: Vec<String> = (0..FANS).map(|fan| format!("fan-{fan},{}", value(fan, round))).collect();
    club.file("fans.csv", format!("fan_id,tier\n{}\n", fans.join("\n")));
    let holders: Vec<String> = (round..FANS + round).map(|fan| format!("fan-{fan}")).collect();
    club.file("holders.csv", format!("fan_id\n{}\n", holders.join("\n")));
}

/// Every third fan changes from round to round.
fn value(fan: usize, round: usize) -> String {
    if fan % 3 == round % 3 { format!("round-{round}") } else { "constant".to_owned() }
}

fn apply(club: &Club, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_fanpass"))
        .args(["apply", "--json", "--allow", "shrink"])
        .args(arguments)
        .current_dir(club.path("."))
        .env_clear()
        .env("FANPASS_CONFIG", club.path("config"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn tier(club: &Club, fan: usize) -> Value {
    club.json(&["users", "get", &format!("fan-{fan}")])["userProperties"]["custom.tier"].clone()
}

fn club() -> Club {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.tier", "--type", "string"]);
    club.file(
        "season.toml",
        "[[segment]]\nname = \"holders\"\nfile = \"holders.csv\"\nmode = \"replace\"\n\n\
         [[attributes]]\nname = \"crm\"\nfile = \"fans.csv\"\nmap = [\"tier=custom.tier\"]\nmode = \"mirror-owned\"\n",
    );
    export(&club, 0);
    assert!(club.run(&["apply", "season.toml"]).ends_with("exit 0\n"));
    club
}

#[test]
fn what_was_killed_is_gone_on_with_and_nothing_is_lost() {
    let club = club();
    for round in 1..=kills() {
        export(&club, round);
        let mut process = apply(&club, &["season.toml"]);
        // Each round dies at another point: some fan of the round has arrived, or the process has only just begun.
        let fan = (round * 389) % FANS / 3 * 3 + round % 3;
        if round % 4 != 0 {
            while tier(&club, fan.min(FANS - 1)) != value(fan.min(FANS - 1), round)
                && process.try_wait().unwrap().is_none()
            {}
        }
        let finished = process.try_wait().unwrap().is_some();
        process.kill().unwrap();
        process.wait().unwrap();

        let second = club.json(&["apply", "season.toml", "--allow", "shrink"]);
        let feeds = second["feeds"].as_array().unwrap();
        assert_eq!(feeds.len(), 2, "{second}");
        for feed in feeds {
            assert_eq!((&feed["addsUp"], &feed["unsent"]), (&true.into(), &0.into()), "{feed}");
        }
        // One that had nothing left to do but to end has left nothing to go on from.
        if !finished && round % 4 != 0 && feeds[1]["sent"] != 0 {
            let resumes = feeds[1]["resumes"].as_str().unwrap_or_default();
            assert!(resumes.contains("was interrupted") && !resumes.contains("changed"), "{second}");
        }
        for fan in (0..FANS).step_by(97).chain([fan.min(FANS - 1)]) {
            assert_eq!(tier(&club, fan), value(fan, round), "fan-{fan} in round {round}");
        }
        let segment = club.json(&["segments", "show", "holders"]);
        assert_eq!(segment["memberCount"], FANS, "{segment}");
        let again = club.json(&["apply", "season.toml"]);
        for feed in again["feeds"].as_array().unwrap() {
            assert_eq!((&feed["sent"], &feed["removed"]), (&0.into(), &0.into()), "{feed}");
        }
    }
}

#[test]
fn a_plan_whose_run_was_killed_is_gone_on_with_by_the_same_command() {
    let club = club();
    export(&club, 1);
    club.json(&["plan", "season.toml"]);
    let mut process = apply(&club, &["season.plan.json", "--rate", "100"]);
    while tier(&club, 1) != value(1, 1) {}
    process.kill().unwrap();
    process.wait().unwrap();

    let again = ["apply", "season.plan.json"];
    let holders = std::fs::read_to_string(club.path("holders.csv")).unwrap();
    club.file("holders.csv", "fan_id\nfan-1\n");
    assert!(club.run(&again).contains("holders.csv was changed since the plan was made"));
    club.file("holders.csv", holders);
    let printed = club.run(&again);
    assert!(printed.contains("was interrupted") && printed.ends_with("exit 0\n"), "{printed}");
    assert!((0..FANS).step_by(97).all(|fan| tier(&club, fan) == value(fan, 1)));
    let done = club.run(&again);
    assert!(done.contains("another run has changed") && done.ends_with("exit 6\n"), "{done}");
}
