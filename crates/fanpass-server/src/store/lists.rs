//! Lists: sorted ids in blocks, written in the dark before a version names them, and deleted a little at a time.

use fanpass_sorted::Block;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::Store;
use super::error::{Fault, StoreError};
use super::members::Lists;
use super::segments::lacking;
use super::writer::Answer;

/// A run of ids that no reader sees until a version names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct List(pub(super) i64);

/// Blocks that one step of a deletion takes.
const DELETE_BLOCKS: u32 = 1_000;

impl Store {
    /// Begins a list for an import.
    pub(crate) fn begin_list(&self, import: i64) -> Result<List, StoreError> {
        self.0.segments.write_blocking("begin a list", move |connection| Ok(insert(connection, import)?))
    }

    /// Adds blocks to a list, waiting for room in the queue; the answer comes when they are stored. They are durable once
    /// the list is published.
    pub(crate) fn put_blocks(&self, list: List, blocks: Vec<Block>) -> Result<Answer<()>, StoreError> {
        self.0
            .segments
            .begin_write("write a list", move |connection| Ok(insert_blocks(connection, list, &blocks)?))
    }

    /// Deletes lists, in the background, that no version names.
    pub(crate) fn abandon(&self, lists: impl IntoIterator<Item = List>) {
        for list in lists {
            self.0.sweeper.delete(list);
        }
    }

    /// Waits until what was replaced, abandoned or past its time so far is deleted.
    ///
    /// # Errors
    /// [`Stopped`](super::StoreErrorKind::Stopped) when the storage closes meanwhile.
    pub async fn swept(&self) -> Result<(), StoreError> {
        self.0.sweeper.swept().await.map_err(|_| StoreError::stopped())
    }
}

pub(super) fn insert(connection: &Connection, import: i64) -> rusqlite::Result<List> {
    connection
        .prepare_cached("INSERT INTO lists (import) VALUES (?1) RETURNING list")?
        .query_row([import], |row| row.get(0).map(List))
}

pub(super) fn insert_blocks(connection: &Connection, list: List, blocks: &[Block]) -> rusqlite::Result<()> {
    let mut insert = connection
        .prepare_cached("INSERT INTO blocks (list, first_id, count, ids) VALUES (?1, ?2, ?3, ?4)")?;
    for block in blocks {
        insert.execute(params![list.0, block.first_id, block.count, block.ids])?;
    }
    Ok(())
}

/// Notes down how many blocks a list has, all of which are written.
pub(super) fn close(connection: &Connection, list: List) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE lists SET blocks = (SELECT count(*) FROM blocks WHERE list = ?1) WHERE list = ?1",
        )?
        .execute([list.0])
        .map(drop)
}

/// Refuses members whose lists have lost blocks: whoever stood there would be taken for no member. The blocks are counted in their
/// index, which takes milliseconds where there are ten million ids.
pub(super) fn refuse_lacking(connection: &Connection, lists: &Lists) -> Result<(), Fault> {
    let Lists { segment, base, added, removed } = lists;
    refuse_any_lacking(connection, segment, [Some(*base), *added, *removed])
}

/// As [`refuse_lacking`], of some of a segment's lists.
pub(super) fn refuse_any_lacking(
    connection: &Connection,
    segment: &str,
    lists: impl IntoIterator<Item = Option<i64>>,
) -> Result<(), Fault> {
    let mut counts = connection.prepare_cached(
        "SELECT (SELECT count(*) FROM blocks WHERE list = ?1), blocks FROM lists WHERE list = ?1 AND blocks IS NOT NULL",
    )?;
    for list in lists.into_iter().flatten() {
        let counts: Option<(u64, u64)> =
            counts.query_row([list], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        if let Some((found, written)) = counts.filter(|(found, written)| found != written) {
            return Err(lacking(segment, (found, written), "blocks").into());
        }
    }
    Ok(())
}

const NAMED: &str = "SELECT 1 FROM versions WHERE base = list OR added = list OR removed = list";

/// Those of `lists` that no version names.
pub(super) fn unnamed(connection: &Connection, lists: &[List]) -> rusqlite::Result<Vec<List>> {
    let sql = format!("SELECT 1 FROM (SELECT ?1 AS list) WHERE EXISTS ({NAMED})");
    let mut named = connection.prepare_cached(&sql)?;
    let mut unnamed = Vec::new();
    for list in lists {
        if !unnamed.contains(list) && !named.exists([list.0])? {
            unnamed.push(*list);
        }
    }
    Ok(unnamed)
}

/// Lists that no version names. Only meaningful while no import runs.
pub(super) fn orphans(connection: &Connection) -> Result<Vec<List>, Fault> {
    let mut statement = connection.prepare(&format!("SELECT list FROM lists WHERE NOT EXISTS ({NAMED})"))?;
    let lists = statement.query_map([], |row| row.get(0).map(List))?.collect::<Result<_, _>>()?;
    Ok(lists)
}

/// Deletes some of a list's blocks, and the list once none is left; true then.
pub(super) fn delete_some(connection: &Connection, list: List) -> Result<bool, Fault> {
    let deleted = connection
        .prepare_cached(
            "DELETE FROM blocks WHERE rowid IN (SELECT rowid FROM blocks WHERE list = ?1 LIMIT ?2)",
        )?
        .execute(params![list.0, DELETE_BLOCKS])?;
    if deleted > 0 {
        return Ok(false);
    }
    connection.prepare_cached("DELETE FROM lists WHERE list = ?1")?.execute([list.0])?;
    Ok(true)
}
