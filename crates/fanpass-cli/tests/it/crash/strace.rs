//! The real binary on the real file system, with system calls that `strace` makes fail.

use std::fs;
use std::process::Command;

use crate::harness::Club;

/// Calls that change what is on the disk. `write` is not among them: the runtime wakes its own threads by it.
pub const CALLS: &str = "pwrite64,fsync,fdatasync,rename,renameat,renameat2,ftruncate,unlink,unlinkat";
pub struct Traced {
    /// Whether the tool said that all is done.
    pub done: bool,
    /// Whether there was an n-th call to be hit.
    pub hit: bool,
    /// What it said of its failure.
    pub said: String,
}

/// Runs the tool with a fault in the n-th of `calls`, counted in each thread and of each kind for itself.
pub fn traced(club: &Club, arguments: &[&str], calls: &str, fault: &str, number: usize) -> Traced {
    faulty(club, arguments, calls, fault, &number.to_string(), &[])
}

/// As [`traced`], with a fault `when` it is said, in calls on those files of the data folder if any is named.
pub fn faulty(
    club: &Club,
    arguments: &[&str],
    calls: &str,
    fault: &str,
    when: &str,
    files: &[&str],
) -> Traced {
    let log = club.path("strace.log");
    let only =
        files.iter().map(|file| format!("--trace-path={}", club.path(".fanpass").join(file).display()));
    let output = Command::new("strace")
        .args(["-f", "-qq", "-o"])
        .arg(&log)
        .args(only)
        .arg(format!("--trace={calls}"))
        .arg(format!("--inject={calls}:{fault}:when={when}"))
        .arg(env!("CARGO_BIN_EXE_fanpass"))
        .args(arguments)
        .current_dir(club.path("."))
        .env_clear()
        .env("FANPASS_CONFIG", club.path("config"))
        .output()
        .unwrap();
    let log = fs::read_to_string(log).unwrap_or_default();
    Traced {
        done: output.status.success(),
        hit: log.contains("(INJECTED)") || log.contains("killed by SIGKILL"),
        said: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Whether calls can be traced at all; says loudly what is not tested otherwise.
pub fn can_trace(else_untested: &str) -> bool {
    let traced = Command::new("strace").args(["-f", "-qq", "-o", "/dev/null", "true"]).status();
    let can = traced.is_ok_and(|status| status.success());
    if !can {
        eprintln!("NOT RUN: strace is not installed or may not trace, so {else_untested}");
    }
    can
}
