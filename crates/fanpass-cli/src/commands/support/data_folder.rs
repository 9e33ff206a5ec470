//! The local service's data folder as it is seen from outside: nothing is opened that could change.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry, File, TryLockError};
use std::io::{self, Read};
use std::path::Path;

use serde::Serialize;

/// The service's own files. Others may be named after a club's data, and are only counted.
const OURS: [&str; 11] = [
    "dev-token",
    "ga4-secret",
    "lock",
    "platform-attributes.toml",
    "segments.db",
    "segments.db-shm",
    "segments.db-wal",
    "service.db",
    "service.db-shm",
    "service.db-wal",
    "signing-key",
];
const DATABASES: [&str; 2] = ["segments.db", "service.db"];
/// Bytes of an SQLite file's header up to its user version (<https://sqlite.org/fileformat2.html>, 1.3.15), and that.
const BEFORE_VERSION: usize = 60;
const VERSION_BYTES: usize = 4;

/// What lies in the folder.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DataFolder {
    state: State,
    /// Sizes of the service's files.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    bytes: BTreeMap<String, u64>,
    /// Versions of the databases whose file tells it; where all is in the log still, it does not.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    schema: BTreeMap<&'static str, u32>,
    /// Files in folders, such as uploads that wait for their import, and files that are not the service's.
    other_files: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    /// There is no folder, or none that can be read.
    Absent,
    /// No process serves it.
    Idle,
    /// A process serves it.
    InUse,
}

impl DataFolder {
    pub fn look(path: &Path) -> Self {
        let mut found =
            Self { state: State::Absent, bytes: BTreeMap::new(), schema: BTreeMap::new(), other_files: 0 };
        let Ok(entries) = fs::read_dir(path) else { return found };
        found.state = if is_locked(&path.join("lock")) { State::InUse } else { State::Idle };
        for entry in entries.filter_map(Result::ok) {
            found.add(&entry);
        }
        let versions = DATABASES.iter().filter_map(|name| Some((*name, schema(&path.join(name)).ok()?)));
        found.schema = versions.filter(|(_, version)| *version > 0).collect();
        found
    }

    fn add(&mut self, entry: &DirEntry) {
        match entry.file_name().into_string() {
            Ok(name) if OURS.contains(&name.as_str()) => {
                let bytes = entry.metadata().map(|metadata| metadata.len()).unwrap_or_default();
                self.bytes.insert(name, bytes);
            }
            _ => self.other_files += count(&entry.path()),
        }
    }
}

/// Files in a folder, or one.
fn count(path: &Path) -> u64 {
    match fs::read_dir(path) {
        Ok(entries) => entries.filter_map(Result::ok).map(|entry| count(&entry.path())).sum(),
        Err(_) => 1,
    }
}

fn is_locked(lock: &Path) -> bool {
    File::open(lock).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

fn schema(database: &Path) -> io::Result<u32> {
    let mut header = [0; BEFORE_VERSION + VERSION_BYTES];
    File::open(database)?.read_exact(&mut header)?;
    header
        .last_chunk()
        .map(|version| u32::from_be_bytes(*version))
        .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}
