//! What is to be known of how a file was read is told wherever a person reviews it.

use crate::harness::Club;

const NOTICES: [&str; 3] =
    ["read as Windows-1252", "ids hold characters that cannot be seen", "white space was trimmed from 1 id"];

/// An export in Windows-1252 with ids that are not what they seem.
fn club() -> Club {
    let club = Club::with_service();
    club.file(
        "season.toml",
        "[[segment]]\nname = \"fans\"\nfile = \"fans.csv\"\n\
         [[attributes]]\nname = \"crm\"\nfile = \"fans.csv\"\nmap = [\"sth=user_properties.sth:boolean\"]\n",
    );
    // U+00AD as one byte, and a name that makes the file no UTF-8.
    club.file("fans.csv", b"fan_id,sth,name\n  fan-1,yes,Ren\xE9\nfan\xAD-2,no,Ada\n");
    club
}

#[test]
fn plans_and_reports_of_feeds_tell_how_their_sources_were_read() {
    let club = club();
    for command in [
        &["plan", "season.toml"][..],
        &["apply", "season.toml", "--dry-run"],
        &["apply", "season.plan.json"],
        &["apply", "season.toml"],
    ] {
        let printed = club.run(command);
        for notice in NOTICES {
            assert_eq!(printed.matches(notice).count(), 2, "by the segment and by the attributes: {printed}");
        }
        assert!(printed.ends_with("exit 0\n"), "{printed}");
    }
    for command in ["plan", "apply"] {
        let told = club.json(&[command, "season.toml"]);
        for feed in told["feeds"].as_array().unwrap() {
            assert_eq!(feed["notices"].as_array().unwrap().len(), NOTICES.len(), "{told}");
        }
    }
}

#[test]
fn a_push_tells_it_though_there_is_nothing_to_send() {
    let club = club();
    let map = ["--map", "sth=user_properties.sth:boolean"];
    for _ in 0..2 {
        let printed =
            club.run(&[&["users", "push", "fans.csv", "--ledger", "fans.ledger"], &map[..]].concat());
        assert!(NOTICES.iter().all(|notice| printed.contains(notice)), "{printed}");
    }
}
