//! One SQLite file: opened or brought up to date, written by one thread, read by several.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::checkpoint::checkpoints;
use super::commits::Moment;
use super::error::{Fault, StoreError, StoreErrorKind};
use super::folder::DataFolder;
use super::readers::Readers;
use super::repeated::Repeated;
use super::writer::{Answer, Durable, Isolation, Opening, Writer};
use crate::metrics::WriterMeter;

/// What a database file is: its name, its pages, and the steps that lead to its present schema.
#[derive(Debug)]
pub(super) struct Design {
    pub(super) file: &'static str,
    /// Bytes of a page; decided when the file is made.
    pub(super) page_size: u32,
    /// Pages of log after which a commit also checkpoints; 0 leaves that to the checkpointer.
    pub(super) checkpoint_pages: u32,
    /// Bytes of log that are moved into the file even while more is written.
    pub(super) log_bytes: u64,
    /// What becomes of a commit in which one write has failed.
    pub(super) isolation: Isolation,
    /// Whether what is deleted is overwritten with zeros.
    pub(super) overwrite: bool,
    /// Tables that what becomes of others depends on, or of which nothing else tells that rows are missing: verified, with their
    /// indexes, whenever the file is opened to be written.
    pub(super) verified: &'static [&'static str],
    /// One script a version: script `n` leads from version `n` to `n + 1`. Never edited once released.
    pub(super) migrations: &'static [&'static str],
}

impl Design {
    /// The name of the file's log.
    pub(super) fn log(&self) -> String {
        format!("{}-wal", self.file)
    }
}

/// Dropped in this order, the checkpointer first: SQLite moves the log into the file, and removes it, when the last connection is closed, which
/// a reader may not.
#[derive(Debug)]
pub(super) struct Database {
    _checkpoints: Repeated,
    /// Whether the log is to be cut soon.
    cut: Arc<AtomicBool>,
    readers: Arc<Readers>,
    writer: Writer,
}

impl Database {
    /// Opens the file. `queue` bounds the writes that wait.
    pub(super) fn open(
        design: &'static Design,
        folder: &DataFolder,
        queue: usize,
    ) -> Result<Self, StoreError> {
        Self::open_with(design, folder, queue, |_| Ok(((), None))).map(|(database, ())| database)
    }

    /// As [`open`](Self::open); `begin` sees the file before anything is written to it, and makes what each commit begins with.
    pub(super) fn open_with<T>(
        design: &'static Design,
        folder: &DataFolder,
        queue: usize,
        begin: impl FnOnce(&Connection) -> Result<(T, Option<Opening>), Fault>,
    ) -> Result<(Self, T), StoreError> {
        // SQLite gives its log and its index the mode of the database.
        let path = folder.private_file(design.file)?;
        let connection = open_writer(design, &path)?;
        let (made, opening) =
            begin(&connection).map_err(|fault| fault.at(design.file, "open the database"))?;
        let writer = Writer::start(design.file, connection, queue, design.isolation, opening)?;
        let cut = Arc::<AtomicBool>::default();
        let checkpoints = checkpoints(design, &path, Arc::clone(&cut), writer.standing().clone())?;
        let readers = Arc::new(Readers::new(design.file, path));
        Ok((Self { _checkpoints: checkpoints, cut, readers, writer }, made))
    }

    /// The figures of the writer.
    pub(super) fn meter(&self) -> &WriterMeter {
        self.writer.meter()
    }

    /// Whether the last commit failed, or found no room on the disk.
    pub(super) fn has_failed(&self) -> bool {
        self.writer.standing().failed.load(Ordering::Relaxed)
    }

    /// The present moment; `None` while a commit is under way.
    pub(super) fn now(&self) -> Option<Moment> {
        self.writer.standing().commits.now()
    }

    /// Has the log moved into the file and cut soon: it holds what is to be gone, or takes room that is wanted.
    pub(super) fn cut_log(&self) {
        self.cut.store(true, Ordering::Relaxed);
    }

    /// Writes a page that says what it said before, to see whether commits succeed again.
    pub(super) async fn try_write(&self) -> Result<(), StoreError> {
        self.write("see whether it takes what is written", |connection| Ok(rewrite(connection)?)).await
    }

