//! A killed service whose log was damaged afterwards: the next start does not go on without what it had acknowledged.

use std::fs;

use serde_json::json;

use super::served::Served;
use crate::harness::Club;

#[test]
fn a_start_on_a_damaged_log_is_refused_until_the_loss_is_accepted() {
    let club = Club::alone();
    let mut service = Served::start(&club.path("."));
    for user in 0..60 {
        let update = json!({"userId": format!("u{user}"), "userProperties": {"user_properties.sth": true}});
        assert_eq!(service.door.post("/api/v1/update_user", "update", &update).unwrap().0, 200);
    }
    service.kill();
    let log = club.path(".fanpass/service.db-wal");
    let mut bytes = fs::read(&log).unwrap();
    let middle = bytes.len() / 3;
    bytes[middle] ^= 1;
    fs::write(&log, &bytes).unwrap();
    let database = fs::read(club.path(".fanpass/service.db")).unwrap();

    let started = club.run(&["serve", "--listen", "127.0.0.1:0"]);
    let local = club.run(&["users", "list", "--local"]);
    assert_eq!(fs::read(&log).unwrap(), bytes);
    assert_eq!(fs::read(club.path(".fanpass/service.db")).unwrap(), database);
    // How many calls share a commit is a matter of time.
    let mut filters = insta::Settings::clone_current();
    filters.add_filter(r"frame \d+ \(commits behind it: \d+\)", "frame N (commits behind it: N)");
    filters.bind(|| insta::assert_snapshot!("damaged_log", format!("{started}{local}")));

    let service = Served::start_with(&club.path("."), &["--accept-damaged-log"]);
    let (status, users) = service.door.get("/service/v1/users?limit=100");
    let left = users["users"].as_array().unwrap().len();
    assert!(status == 200 && (1..60).contains(&left), "{users}");
}
