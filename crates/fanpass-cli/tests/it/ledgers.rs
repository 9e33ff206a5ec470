//! Ledgers that a command cannot use as they are: of another service, in use, readable by others, or not there yet.

use std::fs;
use std::io::{BufRead as _, BufReader};

use fanpass_sync::{Busy, Ledger};

use crate::apply::club;
use crate::harness::Club;

#[test]
fn a_ledger_is_kept_for_one_service() {
    let club = club();
    let push = ["users", "push", "--file", "one.csv", "--map", "tier=custom.tier", "--ledger", "one.ledger"];
    club.file("one.csv", "fan_id,tier\n00042,gold\n");
    assert_eq!(club.json(&push)["sent"], 1);
    club.json(&["attributes", "register", "custom.tier", "--type", "string", "--local"]);
    let here = [&push[..], &["--local"]].concat();
    let folder = fs::canonicalize(club.path(".")).unwrap().display().to_string();
    insta::assert_snapshot!("ledger_of_another", club.run(&here).replace(&folder, "HERE"));
    let dry = club.run(&[&here[..], &["--dry-run"]].concat());
    assert!(dry.contains("it knows what") && dry.ends_with("exit 6\n"), "{dry}");
    assert!(!club.path("elsewhere").exists());
    let elsewhere = [&here[..], &["--data", "elsewhere", "--dry-run"]].concat();
    assert!(club.run(&elsewhere).ends_with("exit 6\n"), "of a service that is not there yet");
    assert!(!club.path("elsewhere").exists());
    club.json(&["apply", "season.toml"]);
    for command in ["plan", "apply"] {
        assert!(club.run(&[command, "season.toml", "--local"]).ends_with("exit 6\n"), "{command}");
    }
    // One that is known by another name is said to be the same, and not asked again.
    let adopted = [&here[..], &["--adopt-ledger"]].concat();
    assert_eq!(club.json(&adopted)["unchanged"], 1);
    assert_eq!(club.json(&here)["unchanged"], 1);
    assert!(club.run(&push).ends_with("exit 6\n"));
    assert!(club.run(&[&push[..], &["--dry-run"]].concat()).ends_with("exit 6\n"));
    assert_eq!(club.json(&[&here[..], &["--dry-run"]].concat())["unchanged"], 1);
    assert_eq!(club.json(&[&push[..], &["--dry-run", "--adopt-ledger"]].concat())["unchanged"], 1);
}

#[test]
fn a_ledger_in_use_is_refused_or_waited_for() {
    let club = Club::with_service();
    club.file("fans.csv", "fan_id,sth\nfan-1,yes\nfan-2,perhaps\n");
    let feed =
        "[[attributes]]\nname = \"crm\"\nfile = \"fans.csv\"\nmap = [\"sth=user_properties.sth:bool\"]\n";
    club.file("loose.toml", format!("guards = {{ rejects = 100 }}\n{feed}"));
    club.run(&["apply", "loose.toml"]);
    let map = ["--map", "sth=user_properties.sth:bool", "--ledger", "loose.ledger"];
    for command in [
        &[&["users", "push", "--file", "fans.csv"][..], &map].concat()[..],
        &["plan", "loose.toml"],
        &["apply", "loose.toml"],
        &["rejects", "retry", "rejects/crm.csv"],
    ] {
        let held = Ledger::open(&club.path("loose.ledger"), Busy::Refuse).unwrap();
        let refused = club.run(command);
        assert!(refused.contains("wait for it with --wait-for-ledger"), "{refused}");
        assert!(refused.ends_with("exit 7\n"), "{refused}");
        let mut waiting = club.start(&[command, &["--wait-for-ledger"]].concat());
        let mut said = BufReader::new(waiting.stderr.take().unwrap()).lines();
        while !said.next().unwrap().unwrap().contains("waiting for the process that uses") {}
        drop(held);
        assert_eq!(waiting.wait().unwrap().code(), Some(3), "{command:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_ledger_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let club = club();
    let push = ["users", "push", "fans.csv", "--map", "tier=custom.tier", "--ledger", "fans.ledger"];
    club.run(&push);
    fs::set_permissions(club.path("fans.ledger"), fs::Permissions::from_mode(0o644)).unwrap();
    let printed = club.run(&push);
    assert!(printed.contains("run `chmod 600 fans.ledger`") && printed.ends_with("exit 2\n"), "{printed}");
}

#[test]
fn the_folder_of_a_ledger_is_made_and_said_to_be() {
    let club = club();
    let push = ["users", "push", "fans.csv", "--map", "tier=custom.tier", "--ledger", "ledgers/fans.ledger"];
    assert!(club.run(&push).contains("! made the folder ledgers for the ledger"));
    assert!(!club.run(&push).contains("made the folder"));
}
