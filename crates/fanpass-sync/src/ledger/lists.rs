//! Sorted lists of ids under a name: what a segment holds, and which users a feed has written.

use fanpass_sorted::{Block, BlockBuilder, BlockDamage, BlockReader};
use rusqlite::{OptionalExtension, Row, Transaction};

use super::Ledger;
use crate::{ErrorKind, SyncError};

/// Blocks that are written in one transaction: about 2 MiB.
const BATCH_WRITTEN: usize = 512;
/// Blocks that are read at a time: 64 KiB.
const BATCH_READ: i64 = 16;

/// A list that was written and has no name yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListId(pub(super) i64);

/// What is known of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListState {
    /// How many ids it holds.
    pub ids: u64,
    /// Whether a change of what it stands for was begun and not heard of again: the service may hold that or this.
    pub in_doubt: bool,
    /// What made it as it is, if that is known.
    pub origin: Option<String>,
}

impl Ledger {
    /// The list of that name, as it was published last; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`].
    pub fn list(&self, name: &str) -> Result<Option<ListState>, SyncError> {
        let query = "SELECT ids, EXISTS (SELECT 1 FROM doubts WHERE doubts.name = lists.name), \
                     (SELECT origin FROM origins WHERE origins.name = lists.name) FROM lists WHERE name = ?1";
        let state = |row: &Row<'_>| {
            let ids = row.get::<_, i64>(0)?.unsigned_abs();
            Ok(ListState { ids, in_doubt: row.get(1)?, origin: row.get(2)? })
        };
        Ok(self.connection.query_row(query, [name], state).optional()?)
    }

    /// Reads the list of that name; one that is not there is empty.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`].
    pub fn read_list(&self, name: &str) -> Result<ListReader<'_>, SyncError> {
        let query = "SELECT list FROM lists WHERE name = ?1";
        let list: Option<i64> = self.connection.query_row(query, [name], |row| row.get(0)).optional()?;
        Ok(ListReader::new(self, list.map(ListId)))
    }

    /// Reads a list that has no name yet.
    pub fn read_unnamed_list(&self, list: ListId) -> ListReader<'_> {
        ListReader::new(self, Some(list))
    }

    /// Begins a list that nobody sees until it is [published](Self::publish_lists).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`].
    pub fn write_list(&self) -> Result<ListWriter<'_>, SyncError> {
        let insert = "INSERT INTO lists (ids) VALUES (0) RETURNING list";
        let list = self.connection.query_row(insert, [], |row| row.get(0))?;
        Ok(ListWriter { ledger: self, list, ids: 0, builder: BlockBuilder::default(), batch: Vec::new() })
    }

    /// Gives lists their names in one commit, in the place of those that had them. Nothing is known of their origin then.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`]; all names are as they were then.
    pub fn publish_lists(&mut self, lists: &[(&str, ListId)]) -> Result<(), SyncError> {
        let writing = self.connection.transaction()?;
        for (name, list) in lists {
            give_name(&writing, name, *list, None)?;
            writing.execute("DELETE FROM doubts WHERE name = ?1", [name])?;
        }
        Ok(writing.commit()?)
    }

    /// Gives a list its name, in the place of one that turned out to be outdated, and notes what made what it stands for as
    /// it is. Whether a change is under way remains [in doubt](Self::doubt_list), if it was.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`]; the name is as it was then.
    pub fn correct_list(&mut self, name: &str, list: ListId, origin: Option<&str>) -> Result<(), SyncError> {
        let writing = self.connection.transaction()?;
        give_name(&writing, name, list, origin)?;
        Ok(writing.commit()?)
    }

    /// Notes what made the published list of that name as it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`].
    pub fn note_origin(&mut self, name: &str, origin: &str) -> Result<(), SyncError> {
        self.connection
            .execute("INSERT OR REPLACE INTO origins (name, origin) VALUES (?1, ?2)", [name, origin])?;
        Ok(())
    }

    /// Deletes the lists that have no name: those that were replaced, and those that were never published.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`].
    pub fn sweep_lists(&mut self) -> Result<(), SyncError> {
        let writing = self.connection.transaction()?;
        writing
            .execute("DELETE FROM blocks WHERE list IN (SELECT list FROM lists WHERE name IS NULL)", [])?;
        writing.execute("DELETE FROM lists WHERE name IS NULL", [])?;
        Ok(writing.commit()?)
    }
}

pub(super) fn give_name(
    writing: &Transaction<'_>,
    name: &str,
    list: ListId,
    origin: Option<&str>,
) -> rusqlite::Result<()> {
    take_name(writing, name)?;
    writing.execute("UPDATE lists SET name = ?1 WHERE list = ?2", (name, list.0))?;
    if let Some(origin) = origin {
        writing.execute("INSERT INTO origins (name, origin) VALUES (?1, ?2)", [name, origin])?;
    }
    Ok(())
}

