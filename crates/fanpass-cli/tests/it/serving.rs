//! The service in a process of its own, as `serve` runs it.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::harness::Club;

/// A process that serves, killed at the end. Its log is `serve.log` in the club's folder.
pub struct Serving {
    child: Child,
    /// What it printed when it was ready.
    pub started: serde_json::Value,
}

impl Serving {
    /// Asks it to end, and gives its exit code.
    pub fn end(self) -> Option<i32> {
        self.signal("-TERM");
        self.exit_code()
    }

    pub fn signal(&self, signal: &str) {
        let told = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    pub fn exit_code(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A club whose profile is for a service that was started with these options.
pub fn served(options: &[&str]) -> (Club, Serving) {
    served_in(&std::env::temp_dir(), options)
}

/// As `served`, with its temporary files in a folder of the test's.
pub fn served_in(temporary: &Path, options: &[&str]) -> (Club, Serving) {
    let mut club = Club::alone();
    let child = Command::new(env!("CARGO_BIN_EXE_fanpass"))
        .args(["serve", "--listen", "127.0.0.1:0", "--json"])
        .args(options)
        .current_dir(club.path("."))
        .env_clear()
        .env("TMPDIR", temporary)
        .stdout(Stdio::piped())
        .stderr(File::create(club.path("serve.log")).unwrap())
        .spawn()
        .unwrap();
    let mut serving = Serving { child, started: serde_json::Value::Null };
    let mut printed = BufReader::new(serving.child.stdout.take().unwrap());
    let mut json = String::new();
    while !json.ends_with("}\n") {
        assert_ne!(printed.read_line(&mut json).unwrap(), 0, "serve ended early: {json}");
    }
    serving.started = serde_json::from_str(&json).unwrap();
    let started = &serving.started;
    let url = started["url"].as_str().unwrap();
    club.at(url.trim_start_matches("http://").to_owned());
    club.profile(url, started["token"].as_str().unwrap());
    (club, serving)
}
