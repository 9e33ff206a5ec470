//! Several rows of one user: only the last value of each attribute counts, in the first night and in every later one.

use serde_json::Value;

use crate::harness::Club;

const CONFIG: &str = "[[attributes]]\nname = \"crm\"\nfile = \"fans.csv\"\n\
    map = [\"tier=custom.tier\", \"points=custom.points:integer\"]\n";

/// Each of these users once took another number of nights to settle.
const FANS: &str = "fan_id,tier,points\n\
    a,gold,3\na,silver,\n\
    b,gold,3\nb,silver,\nb,,7\n\
    c,gold,\nc,gold,1\n\
    d,gold,\nd,,1\n";

fn club() -> Club {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.tier", "--type", "string"]);
    club.json(&["attributes", "register", "custom.points", "--type", "number"]);
    club.file("fans.csv", FANS);
    club.file("fans.toml", CONFIG);
    club
}

fn properties(club: &Club, user: &str) -> String {
    club.json(&["users", "get", user])["userProperties"].to_string()
}

fn settled(club: &Club) {
    for (user, points) in [("a", 3), ("b", 7), ("c", 1), ("d", 1)] {
        let tier = if "ab".contains(user) { "silver" } else { "gold" };
        assert_eq!(
            properties(club, user),
            format!("{{\"custom.points\":{points},\"custom.tier\":\"{tier}\"}}")
        );
    }
}

#[test]
fn a_feed_is_settled_after_its_first_night() {
    let club = club();
    insta::assert_snapshot!("plan", club.run(&["plan", "fans.toml", "--dry-run"]));
    let planned = club.json(&["plan", "fans.toml", "--dry-run"])["feeds"][0].clone();
    // Rows of one user wait for each other, and are sent as one then.
    let applied = club.json(&["apply", "fans.toml"])["feeds"][0].clone();
    assert_eq!(applied["sent"], planned["unsent"], "{applied}");
    assert_eq!(applied["duplicate"], planned["duplicate"], "{applied}");
    settled(&club);
    let history = |user: &str| club.json(&["users", "history", user]);
    let first: Vec<Value> = ["a", "b", "c", "d"].map(history).into();
    let second = club.json(&["apply", "fans.toml"]);
    let feed = &second["feeds"][0];
    assert_eq!((&feed["sent"], &feed["addsUp"]), (&0.into(), &true.into()), "{second}");
    assert_eq!(first, ["a", "b", "c", "d"].map(history), "nothing was written again");
}

#[test]
fn so_is_a_file_that_is_pushed_with_a_ledger() {
    let club = club();
    let push = [
        "users",
        "push",
        "--file",
        "fans.csv",
        "--map",
        "tier=custom.tier",
        "--map",
        "points=custom.points:integer",
        "--ledger",
        "fans.ledger",
    ];
    club.json(&push);
    settled(&club);
    let second = club.json(&push);
    let figures = [&second["read"], &second["sent"], &second["unchanged"], &second["duplicate"]];
    assert_eq!(figures, [9, 0, 7, 2], "{second}");
}

#[test]
fn a_rejected_row_says_that_the_user_has_a_later_one() {
    let club = club();
    club.file("fans.csv", "fan_id,tier,points\na,,many\nb,gold,some\na,silver,2\nc,gold,1\n");
    let report = club.json(&["apply", "fans.toml", "--allow", "rejects"]);
    let feed = &report["feeds"][0];
    assert_eq!([&feed["read"], &feed["sent"], &feed["rejected"]], [4, 2, 2], "{report}");
    let told =
        [0, 1].map(|row| feed["rejects"][row]["message"].as_str().unwrap().contains("has a later row"));
    assert_eq!(told, [true, false], "{report}");
    let again = club.json(&["apply", "fans.toml", "--allow", "rejects"]);
    assert_eq!(again["feeds"][0]["unchanged"], 2, "{again}");
}

#[test]
fn feeds_that_contradict_each_other_send_nothing() {
    let club = club();
    let feed = |name: &str| CONFIG.replace("crm", name).replace("fans.csv", &format!("{name}.csv"));
    club.file("fans.toml", feed("north") + &feed("south"));
    club.file("north.csv", "fan_id,tier,points\nn,gold,1\nboth,silver,\nboth,gold,\n");
    club.file("south.csv", "fan_id,tier,points\ns,gold,1\nboth,silver,2\n");
    let refused = club.run(&["plan", "fans.toml"]);
    insta::assert_snapshot!("contradiction", refused);
    assert!(club.run(&["apply", "fans.toml"]).ends_with("exit 6\n"));
    assert!(club.run(&["users", "get", "n"]).ends_with("exit 5\n"));

    club.file("south.csv", "fan_id,tier,points\ns,gold,1\nboth,gold,2\n");
    assert!(club.run(&["apply", "fans.toml"]).ends_with("exit 0\n"), "they agree");
    let second = club.json(&["apply", "fans.toml"]);
    assert_eq!([0, 1].map(|feed| &second["feeds"][feed]["sent"]), [0, 0]);
}
