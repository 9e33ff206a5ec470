//! How far the columns are with the history of `service.db`, and whether that file still has the history.
//!
//! An older copy of it that was put back, or a log whose end was given up, numbers other calls as those were that the columns
//! know. So they hold the newest record of the audit as well, which came with every change of a user before it.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

/// What the columns know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::store) struct Standing {
    /// The last change of a user that was taken over.
    pub(in crate::store) taken: i64,
    pub(super) moment: Moment,
}

/// The newest record that the audit had.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// Its number; 0: there was none.
    record: i64,
    at: i64,
    request_id: String,
}

impl Standing {
    /// What `columns.db` says of itself, and whether all users are in.
    pub(in crate::store) fn load(columns: &Connection) -> rusqlite::Result<(bool, Self)> {
        columns.query_row("SELECT built, taken, record, at, request_id FROM standing", [], |row| {
            Ok((row.get(0)?, Self { taken: row.get(1)?, moment: Moment::read(row, 2)? }))
        })
    }

    /// Notes it down in `columns.db`, all users being in.
    pub(super) fn store(&self, columns: &Connection) -> rusqlite::Result<()> {
        let Moment { record, at, request_id } = &self.moment;
        columns
            .prepare_cached(
                "UPDATE standing SET built = 1, taken = ?1, record = ?2, at = ?3, request_id = ?4",
            )?
            .execute(params![self.taken, record, at, request_id])
            .map(drop)
    }

    /// Whether `service.db` has the history that was taken over.
    pub(in crate::store) fn fits(&self, service: &Connection) -> rusqlite::Result<bool> {
        let Moment { record, at, request_id } = &self.moment;
        let known = *record == 0
            || service
                .prepare_cached("SELECT 1 FROM audit WHERE sequence = ?1 AND at = ?2 AND request_id = ?3")?
                .exists(params![record, at, request_id])?;
        Ok(known && self.taken <= *record)
    }
}

impl Moment {
    /// That of `service.db` now.
    pub(super) fn newest(service: &Connection) -> rusqlite::Result<Self> {
        let newest = service
            .prepare_cached("SELECT sequence, at, request_id FROM audit ORDER BY sequence DESC LIMIT 1")?
            .query_row([], |row| Self::read(row, 0))
            .optional()?;
        Ok(newest.unwrap_or_default())
    }

    fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        Ok(Self { record: row.get(first)?, at: row.get(first + 1)?, request_id: row.get(first + 2)? })
    }
}
