//! How far the columns are with the history of `service.db`, and whether that file still has the history.
//!
//! An older copy of it that was put back, or a log whose end was given up, numbers other calls as those were that the columns
//! know. So they hold the newest record of the audit as well, which came with every change of a user before it.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::damage::damaged;
use super::seal::Seal;

/// What the columns know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::store) struct Standing {
    /// The last change of a user that was taken over.
    pub(in crate::store) taken: i64,
    pub(super) moment: Moment,
    pub(super) counts: Counts,
}

/// How many rows the tables have that no other row tells of: one that is missing would not be missed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    keys: i64,
    blocks: i64,
    pub(super) overlay: i64,
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
        let sql = "SELECT built, taken, record, at, request_id, keys, blocks, overlay, seal FROM standing";
        columns.prepare_cached(sql)?.query_row([], |row| {
            let built = row.get(0)?;
            let standing =
                Self { taken: row.get(1)?, moment: Moment::read(row, 2)?, counts: Counts::read(row, 5)? };
            if built {
                standing.seal().check(row, 8, "what it says of itself")?;
            }
            Ok((built, standing))
        })
    }

    /// Notes it down in `columns.db`, all users being in, with what that holds now.
    pub(super) fn store(self, columns: &Connection) -> rusqlite::Result<Self> {
        let standing = Self { counts: Counts::of(columns)?, ..self };
        let Self {
            taken,
            moment: Moment { record, at, request_id },
            counts: Counts { keys, blocks, overlay },
        } = &standing;
        columns
            .prepare_cached(
                "UPDATE standing SET built = 1, taken = ?1, record = ?2, at = ?3, request_id = ?4, keys = ?5, \
                 blocks = ?6, overlay = ?7, seal = ?8",
            )?
            .execute(params![taken, record, at, request_id, keys, blocks, overlay, standing.seal().finish()])?;
        Ok(standing)
    }

    fn seal(&self) -> Seal {
        let Self {
            taken,
            moment: Moment { record, at, request_id },
            counts: Counts { keys, blocks, overlay },
        } = self;
        let seal =
            Seal::of("standing").number(*taken).number(*record).number(*at).bytes(request_id.as_bytes());
        seal.number(*keys).number(*blocks).number(*overlay)
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

impl Counts {
    fn of(columns: &Connection) -> rusqlite::Result<Self> {
        // SQLite counts the rows of a table by its pages.
        let sql = "SELECT (SELECT count(*) FROM keys), (SELECT count(*) FROM blocks), (SELECT count(*) FROM overlay)";
        columns.prepare_cached(sql)?.query_row([], |row| Self::read(row, 0))
    }

    fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        Ok(Self { keys: row.get(first)?, blocks: row.get(first + 1)?, overlay: row.get(first + 2)? })
    }

    /// Holds them against what `columns.db` has.
    pub(super) fn check(self, columns: &Connection) -> rusqlite::Result<()> {
        if Self::of(columns)? == self { Ok(()) } else { Err(damaged("the number of rows")) }
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
