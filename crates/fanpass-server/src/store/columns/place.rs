//! Where blocks are: each by its first id, with how many users it holds, and of which attributes it has a column.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::damage::damaged;
use super::seal::Seal;

/// Where a block begins, and what belongs to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) block: i64,
    pub(super) first_id: Vec<u8>,
    pub(super) users: usize,
    pub(super) attributes: Attributes,
}

/// Attributes by the numbers of their keys, a bit each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Attributes(Vec<u8>);

impl FromIterator<u32> for Attributes {
    fn from_iter<I: IntoIterator<Item = u32>>(numbers: I) -> Self {
        let mut bits = Vec::new();
        for number in numbers {
            let (byte, bit) = bit(number);
            bits.resize(bits.len().max(byte + 1), 0);
            if let Some(byte) = bits.get_mut(byte) {
                *byte |= bit;
            }
        }
        Self(bits)
    }
}

impl Attributes {
    pub(super) fn has(&self, number: u32) -> bool {
        let (byte, bit) = bit(number);
        self.0.get(byte).is_some_and(|byte| byte & bit != 0)
    }

    /// Their numbers, ascending.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> {
        (0..).take(self.0.len() * 8).filter(|number| self.has(*number))
    }
}

/// The byte and the bit in it.
fn bit(number: u32) -> (usize, u8) {
    (usize::try_from(number / 8).unwrap_or(usize::MAX), 1 << (number % 8))
}

impl Place {
    /// Begins what reads places.
    const ROW: &'static str = "SELECT block, first_id, users, attributes, seal FROM blocks";

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let place = Self {
            block: row.get(0)?,
            first_id: row.get(1)?,
            users: row.get(2)?,
            attributes: Attributes(row.get(3)?),
        };
        place.seal().check(row, 4, "the place of a block")?;
        Ok(place)
    }

    fn seal(&self) -> Seal {
        let users = i64::try_from(self.users).unwrap_or(i64::MAX);
        Seal::of("blocks").number(self.block).bytes(&self.first_id).number(users).bytes(&self.attributes.0)
    }

    /// Stores it.
    pub(super) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        let Self { block, first_id, users, attributes } = self;
        connection
            .prepare_cached(
                "INSERT INTO blocks (block, first_id, users, attributes, seal) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![block, first_id, users, attributes.0, self.seal().finish()])
            .map(drop)
    }

    /// The block that holds `id`, or would; none before the first one.
    pub(super) fn holding(connection: &Connection, id: &[u8]) -> rusqlite::Result<Option<Self>> {
        Self::find(connection, "WHERE first_id <= ?1 ORDER BY first_id DESC LIMIT 1", id)
    }

    /// The block behind `id`.
    pub(super) fn following(connection: &Connection, id: &[u8]) -> rusqlite::Result<Option<Self>> {
        Self::find(connection, "WHERE first_id > ?1 ORDER BY first_id LIMIT 1", id)
    }

    fn find(connection: &Connection, which: &str, id: &[u8]) -> rusqlite::Result<Option<Self>> {
        connection.prepare_cached(&format!("{} {which}", Self::ROW))?.query_row([id], Self::read).optional()
    }

    /// The blocks from the one on that holds `from`, or would, in the order of their ids, `most` at most.
    pub(super) fn all_from(connection: &Connection, from: &[u8], most: usize) -> rusqlite::Result<Vec<Self>> {
        let mut statement = connection.prepare_cached(&format!(
            "{} WHERE first_id >= coalesce( \
             (SELECT first_id FROM blocks WHERE first_id <= ?1 ORDER BY first_id DESC LIMIT 1), x'') \
             ORDER BY first_id LIMIT ?2",
            Self::ROW
        ))?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let places: Vec<_> =
            statement.query_map(params![from, most], Self::read)?.collect::<rusqlite::Result<_>>()?;
        if places.is_sorted_by(|place, next| place.first_id < next.first_id) {
            Ok(places)
        } else {
            Err(damaged("the order of the blocks"))
        }
    }
}
