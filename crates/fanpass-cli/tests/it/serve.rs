//! `serve`: prints where it is and a token, takes calls, and ends cleanly when it is told to.

use crate::harness::Club;
use crate::serving::{served, served_in};

#[cfg(unix)]
#[test]
fn it_serves_the_same_commands_over_http_until_a_signal() {
    let (club, serving) = served(&[]);
    club.file("ids.csv", "user_id\n00042\nfan-7\n");
    let pushed = club.json(&["segments", "push", "fans", "--file", "ids.csv", "--wait"]);
    assert_eq!((&pushed["imported"], &pushed["addsUp"]), (&2.into(), &true.into()));
    assert_eq!(serving.end(), Some(0));
    for log in ["segments.db-wal", "service.db-wal"] {
        assert!(!club.path(".fanpass").join(log).exists(), "{log} is left");
    }
    let here = club.json(&["segments", "show", "fans", "--local"]);
    assert_eq!(here["memberCount"], 2, "the data is in the folder");
}

#[cfg(unix)]
#[test]
fn metrics_have_an_address_of_their_own_and_the_log_is_json() {
    use std::io::{Read as _, Write as _};

    let (club, serving) = served(&["--metrics-listen", "127.0.0.1:0", "--log-format", "json", "-v"]);
    club.json(&["users", "update", "fan-7", "--set", "user_properties.sth=true"]);
    let address = serving.started["metrics"].as_str().unwrap().split('/').nth(2).unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: fanpass\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("fanpass_build_info"), "{answer}");
    assert_eq!(serving.end(), Some(0));
    let log = std::fs::read_to_string(club.path("serve.log")).unwrap();
    let events: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let update = events.iter().find(|event| event["operation"] == "updateUser").unwrap();
    assert_eq!((&update["message"], &update["status"]), (&"answered".into(), &200.into()), "{update}");
    assert!(update["about"].as_str().unwrap().starts_with("user:") && !log.contains("fan-7"), "{update}");
}

#[cfg(unix)]
#[test]
fn an_ephemeral_service_leaves_nothing_and_shows_nobody_anything() {
    use std::os::unix::fs::PermissionsExt as _;

    let temporary = tempfile::tempdir().unwrap();
    let (club, serving) = served_in(temporary.path(), &["--ephemeral"]);
    club.file("ids.csv", "user_id\n00042\n");
    let pushed = club.json(&["segments", "push", "fans", "--file", "ids.csv", "--wait"]);
    assert_eq!(pushed["imported"], 1);
    let folders: Vec<_> = std::fs::read_dir(temporary.path()).unwrap().map(Result::unwrap).collect();
    let [folder] = &folders[..] else { panic!("{folders:?}") };
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(serving.end(), Some(0));
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
    assert!(!club.path(".fanpass").exists());
    let both = Club::alone().run(&["serve", "--ephemeral", "--data", "x"]);
    assert!(both.ends_with("exit 2\n"), "{both}");
}

#[cfg(unix)]
#[test]
fn a_second_signal_of_either_kind_ends_it_at_once() {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    for second in ["-TERM", "-INT"] {
        let (_club, serving) = served(&["--set", "drain=1h"]);
        let address = serving.started["url"].as_str().unwrap().trim_start_matches("http://").to_owned();
        let token = serving.started["token"].as_str().unwrap();
        // A call whose body is waited for holds the service up.
        let mut under_way = TcpStream::connect(&address).unwrap();
        let head = format!(
            "POST /api/v1/update_user HTTP/1.1\r\nhost: fanpass\r\nexpect: 100-continue\r\n\
             content-type: application/json\r\ncontent-length: 2\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        under_way.write_all(head.as_bytes()).unwrap();
        under_way.read_exact(&mut [0; 25]).unwrap();
        serving.signal("-TERM");
        while TcpStream::connect(&address).is_ok() {
            std::thread::yield_now();
        }
        serving.signal(second);
        assert_eq!(serving.exit_code(), Some(130), "{second}");
    }
}
