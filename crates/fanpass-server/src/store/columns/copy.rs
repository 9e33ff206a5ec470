//! The file itself: opened, written a step at a time, thrown away when it is damaged.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use super::block::{self, PackedBlock};
use super::damage::{is_damage, made_anew, refuse_damaged_log, tell};
use super::feed::{self, Feed, Present};
use super::ids::Ids;
use super::overlay::Changed;
use super::place::Place;
use super::record::{Keys, insert_keys};
use super::standing::Standing;
use super::{COLUMNS, fold};
use crate::store::database::{Database, open_reader};
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
    /// Users that may wait in the overlay; of many users, more.
    pub(super) waiting_max: i64,
    /// The id from which folding goes on, while it is under way.
    folding: Option<Vec<u8>>,
    /// Shared with whoever reads.
    damaged: Arc<AtomicBool>,
}

impl Copy {
    /// Opens the file, or a new one where it cannot be used.
    pub(super) fn open(folder: &DataFolder) -> Result<Self, StoreError> {
        if !is_older(folder) {
            match Self::open_as_it_is(folder) {
                Ok(Some(copy)) => return Ok(copy),
                Ok(None) => {}
                Err(error) if is_damage(&error) || error.kind() == StoreErrorKind::TooNew => tell(&error),
                Err(error) => return Err(error),
            }
        }
        Self::remove(folder)?;
        Self::open_as_it_is(folder)?.ok_or_else(made_anew)
    }

    /// None for one of which the build was cut off.
    fn open_as_it_is(folder: &DataFolder) -> Result<Option<Self>, StoreError> {
        refuse_damaged_log(folder)?;
        let database = Arc::new(Database::open(&COLUMNS, folder, WRITES_WAITING)?);
        let found = database.read_blocking("open the columns", |connection| {
            let (built, standing) = Standing::load(connection)?;
            if built {
                standing.counts.check(connection)?;
            } else if connection.prepare("SELECT 1 FROM blocks")?.exists([])? {
                return Ok(None);
            }
            Ok(Some((built, standing, Keys::load(connection)?)))
        })?;
        let (waiting_max, folding, damaged) = (fold::WAITING_MAX, None, Arc::default());
        Ok(found.map(|(built, standing, keys)| Self {
            database,
            keys,
            built,
            standing,
            waiting_max,
            folding,
            damaged,
        }))
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
            if !is_damage(&error) {
                return error;
            }
            tell(&error);
            damaged.store(true, Ordering::Relaxed);
            made_anew()
        }
    }

    fn read<R>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> Result<R, Fault>,
    ) -> Result<R, StoreError> {
        self.database.read_blocking(doing, work).map_err(self.judge())
    }

    /// Commits a step of a change, with the keys that came up, after which it stands as it is told; while it is built, that is
    /// not told.
    pub(super) fn write<R: Send + 'static>(
        &mut self,
        doing: &'static str,
        standing: Option<Standing>,
        work: impl FnOnce(&Connection) -> rusqlite::Result<R> + Send + 'static,
    ) -> Result<R, StoreError> {
        let (keys, before) = (self.keys.take_new(), self.built.then_some(self.standing.counts));
        let written = self.database.write_blocking(doing, move |connection| {
            // What is missing now would be counted as taken away.
            before.map_or(Ok(()), |counts| counts.check(connection))?;
            insert_keys(connection, &keys)?;
            let result = work(connection)?;
            Ok::<_, Fault>((result, standing.map(|standing| standing.store(connection)).transpose()?))
        });
        match written.map_err(self.judge()) {
            Ok((result, standing)) => {
                if let Some(standing) = standing {
                    (self.built, self.standing) = (true, standing);
                }
                Ok(result)
            }
            // The keys are numbered anew from what the file knows.
            Err(error) => {
                self.keys = self.read(doing, |connection| Ok(Keys::load(connection)?))?;
                Err(error)
            }
        }
    }

    /// Adds blocks while it is built.
    pub(super) fn put_blocks(&mut self, blocks: Vec<PackedBlock>) -> Result<(), StoreError> {
        self.write("write columns", None, move |connection| {
            blocks.iter().try_for_each(|block| block.insert(connection, None))
        })
    }

    /// All users are in, as they were then or later.
    pub(super) fn finish_build(&mut self, standing: Standing) -> Result<(), StoreError> {
        self.write("finish the columns", Some(standing), |_| Ok(()))
    }

    /// Takes over the changes that come next; true if there are more.
    pub(super) fn take_over(&mut self, service: &Database) -> Result<bool, StoreError> {
        let (standing, keys) = (&self.standing, &mut self.keys);
        let feed = service.read_blocking("read the changes of users", |connection| {
            feed::read(connection, standing, keys)
        })?;
        let Some(Feed { standing, touched, users, more }) = feed else {
            let message = "the columns of users were not made of this service.db, or lack changes that it has forgotten";
            return Err(self.judge()(StoreError::new(StoreErrorKind::Corrupt, message)));
        };
        if standing.taken == self.standing.taken && users.is_empty() {
            return Ok(more);
        }
        self.write("take over changes of users", Some(standing), move |connection| {
            users.into_iter().try_for_each(|user| put(connection, user))
        })?;
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
        let (from, standing) = (self.folding.take().unwrap_or_default(), Some(self.standing.clone()));
        self.folding =
            self.write("fold changes of users", standing, move |connection| fold::some(connection, &from))?;
        Ok(self.folding.is_some())
    }

    fn has_much_to_fold(&self) -> Result<bool, StoreError> {
        let waiting = self.standing.counts.overlay;
        if waiting <= self.waiting_max {
            return Ok(false);
        }
        let users: i64 = self.read("count the users", |connection| {
            Ok(connection.query_row("SELECT coalesce(sum(users), 0) FROM blocks", [], |row| row.get(0))?)
        })?;
        Ok(waiting > self.waiting_max.max(users / fold::USERS_A_WAITING))
    }
}

/// Whether the file has a form that was written before: one of a copy is not led to the present form, but made anew.
fn is_older(folder: &DataFolder) -> bool {
    let version = open_reader(&folder.file(COLUMNS.file))
        .and_then(|connection| connection.pragma_query_value(None, "user_version", |row| row.get(0)));
    version.is_ok_and(|version: usize| version > 0 && version < COLUMNS.migrations.len())
}

fn put(connection: &Connection, user: Present) -> rusqlite::Result<()> {
    match user {
        Present { id, record: Some(record) } => Changed { id, record }.store(connection),
        Present { id, record: None } => erase(connection, &id),
    }
}

/// Erases a user, from its block at once.
fn erase(connection: &Connection, id: &str) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM overlay WHERE id = ?1")?.execute([id.as_bytes()])?;
    match Place::holding(connection, id.as_bytes())? {
        Some(place) if Ids::read(connection, &place)?.find(id)?.is_some() => {
            block::rewrite(connection, Some(&place), vec![(id.as_bytes().to_vec(), None)])
        }
        _ => Ok(()),
    }
}
