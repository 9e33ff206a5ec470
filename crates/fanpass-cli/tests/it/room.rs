//! Disks that take no more in the middle of a run: the account is given, and the same command goes on once there is room.

use std::process::{Command, Output};

use serde_json::Value;

use crate::harness::Club;

/// The tool where no file may be longer than so many KiB, which is told as a full disk is.
fn limited(club: &Club, kib: u32, arguments: &[&str]) -> Output {
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", kib * 2);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_fanpass")]).args(arguments).arg("--json");
    command.current_dir(club.path(".")).env_clear().env("FANPASS_CONFIG", club.path("config"));
    command.output().unwrap()
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn users(club: &Club) -> Value {
    club.json(&["users", "list", "--count"])["count"].clone()
}

fn club() -> Club {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.points", "--type", "number"]);
    club
}

#[test]
fn a_reject_file_for_which_there_is_no_room_costs_no_account() {
    let club = club();
    let rows = (0..3_000).map(|fan| format!("{fan},{}\n", if fan % 2 == 0 { "1" } else { "many" }));
    club.file("fans.csv", "fan_id,points\n".to_owned() + &rows.collect::<String>());
    let push = ["users", "push", "--file", "fans.csv", "--map", "points=custom.points:integer"];
    let output = limited(&club, 64, &push);
    let pushed = report(&output);
    assert!(pushed["stopped"].as_str().unwrap().starts_with("rejects.csv: cannot be written"), "{pushed}");
    assert_eq!((&pushed["addsUp"], &pushed["complete"]), (&true.into(), &false.into()), "{pushed}");
    assert_eq!((&pushed["sent"], output.status.code()), (&users(&club), Some(13)), "{pushed}");
    assert!(pushed["sent"].as_u64().is_some_and(|sent| sent > 0 && sent < 1_500), "{pushed}");

    assert!(club.run(&push).ends_with("exit 3\n"));
    assert_eq!(users(&club), 1_500);
}

#[test]
fn a_ledger_without_room_to_be_opened_says_so() {
    let club = club();
    club.file("fans.csv", "fan_id,points\n1,1\n");
    let map = "points=custom.points:integer";
    let push = ["users", "push", "--file", "fans.csv", "--map", map, "--ledger", "fans.ledger"];
    assert!(club.run(&push).ends_with("exit 0\n"));
    for command in [&push[..], &["runs", "list", "--ledger", "fans.ledger"]] {
        let output = limited(&club, 8, command);
        let told = String::from_utf8_lossy(&output.stderr);
        let what_to_do = r#""fans.ledger: no room is left for the ledger: make room there, then the same command goes on""#;
        assert!(told.contains(what_to_do), "{command:?}: {told}");
    }
    assert!(club.run(&push).ends_with("exit 0\n"));
}

#[test]
fn a_ledger_for_which_there_is_no_room_costs_no_account() {
    let club = club();
    let rows = (0..8_000).map(|fan| format!("{fan},1\n"));
    club.file("fans.csv", "fan_id,points\n".to_owned() + &rows.collect::<String>());
    club.file("holders.csv", "fan_id\n1\n");
    club.file(
        "season.toml",
        "[[segment]]\nname = \"holders\"\nfile = \"holders.csv\"\n\n\
         [[attributes]]\nname = \"crm\"\nfile = \"fans.csv\"\nmap = [\"points=custom.points:integer\"]\n\n\
         [[attributes]]\nname = \"late\"\nfile = \"fans.csv\"\nmap = [\"points=custom.points:integer\"]\n",
    );
    let output = limited(&club, 256, &["apply", "season.toml"]);
    let applied = report(&output);
    let [holders, crm, late] = [0, 1, 2].map(|feed| &applied["feeds"][feed]);
    assert_eq!((&holders["complete"], &holders["sent"]), (&true.into(), &1.into()), "{applied}");
    assert!(crm["stopped"].as_str().unwrap().starts_with("ledger season.ledger: "), "{applied}");
    assert_eq!((&crm["addsUp"], &crm["complete"]), (&true.into(), &false.into()), "{applied}");
    assert_eq!((&crm["sent"], output.status.code()), (&users(&club), Some(13)), "{applied}");
    assert!(crm["sent"].as_u64().is_some_and(|sent| sent > 0 && sent < 8_000), "{applied}");
    assert_eq!(late["begun"], false);

    assert!(club.run(&["apply", "season.toml"]).ends_with("exit 0\n"));
    assert_eq!(users(&club), 8_000);
    let again = club.json(&["apply", "season.toml"]);
    assert_eq!([0, 1, 2].map(|feed| &again["feeds"][feed]["sent"]), [0, 0, 0]);
}
