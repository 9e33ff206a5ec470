//! The lock of a ledger: one process uses it at a time.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use super::RunId;
use crate::{ErrorKind, SyncError};

/// What to do while another process holds the ledger.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Busy {
    /// Refuse with [`ErrorKind::LedgerBusy`].
    #[default]
    Refuse,
    /// Wait until that process is done, however long that takes.
    Wait,
}

/// The file by which processes keep out of each other's way.
fn name(path: &Path) -> PathBuf {
    let mut name: OsString = path.into();
    name.push(".lock");
    name.into()
}

/// Takes the lock, which the system gives back when the process ends, however it ends.
pub(super) fn take(path: &Path, busy: Busy) -> Result<File, SyncError> {
    let name = &name(path);
    let file = private(name).map_err(|error| SyncError::io(name, error))?;
    let locked = loop {
        let locked = match busy {
            Busy::Wait => file.lock().map_err(TryLockError::Error),
            Busy::Refuse => file.try_lock(),
        };
        // Who only looks shares the lock, and lets go of it at once.
        if !matches!(locked, Err(TryLockError::WouldBlock)) || file.try_lock_shared().is_err() {
            break locked;
        }
        file.unlock().map_err(|error| SyncError::io(name, error))?;
    };
    match locked {
        // What the one before noted there is not true of this one.
        Ok(()) => file.set_len(0).map(|()| file).map_err(|error| SyncError::io(name, error)),
        Err(TryLockError::Error(error)) => Err(SyncError::io(name, error)),
        Err(TryLockError::WouldBlock) => {
            let message = "another process is using it: let that one finish, or wait for it";
            Err(SyncError::new(ErrorKind::LedgerBusy, message))
        }
    }
}

/// Notes in the lock's file which run was the latest before those of its holder.
pub(super) fn note_runs(latest: RunId, path: &Path, mut lock: &File) -> Result<(), SyncError> {
    lock.write_all(format!("{latest}\n").as_bytes()).map_err(|error| SyncError::io(&name(path), error))
}

/// The latest run that was begun before those of the process that uses the ledger; none where no process does.
pub(super) fn runs_before_user(path: &Path) -> Option<i64> {
    let mut file = File::open(name(path)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let mut latest = String::new();
            // A process that has only just begun has no runs yet.
            file.read_to_string(&mut latest).ok()?;
            Some(latest.trim().parse().unwrap_or(i64::MAX))
        }
        _ => None,
    }
}

/// Opens or makes a file that only its owner reads.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
