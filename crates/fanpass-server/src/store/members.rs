//! The members of a version in byte order: its base without what was removed, together with what was added. Moving on
//! to a far id skips the blocks between.

use fanpass_sorted::{BlockDamage, BlockReader};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};

use super::error::{Fault, StoreError, StoreErrorKind};

/// Where the members of one version are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lists {
    pub(super) segment: String,
    pub(super) base: i64,
    pub(super) added: Option<i64>,
    pub(super) removed: Option<i64>,
}

/// A place in a version's members, which only moves on.
#[derive(Debug)]
pub(super) struct Members<'c> {
    segment: String,
    base: Run<'c>,
    added: Option<Run<'c>>,
    removed: Option<Run<'c>>,
}

impl<'c> Members<'c> {
    pub(super) fn new(connection: &'c Connection, lists: Lists) -> Self {
        let Lists { segment, base, added, removed } = lists;
        let run = |list| Run::new(connection, list);
        Self { segment, base: run(base), added: added.map(run), removed: removed.map(run) }
    }

    /// The first member that is not less than `least`. Each call asks for as much as the one before, or more.
    pub(super) fn from(&mut self, least: &str) -> Result<Option<&str>, Fault> {
        let Self { segment, base, added, removed } = self;
        locate(base, added.as_mut(), removed.as_mut(), least).map_err(|unread| unread.of(segment))
    }

    /// The first member behind `id`, as [`from`](Self::from).
    pub(super) fn behind(&mut self, id: &str) -> Result<Option<&str>, Fault> {
        // The least text that is greater than `id`.
        self.from(&format!("{id}\0"))
    }

    /// Blocks that were read so far: what it cost.
    pub(super) fn blocks_read(&self) -> u32 {
        let of = |run: &Option<Run<'_>>| run.as_ref().map_or(0, |run| run.read);
        self.base.read + of(&self.added) + of(&self.removed)
    }
}

fn locate<'m>(
    base: &'m mut Run<'_>,
    added: Option<&'m mut Run<'_>>,
    removed: Option<&mut Run<'_>>,
    least: &str,
) -> Result<Option<&'m str>, Unread> {
    base.seek(least)?;
    if let Some(removed) = removed {
        while let Some(id) = base.at()
            && removed.seek(id)? == Some(id)
        {
            base.advance()?;
        }
    }
    let added = match added {
        Some(added) => added.seek(least)?,
        None => None,
    };
    Ok(match (base.at(), added) {
        (Some(base), Some(added)) => Some(base.min(added)),
        (one, other) => one.or(other),
    })
}

/// Whether a list holds `id`.
pub(super) fn holds(connection: &Connection, segment: &str, list: i64, id: &str) -> Result<bool, Fault> {
    let read = || -> Result<bool, Unread> {
        let mut statement = connection.prepare_cached(CONTAINING)?;
        let mut rows = statement.query(params![list, id.as_bytes()])?;
        rows.next()?.map_or(Ok(false), |row| Ok(BlockReader::new(blob(row, 0)?)?.contains(id)?))
    };
    read().map_err(|unread| unread.of(segment))
}

/// Whether one is a member, of the base list of a segment, of what was added to it and what was removed, in this order, of each
/// of which `holds` says whether it has him. What needs not be known is not asked for.
pub(super) fn is_member<L, E>(
    [base, added, removed]: [L; 3],
    mut holds: impl FnMut(L) -> Result<bool, E>,
) -> Result<bool, E> {
    Ok(holds(added)? || (holds(base)? && !holds(removed)?))
}

/// A column of the block of a list of `versions` that would contain the user `?1`.
macro_rules! of_block {
    ($column:literal, $list:literal) => {
        concat!(
            ", (SELECT ",
            $column,
            " FROM blocks WHERE blocks.list = versions.",
            $list,
            " AND first_id <= ?1 ORDER BY first_id DESC LIMIT 1)"
        )
    };
}
pub(super) use of_block;

/// Whether a block, if there is one, holds `id`.
pub(super) fn block_holds(segment: &str, block: ValueRef<'_>, id: &str) -> Result<bool, Fault> {
    let Some(block) = block.as_blob_or_null().map_err(rusqlite::Error::from)? else { return Ok(false) };
    let read = || BlockReader::new(block)?.contains(id);
    read().map_err(|damage| damaged(segment, damage))
}

