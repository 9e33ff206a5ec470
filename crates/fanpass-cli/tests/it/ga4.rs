//! `serve` forwards to GA4, and `ga4` shows what came of it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use crate::harness::{Club, transcript};
use crate::serving::served;

const SECRET: &str = "not-for_anybody";

/// A Measurement Protocol that takes everything, or answers another status, and keeps targets and bodies.
struct Sink {
    origin: String,
    status: Arc<AtomicU16>,
    requests: Arc<Mutex<Vec<(String, String)>>>,
}

impl Sink {
    fn start(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let status = Arc::new(AtomicU16::new(status));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (answered, kept) = (Arc::clone(&status), Arc::clone(&requests));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let request = read(stream.as_ref().unwrap());
                let status = answered.load(Ordering::Relaxed);
                kept.lock().unwrap().push(request);
                let head = format!("HTTP/1.1 {status} .\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
                // The client may be killed meanwhile.
                let _ = stream.unwrap().write_all(head.as_bytes());
            }
        });
        Self { origin, status, requests }
    }

    fn options(&self, data: &Path, secret: &Path) -> Vec<String> {
        let endpoint = format!("ga4.endpoint={}", self.origin);
        let secret = format!("ga4.secret_file={}", secret.display());
        let set = ["ga4.measurement_id=G-TEST".to_owned(), endpoint, secret];
        let set = set.into_iter().flat_map(|setting| ["--set".to_owned(), setting]);
        ["--data".to_owned(), data.display().to_string()].into_iter().chain(set).collect()
    }
}

/// The target and the body of a request.
fn read(stream: &TcpStream) -> (String, String) {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (first.split(' ').nth(1).unwrap().to_owned(), String::from_utf8(body).unwrap())
}

/// A file that its owner alone can read.
fn secret(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("secret");
    private(&path);
    path
}

fn private(path: &Path) {
    let mut options = std::fs::File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.create(true).truncate(true).write(true).open(path).unwrap().write_all(SECRET.as_bytes()).unwrap();
}

#[test]
fn what_a_killed_service_had_not_sent_is_sent_by_the_next() {
    let folder = TempDir::new().unwrap();
    let secret = secret(folder.path());
    let sink = Sink::start(503);
    let options = sink.options(&folder.path().join("data"), &secret);
    let options: Vec<_> = options.iter().map(String::as_str).collect();
    let (club, serving) = served(&options);
    assert_eq!(serving.started["ga4"], "G-TEST");
    club.run(&["users", "update", "00042", "--set", "user_properties.sth=true"]);
    while sink.requests.lock().unwrap().is_empty() {
        std::thread::yield_now();
    }
    // It is killed, not asked to end.
    drop(serving);
    sink.status.store(204, Ordering::Relaxed);
    let (club, _serving) = served(&options);
    while club.json(&["ga4", "status"])["waiting"] != 0 {}
    let status = club.json(&["ga4", "status"]);
    assert_eq!((&status["delivered"], &status["dead"]), (&1.into(), &0.into()), "{status}");
    let (target, body) = sink.requests.lock().unwrap().last().cloned().unwrap();
    assert_eq!(target, format!("/mp/collect?measurement_id=G-TEST&api_secret={SECRET}"));
    assert!(body.contains(r#""user_id":"00042""#) && body.contains(r#""value":"true""#), "{body}");
}

#[test]
fn dead_letters_are_shown_and_tried_again() {
    let folder = TempDir::new().unwrap();
    let secret = secret(folder.path());
    let sink = Sink::start(403);
    let options = sink.options(&folder.path().join("data"), &secret);
    let options: Vec<_> = options.iter().map(String::as_str).collect();
    let (club, _serving) = served(&options);
    club.run(&["users", "update", "00042", "--set", "user_properties.sth=true"]);
    while club.json(&["ga4", "status"])["waiting"] != 0 {}
    let mut said = club.run(&["ga4", "status"]);
    let dead = club.json(&["ga4", "dead"]);
    let at = dead["deadLetters"][0]["at"].as_str().unwrap();
    // How wide the column of times is, the clock decides.
    for line in club.run(&["ga4", "dead"]).replace(at, "AT").lines() {
        said.push_str(&line.split_whitespace().collect::<Vec<_>>().join(" "));
        said.push('\n');
    }
    said.push_str(&club.run(&["ga4", "retry", "--dry-run"]));
    sink.status.store(204, Ordering::Relaxed);
    said.push_str(&club.run(&["ga4", "retry", "--user", "00042"]));
    said.push_str(&club.run(&["ga4", "retry"]));
    while club.json(&["ga4", "status"])["waiting"] != 0 {}
    said.push_str(&club.run(&["ga4", "dead"]));
    insta::assert_snapshot!("ga4", said);
    let log = std::fs::read_to_string(club.path("serve.log")).unwrap();
    assert!(log.contains("changes do not reach GA4") && !log.contains(SECRET), "{log}");
}

#[test]
fn a_service_that_forwards_nothing_says_so() {
    let club = Club::with_service();
    insta::assert_snapshot!("ga4_nowhere", club.run(&["ga4", "status"]));
}

#[test]
fn the_secret_is_found_and_not_shown_and_names_are_linted() {
    let club = Club::alone();
    std::fs::create_dir(club.path("data")).unwrap();
    club.file(
        "serve.toml",
        "data = \"data\"\n[ga4]\nmeasurement_id = \"G-TEST\"\n[[platform.attribute]]\n\
         key = \"user_properties.season_ticket_holder_since\"\n\
         allowed_values = [\"2019\", \"for as long as anybody can remember\", \"for longer than anybody can remember it\"]\n",
    );
    let check = ["serve", "--check-config", "--config-file", "serve.toml"];
    let mut said = club.run(&check);
    private(&club.path("data/ga4-secret"));
    let mut own = |name: &str, value: &str| {
        let mut command = club.command(&check);
        command.env(name, value);
        let text = transcript(&check, command);
        assert!(!text.contains(SECRET), "{text}");
        let lines = text.lines().filter(|line| line.starts_with("ga4.") || line.starts_with(['#', '!', 'e']));
        said.extend(lines.flat_map(|line| [line, "\n"]));
    };
    own("FANPASS_UNUSED", "");
    own("FANPASS_GA4_SECRET", SECRET);
    own("FANPASS_SERVE_GA4_FIREBASE_APP_ID", "1:2:android:3");
    insta::assert_snapshot!("ga4_settings", said.replace(&club.path(".").display().to_string(), "."));
}
