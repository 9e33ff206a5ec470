//! Moves a database's log into its file, and cuts it, from a thread of its own, so that no commit waits for it for long.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, ErrorCode};

use super::database::Design;
use super::error::{Fault, StoreError};
use super::repeated::Repeated;
use super::reserve::Reserve;
use super::writer::Standing;
use crate::disk;

/// Bytes of log past which it is moved, while writers go on, once it grows no more.
const PASSIVE_BYTES: u64 = 64 << 20;
/// Bytes of log past which writers wait until it is moved and cut.
const TRUNCATE_BYTES: u64 = 512 << 20;
/// A log is cut that is longer than what the disk has free, divided by this: each of three may need as much to be moved.
const FREE_A_LOG: u64 = 4;
const INTERVAL: Duration = Duration::from_millis(250);
/// Looks in a row that find nothing written, after which a log is cut.
const RESTS: u32 = 8;
/// How long readers that need the log are waited for when it is to be cut; nobody commits meanwhile.
const FOR_A_MOMENT: Duration = Duration::from_millis(3);
/// As above, of a log that has become too long.
const LONG: Duration = Duration::from_secs(10);

/// Looks after the log of the database at `path`, through a connection of its own. The log is cut soon once `asked` is set.
pub(super) fn checkpoints(
    design: &Design,
    path: &Path,
    asked: Arc<AtomicBool>,
    writer: Standing,
) -> Result<Repeated, StoreError> {
    let mut log = Log::open(path, design.log_bytes, asked, writer)
        .map_err(|error| Fault::from(error).at(design.file, "open the database"))?;
    log.reserve.keep();
    let reserve = Reserve::beside(path);
    // At the end all logs are moved, by whoever closes their databases.
    Repeated::start(
        "checkpoint",
        INTERVAL,
        move || log.look(),
        move || {
            reserve.give_up();
        },
    )
}

#[derive(Debug)]
struct Log {
    database: PathBuf,
    connection: Connection,
    reserve: Reserve,
    /// Bytes that are moved even while more is written.
    growing: u64,
    /// Whether it is to be cut: something in it is to be gone, or its room is wanted.
    asked: Arc<AtomicBool>,
    writer: Standing,
    /// When it was written last, at the last look.
    seen: Option<SystemTime>,
    /// Looks since then.
    rests: u32,
    /// When it was written last before all of it was moved: its file stays as long as it was.
    moved: Option<SystemTime>,
    /// Whether the last look failed, which was told.
    failed: bool,
}

impl Log {
    fn open(
        database: &Path,
        growing: u64,
        asked: Arc<AtomicBool>,
        writer: Standing,
    ) -> rusqlite::Result<Self> {
        let connection = Connection::open(database)?;
        connection.pragma_update(None, "synchronous", "full")?;
        let database = database.to_owned();
        let (reserve, seen, rests, moved, failed) = (Reserve::beside(&database), None, 0, None, false);
        Ok(Self { database, connection, reserve, growing, asked, writer, seen, rests, moved, failed })
    }

    /// Moves or cuts the log when it is time.
    fn look(&mut self) {
        let looked = self.checkpoint();
        if let Err(error) = &looked
            && !self.failed
        {
            tracing::warn!(%error, database = %self.database.display(), "could not checkpoint the log; it is tried again");
        }
        self.failed = looked.is_err();
    }

    fn checkpoint(&mut self) -> rusqlite::Result<()> {
        let mut log = self.database.as_os_str().to_owned();
        log.push("-wal");
        let Some(log) = fs::metadata(&log).ok().filter(|log| log.len() > 0) else { return Ok(()) };
        let (bytes, written) = (log.len(), log.modified().ok());
        let grows = std::mem::replace(&mut self.seen, written) != written;
        self.rests = if grows { 0 } else { self.rests.saturating_add(1) };
        if self.is_to_be_cut(bytes) {
            return self.truncate(bytes);
        }
        let early = bytes < PASSIVE_BYTES || (grows && bytes < self.growing);
        if early || (self.moved.is_some() && self.moved == written) {
            return Ok(());
        }
        let all = self.run("PASSIVE")?;
        self.moved = written.filter(|_| all);
        Ok(())
    }

    fn is_to_be_cut(&self, bytes: u64) -> bool {
        let free = || self.database.parent().and_then(|folder| disk::free(folder).ok().flatten());
        bytes >= TRUNCATE_BYTES
            || self.rests >= RESTS
            || self.asked.load(Ordering::Relaxed)
            || self.writer.full.load(Ordering::Relaxed)
            || free().is_some_and(|free| bytes > free / FREE_A_LOG)
    }

