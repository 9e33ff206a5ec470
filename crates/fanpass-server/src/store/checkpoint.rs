//! Moves a database's log into its file from a thread of its own, so that no commit waits for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use rusqlite::Connection;

use super::error::{StoreError, StoreErrorKind};

/// Bytes of log past which it is moved while writers go on.
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
    pub(super) fn start(database: PathBuf) -> Result<Self, StoreError> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("checkpoint".to_owned())
            .spawn(move || {
                let mut moved = None;
                while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                    if let Err(error) = checkpoint(&database, &mut moved) {
                        tracing::warn!(%error, database = %database.display(), "could not checkpoint the log");
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

/// Moves a long log, unless nothing was written since all of it was moved, at `moved`: its file stays as long as it was.
fn checkpoint(database: &Path, moved: &mut Option<SystemTime>) -> rusqlite::Result<()> {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    let Ok(log) = fs::metadata(&log) else { return Ok(()) };
    let written = log.modified().ok();
    if log.len() < PASSIVE_BYTES || (moved.is_some() && *moved == written) {
        return Ok(());
    }
    let connection = Connection::open(database)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "synchronous", "full")?;
    let mode = if log.len() < TRUNCATE_BYTES { "PASSIVE" } else { "TRUNCATE" };
    let all: bool = connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
        Ok(row.get::<_, i64>(1)? == row.get::<_, i64>(2)?)
    })?;
    *moved = written.filter(|_| all);
    Ok(())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_long_log_is_moved_into_the_file_and_a_short_one_stays() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("test.db");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0; CREATE TABLE pieces (bytes)",
            )
            .unwrap();
        let mut moved = None;
        let mut write = |bytes: u64| {
            connection.execute("INSERT INTO pieces VALUES (zeroblob(?1))", [bytes]).unwrap();
            checkpoint(&path, &mut moved).unwrap();
            fs::metadata(&path).unwrap().len()
        };
        assert!(write(PASSIVE_BYTES / 2) < PASSIVE_BYTES / 2);
        assert!(write(PASSIVE_BYTES / 2) > PASSIVE_BYTES);
        assert!(moved.is_some());
        // Nothing was written since: the file is not so much as opened.
        fs::rename(&path, folder.path().join("elsewhere")).unwrap();
        checkpoint(&path, &mut moved).unwrap();
        assert!(!path.exists());
    }
}
