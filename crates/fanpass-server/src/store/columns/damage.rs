//! Damage of the file: what tells of it, and what becomes of it.

use std::error::Error as _;

use rusqlite::{ErrorCode, ffi};

use super::COLUMNS;
use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::folder::DataFolder;
use crate::store::log;

/// What in the file is not what was written, as SQLite would tell it.
pub(super) fn damaged(what: &str) -> rusqlite::Error {
    let message = format!("{what} is not what was written");
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), Some(message))
}

/// What whoever asks is told when the file turns out to be damaged.
pub(super) fn made_anew() -> StoreError {
    let message = "the columns of users are damaged and are made anew; try again in a moment";
    StoreError::new(StoreErrorKind::Busy, message)
}

/// Whether an error of the file is one of what it holds, which goes with it. One of the system passes, as too many open files or
/// a full disk, and what is there is as good as it was.
pub(super) fn is_damage(error: &StoreError) -> bool {
    match error.kind() {
        StoreErrorKind::Corrupt => true,
        StoreErrorKind::Io => {
            error.source().and_then(|cause| cause.downcast_ref()).is_some_and(is_of_what_it_holds)
        }
        _ => false,
    }
}

/// Statements and types are always the same: one that does not fit meets another schema, or another value, than was written.
fn is_of_what_it_holds(error: &rusqlite::Error) -> bool {
    !matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::PermissionDenied
                | ErrorCode::OperationAborted
                | ErrorCode::OperationInterrupted
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory
                | ErrorCode::SystemIoFailure
                | ErrorCode::DiskFull
                | ErrorCode::CannotOpen
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::NoLargeFileSupport
                | ErrorCode::AuthorizationForStatementDenied
                | ErrorCode::ApiMisuse
        )
    )
}

/// Refuses a log in which SQLite would stop before its end: what is behind may be in the file already, and what is before is older.
pub(super) fn refuse_damaged_log(folder: &DataFolder) -> Result<(), StoreError> {
    let path = folder.file(&COLUMNS.log());
    let look = log::look(folder.path(), &COLUMNS, false);
    match look.map_err(|error| StoreError::io("read", &path, error))? {
        Some(broken) if broken.commits > 0 => {
            let message = format!("{} is damaged, with commits behind it", broken.place(&COLUMNS));
            Err(StoreError::new(StoreErrorKind::Corrupt, message))
        }
        _ => Ok(()),
    }
}

/// Tells of damage, about which nobody has to do anything.
pub(super) fn tell(error: &StoreError) {
    tracing::warn!(
        file = COLUMNS.file,
        found = error.what(),
        "the columns of users are made anew; nothing is lost, and nothing is to be done"
    );
}
