//! Records of calls that changed nothing: appended to a file before their answer, and taken into the database by the next
//! commit.
//!
//! What the system was given is there after this process was killed, so such a call waits for no disk. When the machine itself
//! fails, the records of the last moments may be gone, and nothing else with them.

use std::fs::{self, File};
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use super::growing::Growing;
use super::{AuditEntry, batch};
use crate::store::database::Database;
use crate::store::error::{Fault, StoreError};
use crate::store::folder::DataFolder;
use crate::store::repeated::Repeated;

/// How long a record is in a journal alone at most, unless the disk is busy or full.
const INTERVAL: Duration = Duration::from_millis(250);
/// A journal is named by its number, between these.
const PREFIX: &str = "audit-";
const SUFFIX: &str = ".journal";

/// How far the journals are in the database: all before the one of that number, and of that one so many bytes.
pub(super) type Place = (i64, u64);

/// The journals of one data folder. Clones share them.
#[derive(Debug, Clone)]
pub(in crate::store) struct Journal(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    folder: Arc<DataFolder>,
    growing: Mutex<Growing>,
}

impl Journal {
    /// Begins a journal behind those that an earlier process left in the folder.
    pub(in crate::store) fn open(folder: &Arc<DataFolder>, service: &Connection) -> Result<Self, Fault> {
        let at = folder.path();
        let left = numbers(at).map_err(|error| StoreError::io("list", at, error))?;
        left.iter().try_for_each(|number| refuse_unreadable(&path(at, *number)))?;
        let newest = left.last().copied().unwrap_or_default().max(batch::taken(service)?.0);
        let mut growing = Growing::begin(at, newest.saturating_add(1))?;
        growing.touched = !left.is_empty();
        Ok(Self(Arc::new(Shared { folder: Arc::clone(folder), growing: Mutex::new(growing) })))
    }

    fn lock(&self) -> MutexGuard<'_, Growing> {
        self.0.growing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a record; it outlives this process from here on. True when so much waits that it is to be taken in now.
    pub(in crate::store) fn append(&self, at: i64, entry: &AuditEntry) -> Result<bool, StoreError> {
        let line = batch::line(at, entry)?;
        self.lock().append(self.0.folder.path(), &line)
    }

    /// Where the last record could not be appended, whether there is room by now.
    pub(in crate::store) fn try_append(&self) -> Result<(), StoreError> {
        self.lock().try_append(self.0.folder.path())
    }

    /// Appends the record of a change that the database could not take, into the room that is kept for such; it is on the disk
    /// then.
    pub(in crate::store) fn append_at_last(&self, at: i64, entry: &AuditEntry) -> Result<(), StoreError> {
        let line = batch::line(at, entry)?;
        self.lock().append_at_last(self.0.folder.path(), &line)
    }

    /// Sees to it that records do not wait for long where no change comes to take them in, and that none is left at the end.
    pub(in crate::store) fn tending(&self, service: &Arc<Database>) -> Result<Repeated, StoreError> {
        let (journal, database) = (self.clone(), Arc::clone(service));
        let tend = move || {
            journal.tend(&database);
        };
        let (journal, database) = (self.clone(), Arc::clone(service));
        let end = move || {
            if journal.tend(&database) {
                journal.remove_all();
            }
        };
        Repeated::start("audit", INTERVAL, tend, end)
    }

    /// Has what came since the last time taken in, and says whether there is nothing left.
    fn tend(&self, service: &Database) -> bool {
        if !std::mem::take(&mut self.lock().touched) {
            return true;
        }
        let tended = service.write_blocking("keep audit records", |_| Ok(()));
        if let Err(error) = &tended {
            tracing::warn!(%error, "audit records wait in their journal");
            self.lock().touched = true;
        }
        tended.is_ok()
    }

    /// Deletes the journals once all is taken in and nothing more will come; what cannot be deleted is so by the next start.
    fn remove_all(&self) {
        let folder = self.0.folder.path();
        if self.0.folder.check_place().is_err() {
            return;
        }
        for number in numbers(folder).unwrap_or_default() {
            let _ = fs::remove_file(path(folder, number));
        }
    }

