//! The seal of a row: a checksum of what it holds and of where it stands, so that a row in another's place is none.

use rusqlite::{Row, RowIndex};

use super::damage::damaged;

/// A seal as it is made, of one part of the row after another.
#[derive(Debug)]
pub(super) struct Seal(crc32fast::Hasher);

impl Seal {
    /// Of a row of a table.
    pub(super) fn of(table: &str) -> Self {
        let mut sum = crc32fast::Hasher::new();
        sum.update(table.as_bytes());
        Self(sum)
    }

    pub(super) fn number(mut self, number: impl Into<i64>) -> Self {
        self.0.update(&number.into().to_le_bytes());
        self
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update(bytes);
        // Where a part ends counts as well.
        self.0.update(&bytes.len().to_le_bytes());
        self
    }

    /// As it is stored.
    pub(super) fn finish(self) -> u32 {
        self.0.finalize()
    }

    /// Holds it against the one that the row has in a column; `what` names the row.
    pub(super) fn check(self, row: &Row<'_>, column: impl RowIndex, what: &str) -> rusqlite::Result<()> {
        self.check_value(row.get(column)?, what)
    }

    /// As [`check`](Self::check), of one that was read already.
    pub(super) fn check_value(self, seal: u32, what: &str) -> rusqlite::Result<()> {
        if self.finish() == seal { Ok(()) } else { Err(damaged(what)) }
    }
}
