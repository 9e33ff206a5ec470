//! A ledger that is moved while a run is under way: that is said, and nothing of the run is lost.

use std::fs;

use crate::harness::Club;

/// A club whose 300 fans have `tier`.
fn fans(club: &Club, tier: &str) {
    let rows = (0..300).map(|fan| format!("{fan},{tier}\n"));
    club.file("fans.csv", "fan_id,tier\n".to_owned() + &rows.collect::<String>());
}

/// Runs the command, and moves the ledger away once the first fan has `tier`.
fn moved_while(club: &Club, arguments: &[&str], tier: &str) -> String {
    std::thread::scope(|scope| {
        let running = scope.spawn(|| club.run(arguments));
        while club.json(&["users", "get", "0"])["userProperties"]["custom.tier"] != tier {}
        fs::rename(club.path("fans.ledger"), club.path("elsewhere.ledger")).unwrap();
        running.join().unwrap()
    })
}

#[test]
fn a_ledger_that_is_moved_under_a_run_is_missed_at_its_end() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.tier", "--type", "string"]);
    club.file(
        "fans.toml",
        "[[attributes]]\nname = \"crm\"\nfile = \"fans.csv\"\nmap = [\"tier=custom.tier\"]\n",
    );
    let apply = ["apply", "fans.toml", "--rate", "200"];
    let push = [
        "users",
        "push",
        "fans.csv",
        "--map",
        "tier=custom.tier",
        "--ledger",
        "fans.ledger",
        "--rate",
        "200",
    ];
    for (command, before, after) in [(&apply[..], "bronze", "silver"), (&push, "gold", "platinum")] {
        fans(&club, before);
        assert!(club.run(&apply[..2]).ends_with("exit 0\n"));
        fans(&club, after);
        let printed = moved_while(&club, command, after);
        assert!(printed.contains("every row is accounted for"), "{printed}");
        let told =
            "what was sent is in, and not all of it could be written down: ledger fans.ledger: it was moved";
        assert!(printed.contains(told) && printed.ends_with("exit 13\n"), "{printed}");

        fs::rename(club.path("elsewhere.ledger"), club.path("fans.ledger")).unwrap();
        assert_eq!(club.json(&apply[..2])["feeds"][0]["unchanged"], 300);
        fans(&club, before);
        assert_eq!(club.json(&apply[..2])["feeds"][0]["sent"], 300);
    }
}
