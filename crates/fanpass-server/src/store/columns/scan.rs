//! Reading the copy: block after block in byte order of the ids, of each only what is asked for.

use std::sync::Arc;

use fanpass_model::AttributeKey;
use rusqlite::{CachedStatement, Connection};

use super::block;
use super::column::Column;
use super::damage::damaged;
use super::ids::Ids;
use super::overlay::Changed;
use super::place::Place;
use super::record::Numbers;
use super::standing::Standing;

/// The users as they stand at one moment.
#[derive(Debug)]
pub(crate) struct View<'c> {
    connection: &'c Connection,
    keys: Arc<Numbers>,
    places: Vec<Place>,
    /// Ids before it are not asked for.
    from: Vec<u8>,
    /// Where the first block behind them begins, if there are more.
    behind: Option<Vec<u8>>,
    /// Whether users wait in the overlay.
    overlaid: bool,
}

/// An attribute, as the copy numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(pub(super) u32);

impl<'c> View<'c> {
    /// Users from the block on that holds `from`, or would, `most` blocks at most; attributes by `keys`.
    pub(super) fn open(
        connection: &'c Connection,
        keys: Arc<Numbers>,
        from: &str,
        most: usize,
    ) -> rusqlite::Result<Self> {
        let (_, standing) = Standing::load(connection)?;
        standing.counts.check(connection)?;
        let mut places = Place::all_from(connection, from.as_bytes(), most.saturating_add(1))?;
        let behind = if places.len() > most { places.pop().map(|place| place.first_id) } else { None };
        if places.is_empty() {
            // One without users, for those of the overlay.
            places.push(Place::default());
        }
        let (from, overlaid) = (from.as_bytes().to_vec(), standing.counts.overlay > 0);
        Ok(Self { connection, keys, places, from, behind, overlaid })
    }

    /// How many blocks there are.
    pub(crate) fn blocks(&self) -> usize {
        self.places.len()
    }

    /// The attribute, unless no user has ever carried it.
    pub(crate) fn key(&self, key: &AttributeKey) -> Option<Key> {
        self.keys.get(key.as_str()).copied().map(Key)
    }

    /// One block of users, by its place in the order.
    pub(crate) fn block(&self, index: usize) -> Option<UserBlock<'_>> {
        let place = self.places.get(index)?;
        let next = self.places.get(index + 1).map(|next| &next.first_id).or(self.behind.as_ref());
        let next = next.map(Vec::as_slice);
        let start = if index == 0 { &self.from } else { &place.first_id };
        Some(UserBlock { connection: self.connection, place, start, next, overlaid: self.overlaid })
    }
}

/// Users whose ids follow one another: those of a block, and those of the overlay that belong there.
#[derive(Debug)]
pub(crate) struct UserBlock<'v> {
    connection: &'v Connection,
    place: &'v Place,
    /// No id is less that is asked for.
    start: &'v [u8],
    /// All ids are less; none in the last block.
    next: Option<&'v [u8]>,
    overlaid: bool,
}

impl<'v> UserBlock<'v> {
    /// How many users the block has; some may have changed since, as the overlay tells.
    pub(crate) fn users(&self) -> usize {
        self.place.users
    }

    /// Where the block is.
    pub(super) fn place(&self) -> &'v Place {
        self.place
    }

    /// No id is less that is asked for.
    pub(crate) fn start(&self) -> &'v str {
        std::str::from_utf8(self.start).unwrap_or_default()
    }

    /// The id from which on the next block has them.
    pub(crate) fn next(&self) -> Option<&'v str> {
        self.next.and_then(|next| std::str::from_utf8(next).ok())
    }

    /// What the block's users carry of an attribute, if one of them does.
    pub(crate) fn column(&self, key: Key) -> rusqlite::Result<Option<Column>> {
        block::column(self.connection, key.0, self.place)
    }

    /// The ids of the block's users.
    pub(crate) fn ids(&self) -> rusqlite::Result<Ids> {
        Ids::read(self.connection, self.place)
    }

    /// What gives the users of the overlay who belong here: new ones, and those who take the place of users of the block.
    pub(crate) fn overlay(&self) -> rusqlite::Result<Option<CachedStatement<'v>>> {
        self.overlaid(Changed::ROW)
    }

    /// The ids of those users, in their order.
    pub(crate) fn changed(&self) -> rusqlite::Result<Vec<String>> {
        let Some(mut statement) = self.overlaid("SELECT id FROM overlay")? else { return Ok(Vec::new()) };
        let mut rows = statement.raw_query();
        let mut ids = Vec::new();
        while let Some(row) = rows.next()? {
            ids.push(String::from_utf8(row.get(0)?).map_err(|_| damaged("an id"))?);
        }
        Ok(ids)
    }

    fn overlaid(&self, what: &str) -> rusqlite::Result<Option<CachedStatement<'v>>> {
        if !self.overlaid {
            return Ok(None);
        }
        let until = if self.next.is_some() { "AND id < ?2" } else { "" };
        let mut statement =
            self.connection.prepare_cached(&format!("{what} WHERE id >= ?1 {until} ORDER BY id"))?;
        statement.raw_bind_parameter(1, self.start)?;
        if let Some(next) = self.next {
            statement.raw_bind_parameter(2, next)?;
        }
        Ok(Some(statement))
    }
}
