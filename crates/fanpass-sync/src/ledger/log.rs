//! The log beside a ledger's file. A run writes into the log first, so a file that was parted from its log is older than
//! what the service has, and must not be taken for the ledger.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, config::DbConfig};

use super::database::VERSION;
use crate::error::NEW_LEDGER;
use crate::{ErrorKind, SyncError};

/// How a ledger's file says that a log belongs to it; at rest it says 0. It stands in the header of the file, where it is read
/// without the log.
const IN_USE: u32 = 1;

/// Whether the file at `path` says that a log belongs to it; `None` if it is no ledger of this layout.
fn is_in_use(path: &Path) -> Option<bool> {
    let mut header = [0; 100];
    File::open(path).ok()?.read_exact(&mut header).ok()?;
    let number = |at: usize| header[at..at + 4].try_into().map(u32::from_be_bytes).ok();
    // As SQLite's file format has it: the user version at 60, the application's id at 68.
    let is_ledger = header.starts_with(b"SQLite format 3\0") && number(60).map(i64::from) == Some(VERSION);
    is_ledger.then(|| number(68) == Some(IN_USE))
}

fn name(path: &Path) -> PathBuf {
    let mut name: OsString = path.into();
    name.push("-wal");
    name.into()
}

/// Whether anything stands in a log beside `path`.
fn is_there(path: &Path) -> bool {
    fs::metadata(name(path)).is_ok_and(|log| log.len() > 0)
}

/// Refuses a ledger whose log is not beside it.
pub(super) fn refuse_parted(path: &Path) -> Result<(), SyncError> {
    let in_use = || is_in_use(path) == Some(true);
    // A run that ends meanwhile takes its log away.
    if !in_use() || is_there(path) || !in_use() {
        return Ok(());
    }
    let message = format!(
        "its last run was killed, or it was copied while one was under way, and the log of that run has to lie beside it as {}: \
         without it the ledger is older than what the service has; put it there, or move the ledger away to begin a new \
         one{NEW_LEDGER}",
        name(path).display()
    );
    Err(SyncError::new(ErrorKind::Ledger, message))
}

/// Refuses to begin a ledger beside the log of another one, which would be taken for its own.
pub(super) fn refuse_strange(path: &Path) -> Result<(), SyncError> {
    if !is_there(path) {
        return Ok(());
    }
    let message = format!(
        "there is no such ledger, and the log of one that was moved away: put {} beside that one, or delete it to begin a new ledger",
        name(path).display()
    );
    Err(SyncError::new(ErrorKind::Ledger, message))
}

/// Takes away the log of another ledger, which this one would take for its own: one at rest has none.
pub(super) fn drop_strange(path: &Path) -> Result<(), SyncError> {
    if is_in_use(path) == Some(false) && is_there(path) {
        let log = name(path);
        fs::remove_file(&log).map_err(|error| SyncError::io(&log, error))?;
    }
    Ok(())
}

/// Keeps a connection from taking the log away when it ends.
pub(super) fn keep(connection: &Connection, is_kept: bool) -> Result<(), SyncError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, is_kept)?;
    Ok(())
}

/// As [`keep`] says, where the file at `path` says that the log belongs to it.
pub(super) fn keep_of(connection: &Connection, path: &Path) -> Result<(), SyncError> {
    keep(connection, is_in_use(path) == Some(true))
}

/// Notes in the file, durably, that the log belongs to it from here on.
pub(super) fn begin(connection: &Connection) -> Result<(), SyncError> {
    keep(connection, true)?;
    connection.pragma_update(None, "application_id", IN_USE)?;
    fold_back(connection)
}

/// Takes all that stands in the log into the file, and then notes that no log belongs to it.
pub(super) fn end(connection: &Connection) -> Result<(), SyncError> {
    fold_back(connection)?;
    connection.pragma_update(None, "application_id", 0)?;
    fold_back(connection)?;
    keep(connection, false)
}

/// Takes the log into the file; the log's own file keeps its length.
fn fold_back(connection: &Connection) -> Result<(), SyncError> {
    let is_kept_out: bool = connection.query_row("PRAGMA wal_checkpoint(FULL)", [], |row| row.get(0))?;
    if is_kept_out {
        let message = "another process looks at it all the time: let that one finish, or wait for it";
        return Err(SyncError::new(ErrorKind::LedgerBusy, message));
    }
    Ok(())
}
