//! What a crash, a full disk or a failing one costs the service: nothing that it has acknowledged.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures, and what was not run")]

mod full_disk;
mod kills;
mod logs;
mod served;
mod strace;
mod syscalls;
