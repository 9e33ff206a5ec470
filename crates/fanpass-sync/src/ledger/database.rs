//! The ledger's file: its lock, its schema, its settings.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
};

use fanpass_model::AttributeKey;
use foldhash::HashMap;
use rusqlite::Connection;

use super::fingerprint::KEY;
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

/// The layout that this code reads and writes.
const VERSION: i64 = 3;

/// Whose acknowledgements they are, in at most one row, and what made the lists. Ledgers from before have no such tables.
const ADDED: &str = "
    CREATE TABLE IF NOT EXISTS target (target TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS origins (name TEXT PRIMARY KEY, origin TEXT NOT NULL) STRICT;
";

const SCHEMA: &str = "
    CREATE TABLE secret (key BLOB NOT NULL) STRICT;
    CREATE TABLE attributes (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE users (user INTEGER PRIMARY KEY, acknowledged BLOB NOT NULL) STRICT;
    CREATE TABLE journal (seq INTEGER PRIMARY KEY, changes BLOB NOT NULL) STRICT;
    CREATE TABLE lists (list INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, ids INTEGER NOT NULL) STRICT;
    CREATE TABLE blocks (block INTEGER PRIMARY KEY, list INTEGER NOT NULL, ids BLOB NOT NULL) STRICT;
    CREATE INDEX blocks_of_list ON blocks (list);
    CREATE TABLE doubts (name TEXT PRIMARY KEY) STRICT;
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        label TEXT NOT NULL,
        source TEXT NOT NULL,
        digest TEXT NOT NULL,
        begun INTEGER NOT NULL,
        finished INTEGER,
        outcome TEXT,
        rejects TEXT,
        read INTEGER NOT NULL DEFAULT 0,
        sent INTEGER NOT NULL DEFAULT 0,
        unchanged INTEGER NOT NULL DEFAULT 0,
        duplicate INTEGER NOT NULL DEFAULT 0,
        empty INTEGER NOT NULL DEFAULT 0,
        rejected INTEGER NOT NULL DEFAULT 0,
        unsent INTEGER NOT NULL DEFAULT 0,
        removed INTEGER NOT NULL DEFAULT 0
    ) STRICT;
";

/// Takes the lock, which the system gives back when the process ends, however it ends.
pub(super) fn lock(path: &Path, busy: Busy) -> Result<File, SyncError> {
    let mut name: OsString = path.into();
    name.push(".lock");
    let name = Path::new(&name);
    let file = private(name).map_err(|error| SyncError::io(name, error))?;
    let locked = match busy {
        Busy::Wait => file.lock().map_err(TryLockError::Error),
        Busy::Refuse => file.try_lock(),
    };
    match locked {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(error)) => Err(SyncError::io(name, error)),
        Err(TryLockError::WouldBlock) => {
            let message = "another process is using it: let that one finish, or wait for it";
            Err(SyncError::new(ErrorKind::LedgerBusy, message).at(path.display()))
        }
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

pub(super) fn open(path: &Path) -> Result<Connection, SyncError> {
    drop(private(path).map_err(|error| SyncError::io(path, error))?);
    let mut connection = Connection::open(path)?;
    // One process holds the ledger: without this each statement would lock the file anew.
    connection.pragma_update(None, "locking_mode", "exclusive")?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // What was acknowledged is on disk when that is said.
    connection.pragma_update(None, "synchronous", "full")?;
    // 64 MiB of log, so that it is seldom folded back; 8 MiB of cache.
    connection.pragma_update(None, "wal_autocheckpoint", 16_384)?;
    connection.pragma_update(None, "cache_size", -8_192)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    match connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))? {
        0 => create(&mut connection)?,
        VERSION => {}
        other => {
            let mend = if other > VERSION {
                "update it"
            } else {
                "name a new one, which is filled by sending all once"
            };
            let message = format!("the ledger has layout {other} and this version knows {VERSION}: {mend}");
            return Err(SyncError::new(ErrorKind::LedgerVersion, message).at(path.display()));
        }
    }
    connection.execute_batch(ADDED)?;
    Ok(connection)
}

fn create(connection: &mut Connection) -> Result<(), SyncError> {
    let mut key = [0; KEY];
    getrandom::fill(&mut key).map_err(|error| {
        SyncError::new(ErrorKind::Ledger, format!("the system gives no random key for the ledger: {error}"))
    })?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    transaction.execute("INSERT INTO secret (key) VALUES (?1)", [key])?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    Ok(transaction.commit()?)
}

/// The numbers of all attributes. One whose key is none, in a damaged file, is left out: nothing is known of it.
pub(super) fn numbers(connection: &Connection) -> Result<HashMap<AttributeKey, u32>, SyncError> {
    let mut statement = connection.prepare("SELECT key, number FROM attributes")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    let mut numbers = HashMap::default();
    for row in rows {
        let (key, number) = row?;
        if let Ok(key) = AttributeKey::new(key) {
            numbers.insert(key, number);
        }
    }
    Ok(numbers)
}

/// The number of a new attribute.
pub(super) fn number(connection: &Connection, key: &AttributeKey) -> Result<u32, SyncError> {
    let insert = "INSERT INTO attributes (key) VALUES (?1) RETURNING number";
    Ok(connection.query_row(insert, [key.as_str()], |row| row.get(0))?)
}

/// Whether nothing stands in the table of users.
pub(super) fn is_empty(connection: &Connection) -> Result<bool, SyncError> {
    Ok(connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM users)", [], |row| row.get(0))?)
}
