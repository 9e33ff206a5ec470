//! The ledger's file: its place, its schema, its settings.

use std::{
    cmp::Ordering,
    fs::Metadata,
    io,
    path::{Path, PathBuf},
};

use fanpass_model::AttributeKey;
use foldhash::HashMap;
use rusqlite::{Connection, OpenFlags};

use super::{fingerprint::KEY, folder, log};
use crate::error::NEW_LEDGER;
use crate::{ErrorKind, SyncError};

/// The layout that this code reads and writes.
pub(super) const VERSION: i64 = 5;

const SCHEMA: &str = "
    CREATE TABLE secret (key BLOB NOT NULL, identity TEXT NOT NULL) STRICT;
    -- Whose acknowledgements they are, in at most one row.
    CREATE TABLE target (target TEXT NOT NULL) STRICT;
    CREATE TABLE attributes (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE users (user INTEGER PRIMARY KEY, acknowledged BLOB NOT NULL) STRICT;
    CREATE TABLE journal (seq INTEGER PRIMARY KEY, changes BLOB NOT NULL) STRICT;
    CREATE TABLE lists (list INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, ids INTEGER NOT NULL) STRICT;
    CREATE TABLE blocks (block INTEGER PRIMARY KEY, list INTEGER NOT NULL, ids BLOB NOT NULL) STRICT;
    CREATE INDEX blocks_of_list ON blocks (list);
    -- What made the lists what they are.
    CREATE TABLE origins (name TEXT PRIMARY KEY, origin TEXT NOT NULL) STRICT;
    -- Which configuration files the lists of feeds are of, as seen from the ledger.
    CREATE TABLE keepers (name TEXT PRIMARY KEY, file TEXT NOT NULL) STRICT;
    CREATE TABLE doubts (name TEXT PRIMARY KEY) STRICT;
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        label TEXT NOT NULL,
        source TEXT NOT NULL,
        digest TEXT NOT NULL,
        before INTEGER NOT NULL,
        writes TEXT NOT NULL,
        retries TEXT,
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
        removed INTEGER NOT NULL DEFAULT 0,
        cleared INTEGER NOT NULL DEFAULT 0
    ) STRICT;
";

/// The one path by which the ledger's file is known, whichever links lead to it.
pub(super) fn locate(path: &Path) -> Result<PathBuf, SyncError> {
    let found = match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.symlink_metadata().is_err() => {
            folder(path).canonicalize().map(|folder| folder.join(path.file_name().unwrap_or_default()))
        }
        found => found,
    };
    found.map_err(|error| SyncError::io(path, error))
}

pub(super) fn open(path: &Path) -> Result<Connection, SyncError> {
    if path.exists() {
        refuse_unsound(path)?;
    } else {
        make(path)?;
    }
    log::refuse_parted(path)?;
    log::drop_strange(path)?;
    let connection = Connection::open(path)?;
    check_layout(&connection)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // What was acknowledged is on disk when that is said.
    connection.pragma_update(None, "synchronous", "full")?;
    // 64 MiB of log, so that it is seldom folded back; 8 MiB of cache.
    connection.pragma_update(None, "wal_autocheckpoint", 16_384)?;
    connection.pragma_update(None, "cache_size", -8_192)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    log::begin(&connection)?;
    Ok(connection)
}

/// Refuses a file that was cut short, and one that has names whose logs and locks would be others.
fn refuse_unsound(path: &Path) -> Result<(), SyncError> {
    let found = path.metadata().map_err(|error| SyncError::io(path, error))?;
    let message = if found.len() == 0 {
        format!(
            "it is empty, and a ledger never is: put a copy of it back, or delete it to begin a new one{NEW_LEDGER}"
        )
    } else if has_twins(&found) {
        "the file has several names (hard links), and its lock and log go by one of them: keep one name, and make symbolic links of \
         the others"
            .to_owned()
    } else {
        return Ok(());
    };
    Err(SyncError::new(ErrorKind::Ledger, message))
}

#[cfg(unix)]
fn has_twins(file: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(file) > 1
}

#[cfg(not(unix))]
fn has_twins(_file: &Metadata) -> bool {
    false
}

/// Opens a ledger to look at it, whoever uses it.
pub(super) fn open_to_look(path: &Path) -> Result<Connection, SyncError> {
    log::refuse_parted(path)?;
    // Not read-only: what a killed process left in the log has to be found.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    log::keep_of(&connection, path)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    check_layout(&connection)?;
    Ok(connection)
}

/// Refuses a layout that is not known.
fn check_layout(connection: &Connection) -> Result<(), SyncError> {
    let layout = connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))?;
    let mend = match layout.cmp(&VERSION) {
        Ordering::Equal => return Ok(()),
        _ if layout == 0 => {
            return Err(SyncError::new(ErrorKind::Ledger, "it is no ledger: name another file"));
        }
        Ordering::Greater => "update it".to_owned(),
        Ordering::Less => format!("name a new one{NEW_LEDGER}"),
    };
    let message = format!("the ledger has layout {layout} and this version knows {VERSION}: {mend}");
    Err(SyncError::new(ErrorKind::LedgerVersion, message))
}

/// Makes an empty ledger, which has its name once it is whole.
fn make(path: &Path) -> Result<(), SyncError> {
    log::refuse_strange(path)?;
    let part = tempfile::Builder::new().prefix(".ledger-").suffix(".part").tempfile_in(folder(path));
    let part = part.map_err(|error| SyncError::io(path, error))?;
    let mut connection = Connection::open(part.path())?;
    create(&mut connection)?;
    connection.close().map_err(|(_, error)| error)?;
    // Its name is on disk with the first entry in the log, as SQLite syncs the folder then.
    part.persist_noclobber(path).map_err(|error| SyncError::io(path, error.error))?;
    Ok(())
}

fn create(connection: &mut Connection) -> Result<(), SyncError> {
    let (key, identity): ([u8; KEY], _) = (random()?, random_name()?);
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    transaction.execute("INSERT INTO secret (key, identity) VALUES (?1, ?2)", (key, identity))?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    Ok(transaction.commit()?)
}

/// A name that nothing else has.
pub(super) fn random_name() -> Result<String, SyncError> {
    Ok(format!("{:016x}", u64::from_be_bytes(random()?)))
}

fn random<const BYTES: usize>() -> Result<[u8; BYTES], SyncError> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| {
        SyncError::new(ErrorKind::Ledger, format!("the system gives no random key for the ledger: {error}"))
    })?;
    Ok(bytes)
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
