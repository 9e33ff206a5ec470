//! What a data folder holds: whether it is one, what in it is not the service's, and what it has lost.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use super::audit::is_journal;
use super::columns::COLUMNS;
use super::database::{Design, open_reader};
use super::error::{StoreError, StoreErrorKind};
use super::folder::{DEVELOPMENT_TOKEN, LOCK, SPOOL, TEMPORARY};
use super::reserve::RESERVE;
use super::snapshot::{CATALOGUE, GA4_SECRET};
use super::{SEGMENTS, SERVICE};
use crate::auth::key_files;

const DATABASES: [&str; 3] = [SEGMENTS.file, SERVICE.file, COLUMNS.file];
/// A database, and what else SQLite makes beside it.
const BESIDE: [&str; 4] = ["", "-wal", "-shm", "-journal"];
/// How the names begin of files that are written whole before they have their own.
const UNFINISHED: &str = ".tmp";
/// Names of things that are not the service's which an error tells.
const NAMES_TOLD: usize = 5;

/// Whether a service has been started on the folder.
pub(super) fn is_data_folder(data: &Path) -> bool {
    [SEGMENTS.file, SERVICE.file].iter().any(|file| data.join(file).is_file()) || has_keys(data)
}

/// Whether anything but the lock is in the folder.
pub(super) fn holds_something(data: &Path) -> Result<bool, StoreError> {
    match fs::read_dir(data) {
        Ok(mut entries) => Ok(entries.any(|entry| entry.is_ok_and(|entry| entry.file_name() != LOCK))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::io("read the folder", data, error)),
    }
}

/// Refuses a folder that holds anything that is not the service's: it is to be deleted.
pub(super) fn refuse_foreign(data: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::io("read the folder", data, error);
    let mut foreign = Vec::new();
    for entry in fs::read_dir(data).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if !name.to_str().is_some_and(is_ours) {
            foreign.push(format!("`{}`", name.display()));
        }
    }
    if foreign.is_empty() {
        return Ok(());
    }
    foreign.sort();
    let more = match foreign.len().saturating_sub(NAMES_TOLD) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    foreign.truncate(NAMES_TOLD);
    let message = format!(
        "`{}` also holds what is not the service's and would be deleted: {}{more}; move that away first",
        data.display(),
        foreign.join(", ")
    );
    Err(StoreError::new(StoreErrorKind::Conflict, message))
}

/// Whether a name in a data folder is one that the service gives, or reads a file of the operator's under.
fn is_ours(name: &str) -> bool {
    database_files().any(|file| file == name)
        || [SPOOL, TEMPORARY, LOCK, RESERVE, CATALOGUE, GA4_SECRET, DEVELOPMENT_TOKEN].contains(&name)
        || [key_files::FIRST_FILE, key_files::FOLDER].contains(&name)
        || is_journal(name)
        || name.starts_with(UNFINISHED)
}

/// The names that files of databases may have.
pub(super) fn database_files() -> impl Iterator<Item = String> {
    DATABASES.into_iter().flat_map(|file| BESIDE.map(|beside| format!("{file}{beside}")))
}

/// How a database has been lost that was there; none if it is there, or was never made.
///
/// A first start makes `segments.db`, then `service.db`, then the first key, each of them durably: what is there proves that
/// what comes before it was made.
pub(super) fn lost(data: &Path, design: &Design) -> Option<&'static str> {
    let path = data.join(design.file);
    let was_made = || has_keys(data) || (design.file == SEGMENTS.file && is_made(&data.join(SERVICE.file)));
    (!is_made(&path) && was_made()).then(|| if path.exists() { "empty" } else { "missing" })
}

/// Refuses a folder that has lost a database, in the place of which a new one would be made.
pub(super) fn refuse_lost(data: &Path) -> Result<(), StoreError> {
    for design in [&SEGMENTS, &SERVICE] {
        if let Some(how) = lost(data, design) {
            let message = format!(
                "`{}` has been in use, but its {file} is {how}; put {file} back, with {file}-wal if there was one, or restore a \
                 snapshot (fanpass restore FILE --replace), or give up what it held (fanpass reset)",
                data.display(),
                file = design.file
            );
            return Err(StoreError::new(StoreErrorKind::Corrupt, message));
        }
    }
    Ok(())
}

/// Whether there are keys; a folder of keys that cannot be listed is not that of a first start either.
fn has_keys(data: &Path) -> bool {
    key_files::files(data).map_or(true, |keys| !keys.is_empty())
}

/// Whether a database has a schema, in its file or in its log. One that cannot be read has: it is damaged, not lost.
pub(super) fn is_made(path: &Path) -> bool {
    // The header's user version (<https://sqlite.org/fileformat2.html>, 1.3.15): there it is, once the log was ever moved.
    let mut header = [0; 64];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    if read.is_ok() && !header.ends_with(&[0; 4]) {
        return true;
    }
    if !path.is_file() {
        return false;
    }
    let version = open_reader(path)
        .and_then(|connection| connection.pragma_query_value(None, "user_version", |row| row.get(0)));
    version != Ok(0_i64)
}
