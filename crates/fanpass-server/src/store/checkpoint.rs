//! Moves a database's log into its file from a thread of its own, so that no commit waits for it.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use super::error::{StoreError, StoreErrorKind};

/// Bytes of log past which it is moved, while writers go on, once it grows no more.
const PASSIVE_BYTES: u64 = 64 << 20;
/// Bytes of log past which writers wait until it is moved and cut.
const TRUNCATE_BYTES: u64 = 512 << 20;
const INTERVAL: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(super) struct Checkpointer {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts the thread; `growing` is how many bytes of log are moved even while it grows.
    pub(super) fn start(database: PathBuf, growing: u64) -> Result<Self, StoreError> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("checkpoint".to_owned())
            .spawn(move || {
                let mut log = Log { database, growing, before: 0 };
                while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                    if let Err(error) = log.checkpoint() {
                        tracing::warn!(%error, database = %log.database.display(), "could not checkpoint the log");
                    }
                }
            })
            .map_err(|error| StoreError::new(StoreErrorKind::Io, format!("could not start a thread: {error}")))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[derive(Debug)]
struct Log {
    database: PathBuf,
    growing: u64,
    /// Its length at the last look.
    before: u64,
}

impl Log {
    /// Looks at the log and moves it when it is time.
    fn checkpoint(&mut self) -> rusqlite::Result<()> {
        let mut log = self.database.as_os_str().to_owned();
        log.push("-wal");
        let bytes = fs::metadata(log).map_or(0, |log| log.len());
        let grows = std::mem::replace(&mut self.before, bytes) < bytes;
        if bytes < PASSIVE_BYTES || (grows && bytes < self.growing) {
            return Ok(());
        }
        let connection = Connection::open(&self.database)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.pragma_update(None, "synchronous", "full")?;
        let mode = if bytes < TRUNCATE_BYTES { "PASSIVE" } else { "TRUNCATE" };
        connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()))
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
        let mut log = Log { database: path.clone(), growing: 2 * PASSIVE_BYTES, before: 0 };
        let mut moved = || {
            log.checkpoint().unwrap();
            fs::metadata(&path).unwrap().len()
        };
        write(PASSIVE_BYTES / 2);
        let empty = moved();
        assert_eq!(moved(), empty, "a short log stays");
        write(PASSIVE_BYTES / 2);
        assert_eq!(moved(), empty, "a log that grows stays");
        assert!(moved() > PASSIVE_BYTES, "a long log that rests is moved");
        write(2 * PASSIVE_BYTES);
        assert!(moved() > 3 * PASSIVE_BYTES, "a very long log is moved while it grows");
    }
}