    /// Commits `work` durably, together with what else waits. `doing` completes "could not …".
    pub(super) async fn write<R: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> Result<R, Fault> + Send + 'static,
    ) -> Result<R, StoreError> {
        self.write_then(doing, work, |_| {}).await
    }

    /// As [`write`](Self::write); `then` sees the result after the commit even when the caller has gone.
    pub(super) async fn write_then<R: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> Result<R, Fault> + Send + 'static,
        then: impl FnOnce(&R) + Send + 'static,
    ) -> Result<R, StoreError> {
        self.writer.submit(doing, Durable::Now, work, then)?.await.map_err(|_| StoreError::stopped())?
    }

    /// As [`write`](Self::write), from a thread that may block; waits for room instead of being refused.
    pub(super) fn write_blocking<R: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> Result<R, Fault> + Send + 'static,
    ) -> Result<R, StoreError> {
        let answer = self.writer.submit_blocking(doing, Durable::Now, work)?;
        answer.blocking_recv().map_err(|_| StoreError::stopped())?
    }

    /// As [`write_blocking`](Self::write_blocking), without waiting for the commit, for what is worth nothing before a later
    /// write: it becomes durable with that one.
    pub(super) fn begin_write<R: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> Result<R, Fault> + Send + 'static,
    ) -> Result<Answer<R>, StoreError> {
        self.writer.submit_blocking(doing, Durable::Later, work)
    }

    /// Has a commit made for the sake of what it begins with, and waits for nothing. It becomes durable with a later write;
    /// where no more work is taken, a commit is about to come anyway.
    pub(super) fn commit_soon(&self, doing: &'static str) {
        let _ = self.writer.submit(doing, Durable::Later, |_| Ok(()), |()| {});
    }

    /// Reads in one snapshot, on a blocking thread.
    pub(super) async fn read<R: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> Result<R, Fault> + Send + 'static,
    ) -> Result<R, StoreError> {
        self.readers.read(doing, work).await
    }

    /// Looks something up by one statement, on this thread: for what is found sooner than another thread would be awake.
    pub(super) fn look_up<R>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> Result<R, Fault>,
    ) -> Result<R, StoreError> {
        self.readers.look_up(doing, work)
    }

    /// Reads in one snapshot, on this thread.
    pub(super) fn read_blocking<R>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> Result<R, Fault>,
    ) -> Result<R, StoreError> {
        self.readers.read_blocking(doing, work)
    }
}

/// The connection that may write, to a file that is made or brought up to date first.
pub(super) fn open_writer(design: &Design, path: &Path) -> Result<Connection, StoreError> {
    let open = || -> Result<Connection, Fault> {
        let mut connection = Connection::open(path)?;
        prepare(&connection)?;
        // The page size counts only before the first page is written; the log mode stays with the file.
        connection.pragma_update(None, "page_size", design.page_size)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "wal_autocheckpoint", design.checkpoint_pages)?;
        connection.pragma_update(None, "cache_size", -16_384)?;
        connection.pragma_update(None, "secure_delete", design.overwrite)?;
        migrate(design, &mut connection, path)?;
        verify(design, &connection)?;
        Ok(connection)
    };
    open().map_err(|fault| fault.at(&path.display().to_string(), "open the database"))
}

/// Refuses a file of which a table is damaged that what is done depends on: what it lacks would be taken for what nobody needs,
/// and deleted, or for what nobody has.
fn verify(design: &Design, connection: &Connection) -> Result<(), Fault> {
    for table in design.verified {
        let verdict: String =
            connection.query_row(&format!("PRAGMA integrity_check({table})"), [], |row| row.get(0))?;
        if verdict != "ok" {
            let message = format!("{} is damaged: in table `{table}` SQLite finds: {verdict}", design.file);
            let mut error = StoreError::new(StoreErrorKind::Corrupt, message);
            error.advise(
                "`fanpass fsck` tells all that is, `fanpass restore FILE --replace` puts a snapshot in its place",
            );
            return Err(error.into());
        }
    }
    Ok(())
}

/// Writes a page that says what it said before.
pub(super) fn rewrite(connection: &Connection) -> rusqlite::Result<()> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    connection.pragma_update(None, "user_version", version)
}

/// A read-only connection for one of the readers.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    prepare(&connection)?;
    Ok(connection)
}

/// As [`open_reader`], of a database that nobody opens meanwhile: where it has no log, SQLite makes no files beside it.
pub(super) fn open_at_rest(data: &Path, design: &Design) -> rusqlite::Result<Connection> {
    let path = data.join(design.file);
    let is_empty = |log: PathBuf| log.metadata().map_or(true, |log| log.len() == 0);
    let absolute =
        std::path::absolute(&path).ok().filter(|_| cfg!(unix) && is_empty(data.join(design.log())));
    let Some(absolute) = absolute.as_ref().and_then(|path| path.to_str()) else { return open_reader(&path) };
    // But for what has a meaning in it, a path is its own URI (<https://sqlite.org/uri.html>).
    let escaped = absolute.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let connection = Connection::open_with_flags(
        format!("file://{escaped}?immutable=1"),
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI,
    )?;
    prepare(&connection)?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_mins(1))?;
    connection.set_prepared_statement_cache_capacity(64);
    // Or SQLite would plan a statement anew whenever one of its parameters changes: several times what a look-up takes.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)
}

fn migrate(design: &Design, connection: &mut Connection, path: &Path) -> Result<(), Fault> {
    let found: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = design.migrations.len();
    if found > known {
        let message =
            format!("`{}` has version {found} and this FanPass knows versions up to {known}", path.display());
        let mut error = StoreError::new(StoreErrorKind::TooNew, message);
        error.advise("use the FanPass that wrote it, or a newer one");
        return Err(error.into());
    }
    for (version, script) in design.migrations.iter().enumerate().skip(found) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(script)?;
        transaction.pragma_update(None, "user_version", version + 1)?;
        transaction.commit()?;
    }
    Ok(())
}
