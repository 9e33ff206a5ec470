//! The storage: what it keeps, what it refuses, and what survives.

mod audit;
mod checks;
mod combine;
mod crash;
mod folders;
mod imports;
mod interruptions;
mod lists;
mod migrations;
mod modes;
mod open;
mod records;
mod snapshots;
mod turns;
mod users;

use fanpass_server::store::{Clock, Ids, Store};
use tempfile::TempDir;

/// A data folder with a clock that stands at 2026-08-01T03:00:00Z and ids that count.
fn open(folder: &TempDir) -> Store {
    Store::open(folder.path(), clock(), Ids::counting()).unwrap()
}

fn clock() -> Clock {
    Clock::manual("2026-08-01T03:00:00Z".parse().unwrap())
}
