//! The one error of this crate: what keeps a mapping from being used, a table or ledger from being read or rejects
//! from being written.

use std::{fmt, io, path::Path};

use fanpass_sorted::SortError;
use fanpass_table::TableError;

/// Why rows cannot become updates at all, or rejects cannot be kept.
///
/// A fault of a single row is a [`Reject`](fanpass_table::Reject) and stops nothing; this error does. Its text says
/// what is wrong, where, and what to do next; it holds names of columns and keys, never a cell of a row.
#[derive(Debug)]
pub struct SyncError(Box<Fault>);

#[derive(Debug)]
struct Fault {
    kind: ErrorKind,
    message: String,
    cause: Option<Cause>,
}

#[derive(Debug)]
enum Cause {
    Table(TableError),
    Io(io::Error),
    Database(rusqlite::Error),
}

/// The kinds of [`SyncError`], for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A mapping's text does not follow its form, or parts of it contradict each other.
    Syntax,
    /// The mapping names no attribute.
    NoAttributes,
    /// Two parts of the mapping write the same attribute.
    DuplicateKey,
    /// The table lacks a column that the mapping names.
    UnknownColumn,
    /// Several columns fit a name of the mapping, or it is not clear which one holds the user ids.
    AmbiguousColumn,
    /// The column of the user ids is mapped to an attribute as well.
    IdMapped,
    /// A reject or temporary file could not be written; the source is the operating system's error.
    Io,
    /// The ledger could not be read or written.
    Ledger,
    /// Another process holds the ledger.
    LedgerBusy,
    /// The ledger keeps what another service has acknowledged.
    LedgerTarget,
    /// The ledger was written by a newer version.
    LedgerVersion,
    /// The table could not be read further.
    Table(fanpass_table::ErrorKind),
}

impl ErrorKind {
    /// The kind as a stable `snake_case` code for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::NoAttributes => "no_attributes",
            Self::DuplicateKey => "duplicate_key",
            Self::UnknownColumn => "unknown_column",
            Self::AmbiguousColumn => "ambiguous_column",
            Self::IdMapped => "id_mapped",
            Self::Io => "io",
            Self::Ledger => "ledger",
            Self::LedgerBusy => "ledger_busy",
            Self::LedgerTarget => "ledger_target",
            Self::LedgerVersion => "ledger_version",
            Self::Table(kind) => kind.as_str(),
        }
    }
}

impl SyncError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Fault { kind, message: message.into(), cause: None }))
    }

    pub(crate) fn syntax(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Syntax, message)
    }

    pub(crate) fn io(path: &Path, source: impl Into<io::Error>) -> Self {
        let source = source.into();
        let message = format!("{}: cannot be written: {source}{}", path.display(), remedy(&source));
        Self(Box::new(Fault { kind: ErrorKind::Io, message, cause: Some(Cause::Io(source)) }))
    }

    /// The same error, with what it is about in front.
    pub(crate) fn at(mut self, place: impl fmt::Display) -> Self {
        self.0.message = format!("{place}: {}", self.0.message);
        self
    }

    /// The same error, with more to be known if there is more.
    pub(crate) fn and(mut self, more: Option<&str>) -> Self {
        if let Some(more) = more {
            self.0.message.push_str("; ");
            self.0.message.push_str(more);
        }
        self
    }

    /// The same error of a ledger at `path` that is to be used, with what to do about one that is damaged.
    pub(crate) fn of_ledger(self, path: &Path) -> Self {
        self.of_file(path, &format!("name another file, or move it away to begin a new one{NEW_LEDGER}"))
    }

    /// The same error of a ledger at `path` that is only looked at.
    pub(crate) fn of_history(self, path: &Path) -> Self {
        self.of_file(path, "name the ledger, which an apply of season.toml keeps as season.ledger unless that says otherwise")
    }

    fn of_file(mut self, path: &Path, mend: &str) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        if self.0.kind == ErrorKind::Io {
            // It names its file already.
            return self;
        }
        if let Some(Cause::Database(error)) = &self.0.cause
            && matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
        {
            self.0.message = format!("the ledger is damaged, or no ledger: {mend}");
        }
        self.at(path.display())
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
}

/// What a new ledger means, in the place of one that is lost.
pub(crate) const NEW_LEDGER: &str = ", for which everything is sent once more; who has left the file of a feed in `mirror-owned` before its \
    first run stays for good";

/// What to do where there is no room.
const MAKE_ROOM: &str = ": make room there, then the same command goes on";

fn remedy(error: &io::Error) -> &'static str {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    if matches!(error.kind(), StorageFull | QuotaExceeded) { MAKE_ROOM } else { "" }
}

/// Whether the disk is full; where SQLite cannot make the file `-shm` of the log long enough, it does not call that so.
fn wants_room(error: &rusqlite::Error) -> bool {
    use rusqlite::{ErrorCode::DiskFull, ffi::SQLITE_IOERR_SHMSIZE};
    error.sqlite_error().is_some_and(|it| it.code == DiskFull || it.extended_code == SQLITE_IOERR_SHMSIZE)
}

impl From<rusqlite::Error> for SyncError {
    fn from(source: rusqlite::Error) -> Self {
        if wants_room(&source) {
            return Self::new(ErrorKind::Ledger, format!("no room is left for the ledger{MAKE_ROOM}"));
        }
        let message = format!("the ledger cannot be read or written: {source}");
        Self(Box::new(Fault { kind: ErrorKind::Ledger, message, cause: Some(Cause::Database(source)) }))
    }
}

impl From<SortError> for SyncError {
    fn from(source: SortError) -> Self {
        let message = source.to_string();
        let source = source.into_io();
        let message = format!("{message}{}", remedy(&source));
        Self(Box::new(Fault { kind: ErrorKind::Io, message, cause: Some(Cause::Io(source)) }))
    }
}

impl From<TableError> for SyncError {
    fn from(source: TableError) -> Self {
        let (kind, message) = (ErrorKind::Table(source.kind()), source.to_string());
        Self(Box::new(Fault { kind, message, cause: Some(Cause::Table(source)) }))
    }
}

impl fmt::Display for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for SyncError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.0.cause.as_ref()? {
            // The text is the table's own already, so what lies behind that one comes next.
            Cause::Table(error) => error.source(),
            Cause::Io(error) => Some(error),
            Cause::Database(error) => Some(error),
        }
    }
}