/// Lets there be no list of that name.
pub(super) fn take_name(writing: &Transaction<'_>, name: &str) -> rusqlite::Result<()> {
    writing.execute("UPDATE lists SET name = NULL WHERE name = ?1", [name])?;
    writing.execute("DELETE FROM origins WHERE name = ?1", [name]).map(drop)
}

/// Writes a list, its ids ascending.
#[derive(Debug)]
pub struct ListWriter<'a> {
    ledger: &'a Ledger,
    list: i64,
    ids: u64,
    builder: BlockBuilder,
    batch: Vec<Block>,
}

impl ListWriter<'_> {
    /// Adds an id, greater than all before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`].
    pub fn push(&mut self, id: &[u8]) -> Result<(), SyncError> {
        self.ids += 1;
        self.batch.extend(self.builder.push(id));
        if self.batch.len() >= BATCH_WRITTEN { self.flush() } else { Ok(()) }
    }

    /// Ends the list.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`].
    pub fn finish(mut self) -> Result<ListId, SyncError> {
        self.batch.extend(self.builder.finish());
        self.flush()?;
        let ids = i64::try_from(self.ids).unwrap_or(i64::MAX);
        self.ledger.connection.execute("UPDATE lists SET ids = ?1 WHERE list = ?2", (ids, self.list))?;
        Ok(ListId(self.list))
    }

    fn flush(&mut self) -> Result<(), SyncError> {
        let writing = self.ledger.connection.unchecked_transaction()?;
        insert(&writing, self.list, &self.batch)?;
        writing.commit()?;
        self.batch.clear();
        Ok(())
    }
}

fn insert(writing: &Transaction<'_>, list: i64, blocks: &[Block]) -> rusqlite::Result<()> {
    let mut insert = writing.prepare_cached("INSERT INTO blocks (list, ids) VALUES (?1, ?2)")?;
    blocks.iter().try_for_each(|block| insert.execute((list, &block.ids)).map(drop))
}

/// Reads a list in its order, a few blocks at a time.
#[derive(Debug)]
pub struct ListReader<'a> {
    ledger: &'a Ledger,
    list: Option<i64>,
    /// The last block that was read.
    block: i64,
    /// Ids one behind the other.
    ids: Vec<u8>,
    /// Where they end.
    ends: Vec<usize>,
    /// The next id: its place in `ends` and where it begins.
    next: usize,
    start: usize,
}

impl<'a> ListReader<'a> {
    fn new(ledger: &'a Ledger, list: Option<ListId>) -> Self {
        let list = list.map(|list| list.0);
        Self { ledger, list, block: 0, ids: Vec::new(), ends: Vec::new(), next: 0, start: 0 }
    }

    /// The next id, which stays the next one until it is [passed](Self::pass); `None` at the end.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`].
    pub fn peek(&mut self) -> Result<Option<&[u8]>, SyncError> {
        if self.next == self.ends.len() {
            self.load()?;
        }
        Ok(self.ends.get(self.next).and_then(|&end| self.ids.get(self.start..end)))
    }

    /// Goes on to the id behind the next one.
    pub fn pass(&mut self) {
        if let Some(&end) = self.ends.get(self.next) {
            self.start = end;
            self.next += 1;
        }
    }

    fn load(&mut self) -> Result<(), SyncError> {
        (self.next, self.start) = (0, 0);
        self.ids.clear();
        self.ends.clear();
        let Some(list) = self.list else { return Ok(()) };
        let mut statement = self.ledger.connection.prepare_cached(
            "SELECT block, ids FROM blocks WHERE list = ?1 AND block > ?2 ORDER BY block LIMIT ?3",
        )?;
        let mut rows = statement.query((list, self.block, BATCH_READ))?;
        while let Some(row) = rows.next()? {
            self.block = row.get(0)?;
            let block = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            unpack(block, &mut self.ids, &mut self.ends).map_err(damaged)?;
        }
        Ok(())
    }
}

fn unpack(block: &[u8], ids: &mut Vec<u8>, ends: &mut Vec<usize>) -> Result<(), BlockDamage> {
    let mut reader = BlockReader::new(block)?;
    while let Some(id) = reader.next_id()? {
        ids.extend_from_slice(id.as_bytes());
        ends.push(ids.len());
    }
    Ok(())
}

fn damaged(damage: BlockDamage) -> SyncError {
    let message =
        format!("a list in the ledger is damaged: {damage}; move the ledger away to begin a new one");
    SyncError::new(ErrorKind::Ledger, message)
}
