//! The file itself: opened, written a step at a time, thrown away when it is damaged.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, OptionalExtension as _};

use super::block::{self, PackedBlock, Place};
use super::feed::{self, Feed, Present};
use super::ids::Ids;
use super::overlay::Changed;
use super::record::{Keys, insert_keys};
use super::standing::Standing;
use super::{COLUMNS, fold, made_anew};
use crate::store::database::Database;
use crate::store::error::{Fault, StoreError, StoreErrorKind};
use crate::store::folder::DataFolder;

/// Writes that wait for their turn: all come from whoever holds the copy.
const WRITES_WAITING: usize = 8;

/// The copy of the users.
#[derive(Debug)]
pub(super) struct Copy {
    pub(super) database: Arc<Database>,
    pub(super) keys: Keys,
    built: bool,
    standing: Standing,
    /// Rows in the overlay, those that took the place of others included.
    waiting: u64,
    /// Rows that may wait there; of many users, more.
    pub(super) waiting_max: u64,
    /// The id from which folding goes on, while it is under way.
    folding: Option<Vec<u8>>,
    /// Shared with whoever reads.
    damaged: Arc<AtomicBool>,
}

impl Copy {
    /// Opens the file, or a new one where it cannot be used.
    pub(super) fn open(folder: &DataFolder) -> Result<Self, StoreError> {
        match Self::open_as_it_is(folder) {
            Ok(copy) if copy.built || copy.is_empty()? => return Ok(copy),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), StoreErrorKind::Corrupt | StoreErrorKind::TooNew) => {
                tracing::warn!(%error, "the columns of users are made anew");
            }
            // It passes, as too many open files or a full disk, and what is there is as good as it was.
            Err(error) => return Err(error),
        }
        Self::remove(folder)?;
        Self::open_as_it_is(folder)
    }

    fn open_as_it_is(folder: &DataFolder) -> Result<Self, StoreError> {
        let database = Database::open(&COLUMNS, folder, WRITES_WAITING)?;
        let ((built, standing), waiting, keys) =
            database.read_blocking("open the columns", |connection| {
                let waiting = connection.query_row("SELECT count(*) FROM overlay", [], |row| row.get(0))?;
                Ok((Standing::load(connection)?, waiting, Keys::load(connection)?))
            })?;
        let (database, damaged) = (Arc::new(database), Arc::default());
        Ok(Self {
            database,
            keys,
            built,
            standing,
            waiting,
            waiting_max: fold::WAITING_MAX,
            folding: None,
            damaged,
        })
    }

    /// Removes the file, of which nothing is open.
    pub(super) fn remove(folder: &DataFolder) -> Result<(), StoreError> {
        for suffix in ["", "-wal", "-shm"] {
            let path = folder.file(&format!("{}{suffix}", COLUMNS.file));
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(StoreError::io("remove", &path, error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn is_built(&self) -> bool {
        self.built
    }

    pub(super) fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    /// What becomes of an error of the file: one of damage is told to whoever opens it next.
    pub(super) fn judge(&self) -> impl Fn(StoreError) -> StoreError + Send + Sync + 'static {
        let damaged = Arc::clone(&self.damaged);
        move |error| {
            if error.kind() != StoreErrorKind::Corrupt {
                return error;
            }
            tracing::error!(%error, "the columns of users are damaged");
            damaged.store(true, Ordering::Relaxed);
            made_anew()
        }
    }

    fn is_empty(&self) -> Result<bool, StoreError> {
        self.database.read_blocking("look for blocks", |connection| {
            Ok(!connection.prepare_cached("SELECT 1 FROM blocks")?.exists([])?)
        })
    }

    /// Commits a step of a change, with the keys that came up.
    pub(super) fn write<R: Send + 'static>(
        &mut self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<R> + Send + 'static,
    ) -> Result<R, StoreError> {
        let keys = self.keys.take_new();
        let written = self.database.write_blocking(doing, move |connection| {
            insert_keys(connection, &keys)?;
            Ok::<_, Fault>(work(connection)?)
        });
        // The keys are numbered anew from what the file knows.
        if written.is_err() {
            self.keys = self.database.read_blocking(doing, |connection| Ok(Keys::load(connection)?))?;
        }
        written.map_err(self.judge())
    }

    /// Adds blocks while it is built.
    pub(super) fn put_blocks(&mut self, blocks: Vec<PackedBlock>) -> Result<(), StoreError> {
        self.write("write columns", move |connection| {
            blocks.iter().try_for_each(|block| block.insert(connection, None))
        })
    }

    /// All users are in, as they were then or later.
    pub(super) fn finish_build(&mut self, standing: Standing) -> Result<(), StoreError> {
        let stored = standing.clone();
        self.write("finish the columns", move |connection| stored.store(connection))?;
        (self.built, self.standing) = (true, standing);
        Ok(())
    }

    /// Takes over the changes that come next; true if there are more.
    pub(super) fn take_over(&mut self, service: &Database) -> Result<bool, StoreError> {
        let (standing, keys) = (&self.standing, &mut self.keys);
        let feed = service.read_blocking("read the changes of users", |connection| {
            feed::read(connection, standing, keys)
        })?;
        let Some(Feed { standing, touched, users, more }) = feed else {
            self.damaged.store(true, Ordering::Relaxed);
            let message = "the columns of users were not made of this service.db, or lack changes that it has forgotten";
            return Err(StoreError::new(StoreErrorKind::Corrupt, message));
        };
        if standing.taken == self.standing.taken && users.is_empty() {
            return Ok(more);
        }
        let stored = standing.clone();
        self.waiting += u64::try_from(users.len()).unwrap_or(u64::MAX);
        self.write("take over changes of users", move |connection| take_over(connection, &stored, users))?;
        self.standing = standing;
        if let Some(touched) = touched {
            self.database.cut_log();
            // What was erased is gone from here: nobody needs to know of it any more.
            service.write_blocking("forget who was erased", move |connection| {
                connection.execute("DELETE FROM touched WHERE sequence <= ?1", [touched])?;
                Ok(())
            })?;
            service.cut_log();
        }
        Ok(more)
    }

    /// Folds some of what waits into its blocks, if it is much or was begun; true if there is more.
    pub(super) fn fold(&mut self) -> Result<bool, StoreError> {
        if !self.built {
            return Ok(false);
        }
        if self.folding.is_none() && !self.has_much_to_fold()? {
            return Ok(false);
        }
        let from = self.folding.take().unwrap_or_default();
        self.folding =
            self.write("fold changes of users", move |connection| fold::some(connection, &from))?;
        if self.folding.is_none() {
            self.waiting = self.count_waiting()?;
        }
        Ok(self.folding.is_some())
    }

    fn has_much_to_fold(&mut self) -> Result<bool, StoreError> {
        if self.waiting <= self.waiting_max {
            return Ok(false);
        }
        self.waiting = self.count_waiting()?;
        let users: u64 = self.database.read_blocking("count the users", |connection| {
            Ok(connection.query_row("SELECT coalesce(sum(users), 0) FROM blocks", [], |row| row.get(0))?)
        })?;
        Ok(self.waiting > self.waiting_max.max(users / fold::USERS_A_WAITING))
    }

    fn count_waiting(&self) -> Result<u64, StoreError> {
        self.database.read_blocking("count what waits", |connection| {
            Ok(connection.query_row("SELECT count(*) FROM overlay", [], |row| row.get(0))?)
        })
    }
}

fn take_over(connection: &Connection, standing: &Standing, users: Vec<Present>) -> rusqlite::Result<()> {
    for Present { id, record } in users {
        match record {
            Some(record) => Changed { id, record }.store(connection)?,
            None => erase(connection, &id)?,
        }
    }
    standing.store(connection)
}

/// Erases a user, from its block at once.
fn erase(connection: &Connection, id: &str) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM overlay WHERE id = ?1")?.execute([id.as_bytes()])?;
    let place = connection
        .prepare_cached(
            "SELECT block, first_id, users FROM blocks WHERE first_id <= ?1 ORDER BY first_id DESC LIMIT 1",
        )?
        .query_row([id.as_bytes()], |row| {
            Ok(Place { block: row.get(0)?, first_id: row.get(1)?, users: row.get(2)? })
        })
        .optional()?;
    match place {
        Some(place) if Ids::read(connection, &place)?.find(id)?.is_some() => {
            block::rewrite(connection, Some(&place), vec![(id.as_bytes().to_vec(), None)])
        }
        _ => Ok(()),
    }
}
