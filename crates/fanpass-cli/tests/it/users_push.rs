//! `users push`: every row ends in one bucket, and rows that did not arrive can be mended and pushed.

use std::fs;
use std::sync::Arc;

use crate::foreign;
use crate::harness::Club;

const FANS: &str = "fan_id,name,holder,tier,plans\n\
    00042,Ada,yes,gold,full-season|cup\n\
    fan-7,Rhys,no,silver,\n\
    fan-8,Hana,perhaps,gold,cup\n\
    1e5,Deniz,,,\n\
    00042,Ada,yes,platinum,cup\n\
    ,Nobody,yes,gold,\n";

const PUSH: [&str; 12] = [
    "users",
    "push",
    "--file",
    "fans.csv",
    "--id",
    "fan_id",
    "--map",
    "holder=user_properties.sth:boolean",
    "--map",
    "tier=custom.loyalty_tier",
    "--map",
    "plans=user_properties.ticketing_plans:list(|)",
];

fn club() -> Club {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.loyalty_tier", "--type", "string"]);
    club.file("fans.csv", FANS);
    club
}

#[test]
fn every_row_is_accounted_for() {
    let club = club();
    insta::assert_snapshot!(club.run(&PUSH));
    let ada = club.json(&["users", "get", "00042"]);
    assert_eq!(ada["userProperties"]["custom.loyalty_tier"], "platinum", "rows of one user keep their order");
    assert_eq!(ada["userProperties"]["user_properties.ticketing_plans"], serde_json::json!(["cup"]));
}

#[test]
fn rejects_are_mended_and_pushed_as_they_are() {
    let club = club();
    club.run(&PUSH);
    let rejects = fs::read_to_string(club.path("rejects.csv")).unwrap();
    insta::assert_snapshot!("reject_file", rejects);

    let untouched = [&["users", "push", "--file", "rejects.csv"], &PUSH[4..]].concat();
    assert_eq!(club.json(&untouched)["rejected"], 2, "nobody mended them");
    club.file(
        "rejects.csv",
        rejects.replace("perhaps", "yes").replace("\"\",\"Nobody\"", "\"fan-9\",\"Nobody\""),
    );
    let mended = club.json(&untouched);
    assert_eq!((&mended["read"], &mended["sent"], &mended["rejected"]), (&2.into(), &2.into(), &0.into()));
    assert_eq!(mended["complete"], true);
    assert_eq!(club.json(&["users", "get", "fan-8"])["userProperties"]["user_properties.sth"], true);
}

#[test]
fn a_dry_run_sends_nothing() {
    let club = club();
    insta::assert_snapshot!(club.run(&[&PUSH[..], &["--dry-run"]].concat()));
    assert!(club.run(&["users", "get", "00042"]).ends_with("exit 5\n"));
}

#[test]
fn a_mapping_that_no_row_could_pass_sends_nothing() {
    let club = club();
    let slip = ["users", "push", "--file", "fans.csv", "--map", "tier=custom.loyalty_teir"];
    insta::assert_snapshot!(club.run(&slip));
    insta::assert_snapshot!(
        "unknown_column",
        club.run(&["users", "push", "--file", "fans.csv", "--map", "teir=custom.loyalty_tier"])
    );
}

#[test]
fn a_token_that_may_not_write_stops_the_run() {
    let club = club();
    club.run(&["tokens", "issue", "reader", "--scope", "read", "--out", "reader.token"]);
    let push = [&PUSH[..], &["--token-file", "reader.token", "--concurrency", "1"]].concat();
    let printed = club.run(&push);
    assert!(
        printed.contains("Nothing of fans.csv was acknowledged") && printed.contains("`users:write`"),
        "{printed}"
    );
    assert!(printed.contains("every row is accounted for") && printed.ends_with("exit 4\n"), "{printed}");
    assert!(printed.contains("Next: push the same file again"), "{printed}");
    assert_eq!(club.json(&push)["sent"], 0);
}

