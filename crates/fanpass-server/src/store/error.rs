//! The error of the storage, and the internal fault that statements fail with before they know where they stood.

use std::error::Error;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use fanpass_sorted::SortError;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
use rusqlite::{Connection, ErrorCode};

use crate::{disk, files};

/// What to do about a full disk.
const FREE_SPACE: &str = "free some space and try again";

/// What kind of failure a [`StoreError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// More work is waiting than the storage takes at once. Trying again in a moment helps.
    Busy,
    /// What was named does not exist.
    NotFound,
    /// It contradicts what is stored.
    Conflict,
    /// Stored data is damaged.
    Corrupt,
    /// Another process owns the data folder.
    Locked,
    /// A newer FanPass wrote the data folder.
    TooNew,
    /// The disk is full.
    Full,
    /// The process has as many files open as the system lets it. Trying again in a moment helps.
    OutOfFiles,
    /// The data folder is not at its path any more.
    Moved,
    /// The storage is closed, or was stopped while the work was under way.
    Stopped,
    /// Reading or writing failed.
    Io,
}

impl StoreErrorKind {
    /// Of a file operation that failed.
    pub(crate) fn of_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ if files::are_used_up(error) => Self::OutOfFiles,
            _ => Self::Io,
        }
    }

    /// Of an error that a file operation may be the cause of.
    pub(crate) fn of_cause(error: &dyn Error) -> Self {
        error.source().and_then(|cause| cause.downcast_ref()).map_or(Self::Io, Self::of_io)
    }
}

/// Why the storage could not do something: what it was doing, where, and what to do next. Carries no user id.
#[derive(Clone)]
pub struct StoreError {
    kind: StoreErrorKind,
    message: String,
    /// What to do next, where the message does not say it.
    advice: String,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl StoreError {
    pub(crate) fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), advice: String::new(), source: None }
    }

    /// A failed file operation on `path`; `doing` completes "could not …".
    pub(crate) fn io(doing: &str, path: &Path, error: io::Error) -> Self {
        let kind = StoreErrorKind::of_io(&error);
        let message = format!("could not {doing} `{}`: {error}", path.display());
        Self { source: Some(Arc::new(error)), ..Self::new(kind, message) }
    }

    /// Adds what to do next.
    pub(crate) fn advise(&mut self, advice: &str) {
        self.advice.push_str("; ");
        self.advice.push_str(advice);
    }

    /// What happened and where, without what to do next: for whoever does that.
    pub(crate) fn what(&self) -> &str {
        &self.message
    }

    pub(crate) fn stopped() -> Self {
        Self::new(
            StoreErrorKind::Stopped,
            "the storage was stopped before the work was done; nothing was stored",
        )
    }

    /// What kind of failure it is.
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

impl From<SortError> for StoreError {
    fn from(error: SortError) -> Self {
        let (doing, folder) = error.place();
        let folder = folder.to_owned();
        Self::io(doing, &folder, error.into_io())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.message, self.advice)
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreError({:?}: {self})", self.kind)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| -> &(dyn Error + 'static) { source })
    }
}

/// What a statement fails with: SQLite's own error, or one of ours that already says where.
#[derive(Debug)]
pub(crate) enum Fault {
    Sqlite(rusqlite::Error),
    Store(StoreError),
}

impl Fault {
    /// The error to show, with the database file and what was being done in it.
    pub(crate) fn at(self, file: &str, doing: &str) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Sqlite(error) => {
                let kind = kind_of(&error);
                let message = format!("could not {doing} in {file}: {error}");
                let mut error =
                    StoreError { source: Some(Arc::new(error)), ..StoreError::new(kind, message) };
                match kind {
                    StoreErrorKind::Full => error.advise(FREE_SPACE),
                    StoreErrorKind::Corrupt => error.advise("restore the data folder from a backup"),
                    _ => {}
                }
                error
            }
        }
    }

    /// As [`at`](Self::at), of a write. SQLite says of a full disk only what it meets when it writes: of a sync or a new file that
    /// failed it does not say why, and a look at the disk does.
    pub(crate) fn at_write(self, connection: &Connection, file: &str, doing: &str) -> StoreError {
        let code = if let Self::Sqlite(error) = &self { error.sqlite_error_code() } else { None };
        let mut error = self.at(file, doing);
        if error.kind == StoreErrorKind::Io
            && matches!(code, Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen))
            && connection.path().and_then(|path| Path::new(path).parent()).is_some_and(disk::is_full)
        {
            error.kind = StoreErrorKind::Full;
            error.advise(FREE_SPACE);
        }
        error
    }
}

fn kind_of(error: &rusqlite::Error) -> StoreErrorKind {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreErrorKind::Full,
        // The file `-shm` of the log could not be made long enough.
        Some(_) if error.sqlite_error().is_some_and(|it| it.extended_code == SQLITE_IOERR_SHMSIZE) => {
            StoreErrorKind::Full
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreErrorKind::Busy,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreErrorKind::Corrupt,
        // SQLite does not say why; whether it is for want of files shows when one is opened.
        Some(ErrorCode::CannotOpen) if File::open(".").is_err_and(|error| files::are_used_up(&error)) => {
            StoreErrorKind::OutOfFiles
        }
        _ => StoreErrorKind::Io,
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
