//! Moves a database's log into its file from a thread of its own, so that no commit waits for it.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use rusqlite::Connection;

use super::error::StoreError;
use super::repeated::Repeated;

/// Bytes of log past which it is moved, while writers go on, once it grows no more.
const PASSIVE_BYTES: u64 = 64 << 20;
/// Bytes of log past which writers wait until it is moved and cut.
const TRUNCATE_BYTES: u64 = 512 << 20;
const INTERVAL: Duration = Duration::from_millis(250);

/// Looks after the log of a database; `growing` is how many bytes of log are moved even while it grows.
pub(super) fn checkpoints(database: PathBuf, growing: u64) -> Result<Repeated, StoreError> {
    let mut log = Log { database, growing, seen: None, moved: None };
    let look = move || {
        if let Err(error) = log.checkpoint() {
            tracing::warn!(%error, database = %log.database.display(), "could not checkpoint the log");
        }
    };
    Repeated::start("checkpoint", INTERVAL, look, || {})
}

#[derive(Debug)]
struct Log {
    database: PathBuf,
    growing: u64,
    /// When it was written last, at the last look.
    seen: Option<SystemTime>,
    /// When it was written last before all of it was moved: its file stays as long as it was.
    moved: Option<SystemTime>,
}

impl Log {
    /// Looks at the log and moves it when it is time.
    fn checkpoint(&mut self) -> rusqlite::Result<()> {
        let mut log = self.database.as_os_str().to_owned();
        log.push("-wal");
        let Ok(log) = fs::metadata(&log) else { return Ok(()) };
        let written = log.modified().ok();
        let grows = std::mem::replace(&mut self.seen, written) != written;
        let early = log.len() < PASSIVE_BYTES || (grows && log.len() < self.growing);
        if early || (self.moved.is_some() && self.moved == written) {
            return Ok(());
        }
        let connection = Connection::open(&self.database)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.pragma_update(None, "synchronous", "full")?;
        let mode = if log.len() < TRUNCATE_BYTES { "PASSIVE" } else { "TRUNCATE" };
        let all: bool = connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            Ok(row.get::<_, i64>(1)? == row.get::<_, i64>(2)?)
        })?;
        self.moved = written.filter(|_| all);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_long_log_is_moved_into_the_file_once_it_rests() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("test.db");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0; CREATE TABLE pieces (bytes)",
            )
            .unwrap();
        let write = |bytes: u64| {
            connection.execute("INSERT INTO pieces VALUES (zeroblob(?1))", [bytes]).unwrap();
        };
        let growing = 2 * PASSIVE_BYTES;
        let mut log = Log { database: path.clone(), growing, seen: None, moved: None };
        let mut look = || {
            log.checkpoint().unwrap();
            fs::metadata(&path).unwrap().len()
        };
        write(PASSIVE_BYTES / 2);
        let empty = look();
        assert_eq!(look(), empty, "a short log stays");
        write(PASSIVE_BYTES / 2);
        assert_eq!(look(), empty, "a log that grows stays");
        assert!(look() > PASSIVE_BYTES, "a long log that rests is moved");
        write(growing);
        assert!(look() > growing + PASSIVE_BYTES, "a very long log is moved while it grows");
        assert!(log.moved.is_some());
        // Nothing was written since: the file is not so much as opened.
        fs::rename(&path, folder.path().join("elsewhere")).unwrap();
        log.checkpoint().unwrap();
        assert!(!path.exists());
    }
}