/// The block that would contain an id.
const CONTAINING: &str =
    "SELECT ids, first_id FROM blocks WHERE list = ?1 AND first_id <= ?2 ORDER BY first_id DESC LIMIT 1";

/// A place in one list.
#[derive(Debug)]
struct Run<'c> {
    connection: &'c Connection,
    list: i64,
    reader: Option<BlockReader<Vec<u8>>>,
    /// The first id of the block that is being read.
    first: Vec<u8>,
    id: String,
    place: Place,
    read: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    At,
    End,
}

impl<'c> Run<'c> {
    fn new(connection: &'c Connection, list: i64) -> Self {
        let (first, id, place) = (Vec::new(), String::new(), Place::Before);
        Self { connection, list, reader: None, first, id, place, read: 0 }
    }

    fn at(&self) -> Option<&str> {
        (self.place == Place::At).then_some(&*self.id)
    }

    /// Moves to the first id that is not less than `least`, unless it is there or behind it.
    fn seek(&mut self, least: &str) -> Result<Option<&str>, Unread> {
        if self.place == Place::Before || (self.place == Place::At && *self.id < *least) {
            self.place = Place::At;
            let found = self.within(least)? || (self.leap(least)? && self.within(least)?);
            if !found {
                self.following()?;
            }
        }
        Ok(self.at())
    }

    fn advance(&mut self) -> Result<(), Unread> {
        let next = match &mut self.reader {
            Some(reader) => reader.next_id()?,
            None => None,
        };
        match next {
            Some(id) => {
                id.clone_into(&mut self.id);
                Ok(())
            }
            None => self.following(),
        }
    }

    /// Moves on within the block at hand; false if it has no such id.
    fn within(&mut self, least: &str) -> Result<bool, Unread> {
        let Some(reader) = &mut self.reader else { return Ok(false) };
        match reader.next_from(least)? {
            Some(id) => {
                id.clone_into(&mut self.id);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Opens the block that would contain `least`; false if that is the one at hand, or none.
    fn leap(&mut self, least: &str) -> Result<bool, Unread> {
        let sql = "SELECT ids, first_id FROM blocks WHERE list = ?1 AND first_id > ?2 AND first_id <= ?3 \
                   ORDER BY first_id DESC LIMIT 1";
        let found = find(self.connection, sql, params![self.list, self.first, least.as_bytes()])?;
        self.open(found)
    }

    /// Moves to the first id of the next block.
    fn following(&mut self) -> Result<(), Unread> {
        let sql =
            "SELECT ids, first_id FROM blocks WHERE list = ?1 AND first_id > ?2 ORDER BY first_id LIMIT 1";
        let found = find(self.connection, sql, params![self.list, self.first])?;
        self.place = if self.open(found)? && self.within("")? { Place::At } else { Place::End };
        Ok(())
    }

    fn open(&mut self, found: Option<(Vec<u8>, Vec<u8>)>) -> Result<bool, Unread> {
        let Some((ids, first)) = found else { return Ok(false) };
        self.read += 1;
        self.first = first;
        self.reader = Some(BlockReader::new(ids)?);
        Ok(true)
    }
}

/// A block's ids and the first of them.
fn find(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> rusqlite::Result<Option<(Vec<u8>, Vec<u8>)>> {
    connection.prepare_cached(sql)?.query_row(parameters, |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

fn blob<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r [u8], rusqlite::Error> {
    Ok(row.get_ref(column)?.as_blob()?)
}

/// Why a list could not be read on.
#[derive(Debug)]
enum Unread {
    Sqlite(rusqlite::Error),
    Damaged(BlockDamage),
}

impl From<rusqlite::Error> for Unread {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<BlockDamage> for Unread {
    fn from(damage: BlockDamage) -> Self {
        Self::Damaged(damage)
    }
}

impl Unread {
    fn of(self, segment: &str) -> Fault {
        match self {
            Self::Sqlite(error) => error.into(),
            Self::Damaged(damage) => damaged(segment, damage),
        }
    }
}

/// A block of a segment's list cannot be read.
pub(super) fn damaged(segment: &str, damage: BlockDamage) -> Fault {
    let message = format!(
        "the list of segment `{segment}` in segments.db is damaged: {damage}; import the segment again"
    );
    StoreError::new(StoreErrorKind::Corrupt, message).into()
}
