//! The users of the overlay: each written with a seal and held against it whenever it is read, one in memory at a time.

use rusqlite::{CachedStatement, Connection, Row, Rows, params};

use super::damage::damaged;
use super::record::Record;
use super::scan::Key;
use super::seal::Seal;
use super::value::ColumnValue;

/// A user who stands in the overlay.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) id: String,
    pub(super) record: Vec<u8>,
}

impl Changed {
    /// What [`read`](Self::read) reads.
    pub(super) const ROW: &'static str = "SELECT id, attributes, seal FROM overlay";

    /// Writes it in the place of the one before, if there is one.
    pub(super) fn store(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .prepare_cached(
                "INSERT INTO overlay (id, attributes, seal) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (id) DO UPDATE SET attributes = excluded.attributes, seal = excluded.seal",
            )?
            .execute(params![self.id.as_bytes(), self.record, self.seal().finish()])
            .map(drop)
    }

    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let id = String::from_utf8(row.get(0)?).map_err(|_| damaged("an id"))?;
        let changed = Self { id, record: row.get(1)? };
        changed.seal().check(row, 2, "a changed user")?;
        Ok(changed)
    }

    fn seal(&self) -> Seal {
        Seal::of("overlay").bytes(self.id.as_bytes()).bytes(&self.record)
    }

    /// What the user carries of an attribute.
    pub(crate) fn value(&self, key: Key) -> Option<ColumnValue<'_>> {
        self.bytes(key).and_then(ColumnValue::read)
    }

    pub(super) fn bytes(&self, key: Key) -> Option<&[u8]> {
        Record(&self.record).get(key.0)
    }
}

/// Users of the overlay, in the order of their ids.
pub(crate) struct Overlay<'s> {
    rows: Option<Rows<'s>>,
    next: Option<Changed>,
}

impl<'s> Overlay<'s> {
    /// Those that the statement gives, whose parameters are bound; none without one.
    pub(crate) fn read(statement: &'s mut Option<CachedStatement<'_>>) -> rusqlite::Result<Self> {
        let mut overlay =
            Self { rows: statement.as_mut().map(|statement| statement.raw_query()), next: None };
        overlay.step()?;
        Ok(overlay)
    }

    /// The next of them.
    pub(crate) fn step(&mut self) -> rusqlite::Result<Option<Changed>> {
        let next = match &mut self.rows {
            Some(rows) => rows.next()?.map(Changed::read).transpose()?,
            None => None,
        };
        Ok(std::mem::replace(&mut self.next, next))
    }

    /// The next of them, if its id is one of these.
    pub(crate) fn take_if(&mut self, these: impl Fn(&str) -> bool) -> rusqlite::Result<Option<Changed>> {
        if self.next.as_ref().is_some_and(|user| these(&user.id)) { self.step() } else { Ok(None) }
    }
}
