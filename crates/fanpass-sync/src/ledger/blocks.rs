//! The ids of a list, in blocks: written in their order, and read in it.

use fanpass_sorted::{Block, BlockBuilder, BlockDamage, BlockReader};
use rusqlite::Transaction;

use super::{Ledger, lists::ListId};
use crate::error::NEW_LEDGER;
use crate::{ErrorKind, SyncError};

/// Blocks that are written in one transaction: about 2 MiB.
const BATCH_WRITTEN: usize = 512;
/// Blocks that are read at a time: 64 KiB.
const BATCH_READ: i64 = 16;

/// Writes a list, its ids ascending.
#[derive(Debug)]
pub struct ListWriter<'a> {
    ledger: &'a Ledger,
    list: ListId,
    ids: u64,
    builder: BlockBuilder,
    batch: Vec<Block>,
}

impl<'a> ListWriter<'a> {
    pub(super) fn new(ledger: &'a Ledger, list: ListId) -> Self {
        Self { ledger, list, ids: 0, builder: BlockBuilder::default(), batch: Vec::new() }
    }

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
        self.ledger.connection.execute("UPDATE lists SET ids = ?1 WHERE list = ?2", (ids, self.list.0))?;
        Ok(self.list)
    }

    fn flush(&mut self) -> Result<(), SyncError> {
        let writing = self.ledger.connection.unchecked_transaction()?;
        insert(&writing, self.list, &self.batch)?;
        writing.commit()?;
        self.batch.clear();
        Ok(())
    }
}

fn insert(writing: &Transaction<'_>, list: ListId, blocks: &[Block]) -> rusqlite::Result<()> {
    let mut insert = writing.prepare_cached("INSERT INTO blocks (list, ids) VALUES (?1, ?2)")?;
    blocks.iter().try_for_each(|block| insert.execute((list.0, &block.ids)).map(drop))
}

/// Reads a list in its order, a few blocks at a time.
#[derive(Debug)]
pub struct ListReader<'a> {
    ledger: &'a Ledger,
    list: Option<ListId>,
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
    pub(super) fn new(ledger: &'a Ledger, list: Option<ListId>) -> Self {
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

    /// Whether the list has that id, which comes after all that were asked for; it goes on to there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`].
    pub fn has(&mut self, id: &[u8]) -> Result<bool, SyncError> {
        while self.peek()?.is_some_and(|next| next < id) {
            self.pass();
        }
        Ok(self.peek()? == Some(id))
    }

    fn load(&mut self) -> Result<(), SyncError> {
        (self.next, self.start) = (0, 0);
        self.ids.clear();
        self.ends.clear();
        let Some(list) = self.list else { return Ok(()) };
        let mut statement = self.ledger.connection.prepare_cached(
            "SELECT block, ids FROM blocks WHERE list = ?1 AND block > ?2 ORDER BY block LIMIT ?3",
        )?;
        let mut rows = statement.query((list.0, self.block, BATCH_READ))?;
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
    let message = format!(
        "a list in the ledger is damaged: {damage}; move the ledger away to begin a new one{NEW_LEDGER}"
    );
    SyncError::new(ErrorKind::Ledger, message)
}