#[test]
fn what_the_ledger_knows_is_not_sent_again() {
    let club = club();
    let push = [&PUSH[..], &["--ledger", "fans.ledger"]].concat();
    let first = club.json(&push);
    assert_eq!((&first["sent"], &first["duplicate"]), (&2.into(), &1.into()), "the later row of a user wins");
    club.file("fans.csv", FANS.replace("silver", "gold").replace("perhaps", "no"));
    insta::assert_snapshot!("plan", club.run(&[&push[..], &["--dry-run"]].concat()));
    let second = club.json(&push);
    assert_eq!(second["sent"], 2, "the changed and the mended, not the two rows that disagree: {second}");
    assert_eq!(club.json(&["users", "get", "fan-7"])["userProperties"]["custom.loyalty_tier"], "gold");
    club.file("fans.csv", "fan_id,holder,tier,plans\nfan-7,no,gold,\nfan-8,no,gold,cup\n");
    let third = club.json(&push);
    assert_eq!((&third["sent"], &third["unchanged"], &third["addsUp"]), (&0.into(), &2.into(), &true.into()));
}

#[test]
fn a_connection_for_each_slot_and_the_local_service_do_the_same() {
    let hyper = club().json(&[&PUSH[..], &["--transport", "hyper"]].concat());
    let club = Club::alone();
    club.file("fans.csv", FANS);
    club.json(&["attributes", "register", "custom.loyalty_tier", "--type", "string", "--local"]);
    let local = club.json(&[&PUSH[..], &["--local"]].concat());
    for figures in [hyper, local] {
        assert_eq!(
            (&figures["read"], &figures["addsUp"], &figures["rejected"]),
            (&6.into(), &true.into(), &2.into())
        );
    }
}

#[test]
fn a_file_for_rejected_rows_is_not_named_as_a_workbook() {
    let club = Club::alone();
    club.file("fans.csv", "fan_id,tier\n1,gold\n");
    let push = ["users", "push", "--file", "fans.csv", "--map", "tier=custom.tier", "--dry-run"];
    let named = [&push[..], &["--rejects", "out/Rejects.XLSX"]].concat();
    insta::assert_snapshot!("rejects_named_xlsx", club.run(&named));
}

#[test]
fn a_file_that_breaks_off_after_rows_were_sent_has_an_exit_code_of_its_own() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.tier", "--type", "string"]);
    // The beginning of a file is looked at before it is sent.
    club.file("fans.csv", gold(9_000) + "9000,\"open\n");
    let push = ["users", "push", "--file", "fans.csv", "--map", "tier=custom.tier"];
    insta::assert_snapshot!("broken_off", club.run(&push));
    let json = club.command(&[&push[..], &["--json"]].concat()).output().unwrap().stdout;
    let report: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert!(report["stopped"].as_str().unwrap().contains("fans.csv:9002"), "{report}");
}

#[test]
fn where_rejected_rows_cannot_go_is_found_out_before_anything_is_sent() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.tier", "--type", "string"]);
    club.file("fans.csv", "fan_id,tier\n1,gold\n,gold\n");
    club.file("taken", "");
    let push =
        ["users", "push", "--file", "fans.csv", "--map", "tier=custom.tier", "--rejects", "taken/r.csv"];
    let printed = club.run(&push);
    let told = "name another place for rejected rows with --rejects FILE; nothing was sent\nexit 6\n";
    assert!(printed.contains("! error: taken/r.csv: ") && printed.ends_with(told), "{printed}");
    assert!(!printed.contains(".rejects-"), "{printed}");
    let of_none =
        club.run(&["users", "push", "none.csv", "--map", "tier=custom.tier", "--rejects", "taken/r.csv"]);
    assert!(of_none.contains("none.csv: cannot be read") && of_none.ends_with("exit 6\n"), "{of_none}");
    assert!(club.run(&["users", "get", "1"]).ends_with("exit 5\n"));
    let segment = ["segments", "push", "cup", "--file", "fans.csv", "--rejects", "taken/r.csv"];
    assert!(club.run(&segment).ends_with(told));
    club.file("season.toml", "rejects = \"taken\"\n\n[[segment]]\nname = \"cup\"\nfile = \"fans.csv\"\n");
    let applied = club.run(&["apply", "season.toml"]);
    assert!(
        applied.contains("name another folder for rejected rows as rejects in the configuration file"),
        "{applied}"
    );
    assert!(club.run(&["segments", "show", "cup"]).ends_with("exit 5\n"));
}