    /// Takes what was appended so far into the commit that `connection` is at, so that records stand in the order of their calls.
    pub(in crate::store) fn take_in(&self, connection: &Connection) -> Result<(), Fault> {
        self.0.folder.check_place()?;
        let folder = self.0.folder.path();
        let taken = batch::taken(connection)?;
        let (newest, bytes, end) = self.lock().end(folder, taken)?;
        if taken == end {
            return Ok(());
        }
        let numbers = numbers(folder).map_err(|error| StoreError::io("list", folder, error))?;
        // Not that which has just been begun: it grows already.
        for number in numbers.into_iter().filter(|number| *number <= newest) {
            let path = path(folder, number);
            if number < taken.0 {
                fs::remove_file(&path).map_err(|error| StoreError::io("delete", &path, error))?;
                continue;
            }
            let from = if number == taken.0 { taken.1 } else { 0 };
            let until = if number == newest { bytes } else { u64::MAX };
            let read = || -> io::Result<_> {
                let mut file = File::open(&path)?;
                file.seek(SeekFrom::Start(from))?;
                Ok(BufReader::new(file).take(until.saturating_sub(from)))
            };
            let lines = read().map_err(|error| StoreError::io("read", &path, error))?;
            batch::keep(connection, lines)?;
        }
        batch::set_taken(connection, end)
    }
}

/// Refuses a journal that cannot be taken in: every commit would fail.
fn refuse_unreadable(path: &Path) -> Result<(), StoreError> {
    let open = || {
        let is_file = fs::metadata(path)?.is_file();
        if is_file { File::open(path).map(drop) } else { Err(io::Error::other("it is no file")) }
    };
    open().map_err(|error| {
        let mut error = StoreError::io("read", path, error);
        error.advise(
            "give it to the user that the service runs as (chown); or move it away, and the audit lacks the records in it",
        );
        error
    })
}

pub(super) fn path(folder: &Path, number: i64) -> PathBuf {
    folder.join(format!("{PREFIX}{number}{SUFFIX}"))
}

/// The journals in a data folder that hold something.
pub(in crate::store) fn waiting(folder: &Path) -> io::Result<usize> {
    let mut waiting = 0;
    for number in numbers(folder)? {
        waiting += usize::from(fs::metadata(path(folder, number))?.len() > 0);
    }
    Ok(waiting)
}

/// The number of the journal of that name.
fn number(name: &str) -> Option<i64> {
    name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.parse().ok()
}

/// Whether a file of that name is a journal.
pub(in crate::store) fn is_journal(name: &str) -> bool {
    number(name).is_some()
}

/// The numbers of the journals in a data folder, oldest first.
fn numbers(folder: &Path) -> io::Result<Vec<i64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        numbers.extend(entry?.file_name().to_str().and_then(number));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rusqlite::Connection;
    use tempfile::TempDir;

    use super::super::growing::{BYTES_DUE, BYTES_KEPT};
    use super::{AuditEntry, DataFolder, Journal, path};

    /// A journal in a folder, and the database that takes it in.
    fn journal(folder: &TempDir) -> (Journal, Connection) {
        let folder = Arc::new(DataFolder::open(folder.path()).unwrap());
        let database = Connection::open_in_memory().unwrap();
        for script in crate::store::SERVICE.migrations {
            database.execute_batch(script).unwrap();
        }
        (Journal::open(&folder, &database).unwrap(), database)
    }

    #[test]
    fn records_are_due_by_their_bytes_since_they_were_taken_in_last() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, database) = journal(&folder);
        let eighth = usize::try_from(BYTES_DUE / 8).unwrap();
        let entry = AuditEntry { target: Some("x".repeat(eighth)), ..AuditEntry::default() };
        let append = |records| (0..records).filter(|_| journal.append(0, &entry).unwrap()).count();
        assert_eq!([7, 1, 6].map(append), [0, 1, 0]);
        journal.take_in(&database).unwrap();
        assert_eq!([7, 1, 16].map(append), [0, 1, 2]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn room_is_kept_behind_what_was_appended() {
        use std::os::unix::fs::MetadataExt as _;

        let folder = tempfile::tempdir().unwrap();
        let (journal, _) = journal(&folder);
        let entry = AuditEntry { target: Some("x".repeat(10_000)), ..AuditEntry::default() };
        for records in 0..50 {
            let file = path(folder.path(), 1).metadata().unwrap();
            assert!(file.blocks() * 512 >= file.len() + BYTES_KEPT, "behind {records} records");
            journal.append(0, &entry).unwrap();
        }
    }
}
