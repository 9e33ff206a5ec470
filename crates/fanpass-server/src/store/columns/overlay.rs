//! A user of the overlay: written with a checksum, and held against it whenever it is read.

use rusqlite::{Connection, Row, params};

use super::damaged;
use super::record::Record;
use super::scan::Key;
use super::value::ColumnValue;

/// A user who stands in the overlay.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) id: String,
    pub(super) record: Vec<u8>,
}

impl Changed {
    /// What [`read`](Self::read) reads.
    pub(super) const ROW: &'static str = "SELECT id, attributes, sum FROM overlay";

    /// Writes it in the place of the one before, if there is one.
    pub(super) fn store(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .prepare_cached(
                "INSERT INTO overlay (id, attributes, sum) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (id) DO UPDATE SET attributes = excluded.attributes, sum = excluded.sum",
            )?
            .execute(params![self.id.as_bytes(), self.record, self.sum()])
            .map(drop)
    }

    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let id = String::from_utf8(row.get(0)?).map_err(|_| damaged("an id"))?;
        let changed = Self { id, record: row.get(1)? };
        if changed.sum() == row.get::<_, u32>(2)? { Ok(changed) } else { Err(damaged("a changed user")) }
    }

    fn sum(&self) -> u32 {
        let mut sum = crc32fast::Hasher::new();
        sum.update(self.id.as_bytes());
        sum.update(&self.record);
        sum.finalize()
    }

    /// What the user carries of an attribute.
    pub(crate) fn value(&self, key: Key) -> Option<ColumnValue<'_>> {
        self.bytes(key).and_then(ColumnValue::read)
    }

    pub(super) fn bytes(&self, key: Key) -> Option<&[u8]> {
        Record(&self.record).get(key.0)
    }
}