#[cfg(unix)]
#[test]
fn rejected_rows_do_not_land_beside_what_is_no_file() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.tier", "--type", "string"]);
    club.file("fans.csv", "fan_id,tier\n1,gold\n,gold\n");
    fs::create_dir(club.path("old")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(club.path("pipe")).status().unwrap().success());
    for rejects in ["pipe", "old"] {
        for command in [
            &["users", "push", "fans.csv", "--map", "tier=custom.tier"][..],
            &["segments", "push", "cup", "fans.csv"],
            &["check", "fans.csv"],
        ] {
            let printed = club.run(&[command, &["--rejects", rejects]].concat());
            assert!(printed.contains("name one that is to be made"), "{printed}");
            assert!(printed.ends_with("exit 6\n"), "{printed}");
        }
    }
    assert!(!club.path("old-2").exists() && !club.path("pipe-2").exists());
}

#[test]
fn a_push_of_which_nothing_arrives_says_so() {
    for ledger in [false, true] {
        let (club, _) = foreign::club_that_takes(Arc::default());
        club.file("fans.csv", "fan_id,sth\n1,yes\n2,perhaps\n3,yes\n");
        let push = ["users", "push", "--file", "fans.csv", "--map", "sth=user_properties.sth:boolean"];
        let ledger: &[&str] = if ledger { &["--ledger", "fans.ledger"] } else { &[] };
        let printed = club.run(&[&push, ledger].concat());
        assert!(printed.contains("\nNothing of fans.csv was acknowledged: "), "{printed}");
        assert!(
            printed.contains("\nSome of the rows that did not arrive, and why: rejects.csv\n"),
            "{printed}"
        );
        assert_eq!(
            printed.contains("what was acknowledged is not sent again"),
            !ledger.is_empty(),
            "{printed}"
        );
        assert!(printed.ends_with("exit 4\n"), "{printed}");
        assert_eq!(
            std::fs::read_to_string(club.path("rejects.csv")).unwrap().lines().count(),
            2,
            "the row to mend"
        );
    }
}

#[test]
fn a_token_that_is_revoked_in_the_middle_of_a_file_ends_as_what_broke_off() {
    let (club, _) = foreign::club_that_takes(Arc::new(2.into()));
    club.file("fans.csv", gold(9));
    let push = ["users", "push", "--file", "fans.csv", "--map", "tier=custom.tier", "--concurrency", "1"];
    let printed = club.run(&push);
    assert!(printed.contains("Stopped in the middle of fans.csv: "), "{printed}");
    assert!(printed.contains("\n  sent      2\n") && printed.ends_with("exit 13\n"), "{printed}");
}

#[test]
fn a_file_that_changes_while_it_is_pushed_is_not_taken_for_whole() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.tier", "--type", "string"]);
    club.file("fans.csv", gold(1_500));
    // So slow that most of the file is not read yet when the first user is there.
    let push = ["users", "push", "--file", "fans.csv", "--map", "tier=custom.tier", "--rate", "500"];
    let printed = std::thread::scope(|scope| {
        let running = scope.spawn(|| club.run(&push));
        while club.run(&["users", "get", "0"]).ends_with("exit 5\n") {}
        club.file("fans.csv", gold(10));
        running.join().unwrap()
    });
    assert!(printed.contains("was changed while it was read") && printed.ends_with("exit 13\n"), "{printed}");
}

/// A file of so many fans.
fn gold(fans: u32) -> String {
    (0..fans).fold("fan_id,tier\n".to_owned(), |rows, id| rows + &format!("{id},gold\n"))
}
