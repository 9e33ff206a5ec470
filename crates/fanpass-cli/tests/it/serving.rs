//! The service in a process of its own, as `serve` runs it.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::harness::Club;

const FANPASS: &str = env!("CARGO_BIN_EXE_fanpass");

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

/// Whether SIGHUP is ignored here, as under `nohup`, and so by every process that is begun: what it would do cannot be tested then.
#[cfg(unix)]
#[expect(clippy::print_stderr, reason = "a test that is passed over says so")]
pub fn hang_up_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // The lowest bit is that of the first signal, which it is.
    let is_ignored = mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() & 1 == 1);
    if is_ignored {
        eprintln!("passed over: SIGHUP is ignored, as under nohup");
    }
    is_ignored
}

/// A club whose profile is for a service that was started with these options.
pub fn served(options: &[&str]) -> (Club, Serving) {
    served_in(&std::env::temp_dir(), options)
}

/// As `served`, with its temporary files in a folder of the test's.
pub fn served_in(temporary: &Path, options: &[&str]) -> (Club, Serving) {
    let club = Club::alone();
    let log = File::create(club.path("serve.log")).unwrap();
    serve(club, temporary, options, log.into())
}

/// As `served`, with its log elsewhere.
pub fn served_logging_to(log: Stdio, options: &[&str]) -> (Club, Serving) {
    serve(Club::alone(), &std::env::temp_dir(), options, log)
}

/// As `served`, after a command of a shell, such as `ulimit`, which becomes the service.
pub fn served_after(command: &str, options: &[&str]) -> (Club, Serving) {
    let club = Club::alone();
    let log = File::create(club.path("serve.log")).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{command} && exec \"$0\" \"$@\""), FANPASS]);
    serve_by(shell, club, &std::env::temp_dir(), options, log.into())
}

fn serve(club: Club, temporary: &Path, options: &[&str], log: Stdio) -> (Club, Serving) {
    serve_by(Command::new(FANPASS), club, temporary, options, log)
}

fn serve_by(
    mut command: Command,
    mut club: Club,
    temporary: &Path,
    options: &[&str],
    log: Stdio,
) -> (Club, Serving) {
    let child = command
        .args(["serve", "--listen", "127.0.0.1:0", "--json"])
        .args(options)
        .current_dir(club.path("."))
        .env_clear()
        .env("TMPDIR", temporary)
        .stdout(Stdio::piped())
        .stderr(log)
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