    /// Moves the log while writers go on; what they have written meanwhile, and the cut, is what they wait for.
    fn truncate(&mut self, bytes: u64) -> rusqlite::Result<()> {
        // What is asked for from here on is for the next look.
        let asked = self.asked.swap(false, Ordering::Relaxed);
        let patience = if bytes < TRUNCATE_BYTES { FOR_A_MOMENT } else { LONG };
        self.connection.busy_timeout(patience)?;
        let cut = || {
            self.run("PASSIVE")?;
            self.writer.turn.between_commits(|| {
                let cut = self.run("TRUNCATE");
                // Before the room that was won is used up.
                self.reserve.keep();
                cut
            })
        };
        let cut = match cut() {
            Err(error) if is_full(&error) && self.reserve.give_up() => cut(),
            cut => cut,
        };
        if !matches!(cut, Ok(true)) {
            self.asked.fetch_or(asked, Ordering::Relaxed);
        }
        cut.map(drop)
    }

    /// Says whether all of the log was moved, and nobody was in the way of what else there is to do.
    fn run(&self, mode: &str) -> rusqlite::Result<bool> {
        self.connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            Ok(!row.get::<_, bool>(0)? && row.get::<_, i64>(1)? == row.get::<_, i64>(2)?)
        })
    }
}

fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const GROWING: u64 = 2 * PASSIVE_BYTES;

    /// A database, and who looks after its log.
    fn database(folder: &TempDir) -> (Connection, Log) {
        let path = folder.path().join("test.db");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0; CREATE TABLE pieces (bytes)",
            )
            .unwrap();
        (connection, Log::open(&path, GROWING, Arc::default(), Standing::default()).unwrap())
    }

    fn write(connection: &Connection, bytes: u64) {
        connection.execute("INSERT INTO pieces VALUES (zeroblob(?1))", [bytes]).unwrap();
    }

    /// Bytes of the database and of its log after a look.
    fn look(log: &mut Log) -> (u64, u64) {
        log.checkpoint().unwrap();
        let bytes = |path: &Path| fs::metadata(path).unwrap().len();
        (bytes(&log.database), bytes(&log.database.with_extension("db-wal")))
    }

    #[test]
    fn a_long_log_is_moved_into_the_file_once_it_grows_no_more() {
        let folder = TempDir::new().unwrap();
        let (connection, mut log) = database(&folder);
        write(&connection, PASSIVE_BYTES / 2);
        let (empty, _) = look(&mut log);
        assert_eq!(look(&mut log).0, empty, "a short log stays");
        write(&connection, PASSIVE_BYTES / 2);
        assert_eq!(look(&mut log).0, empty, "a log that grows stays");
        let (moved, left) = look(&mut log);
        assert!(moved > PASSIVE_BYTES && left > PASSIVE_BYTES, "a long log is moved, and not cut");
        write(&connection, GROWING);
        assert!(look(&mut log).0 > GROWING + PASSIVE_BYTES, "a very long log is moved while it grows");
    }

    #[test]
    fn a_log_is_cut_when_it_rests() {
        let folder = TempDir::new().unwrap();
        let (connection, mut log) = database(&folder);
        write(&connection, 1 << 20);
        let looks: Vec<_> = (0..=RESTS).map(|_| look(&mut log).1 > 0).collect();
        assert_eq!(looks.iter().filter(|left| **left).count(), looks.len() - 1);
        assert!(!looks[looks.len() - 1]);
    }

    #[test]
    fn a_log_is_cut_when_it_is_asked_for_or_there_is_no_room_as_soon_as_nobody_reads_it() {
        let folder = TempDir::new().unwrap();
        let (connection, mut log) = database(&folder);
        let (asked, full) = (Arc::clone(&log.asked), Arc::clone(&log.writer.full));
        for reason in [&asked, &full] {
            write(&connection, 1 << 20);
            assert!(look(&mut log).1 > 0);
            let reader = Connection::open(&log.database).unwrap();
            reader.execute_batch("BEGIN; SELECT count(*) FROM pieces").unwrap();
            write(&connection, 1 << 20);
            reason.store(true, Ordering::Relaxed);
            assert!(look(&mut log).1 > 0, "a reader needs it");
            reader.execute_batch("COMMIT").unwrap();
            assert_eq!(look(&mut log).1, 0);
            reason.store(false, Ordering::Relaxed);
        }
    }
}
