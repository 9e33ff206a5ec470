//! The ends of an import job: published or failed, cancelled, forgotten.

use fanpass_model::ImportId;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::steps::{Counts, UNFINISHED};
use super::{RowReject, Stage, no_import, rejects};
use crate::store::Store;
use crate::store::error::{Fault, StoreError};

/// How an import ended.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub(crate) stage: Stage,
    pub(crate) message: Option<String>,
    pub(crate) counts: Counts,
    /// Refused rows that are kept already.
    pub(crate) kept: u64,
    /// Refused rows behind those.
    pub(crate) rejects: Vec<RowReject>,
}

/// What cancelling an import met.
#[derive(Debug, Clone)]
pub(crate) enum Cancelled {
    /// It, by its sequence, is cancelled now.
    Now(i64),
    /// It had ended.
    Before(Stage),
}

/// Refused rows, and imports, that are forgotten in one step.
const FORGOTTEN_REJECTS: u32 = 10_000;
const FORGOTTEN_IMPORTS: u32 = 500;

impl Store {
    /// Ends an import that changed nothing, unless it has ended.
    pub(crate) fn end_job(&self, sequence: i64, ended: Ended) -> Result<(), StoreError> {
        let now = self.now();
        self.0.segments.write_blocking("end an import", move |connection| {
            end(connection, sequence, &ended, now)?;
            Ok(())
        })
    }

    /// Ends an import as cancelled, if it has not ended.
    pub(crate) fn cancel_job(&self, id: &ImportId) -> Result<Cancelled, StoreError> {
        let (id, now) = (id.to_string(), self.now());
        self.0.segments.write_blocking("cancel an import", move |connection| {
            let cancelled = connection
                .prepare_cached(&format!(
                    "UPDATE imports SET stage = 'cancelled', estimated_at = NULL, updated_at = ?2, completed_at = ?2 \
                     WHERE id = ?1 AND {UNFINISHED} RETURNING sequence"
                ))?
                .query_row(params![id, now], |row| row.get(0).map(Cancelled::Now))
                .optional()?;
            if let Some(cancelled) = cancelled {
                return Ok(cancelled);
            }
            let stage: Option<String> = connection
                .prepare_cached("SELECT stage FROM imports WHERE id = ?1")?
                .query_row([&id], |row| row.get(0))
                .optional()?;
            let stage = stage.ok_or_else(|| no_import(&id))?;
            Ok(Cancelled::Before(Stage::parse(&stage)?))
        })
    }

    /// Forgets, in the background, imports that ended before `time`, in microseconds since 1970, and whose lists nobody
    /// keeps.
    pub(crate) fn forget_jobs(&self, time: i64) {
        self.0.sweeper.forget(time);
    }
}

/// Ends an import; false if it has ended before.
pub(in crate::store) fn end(
    connection: &Connection,
    sequence: i64,
    ended: &Ended,
    now: i64,
) -> rusqlite::Result<bool> {
    let Ended { stage, message, counts, kept, rejects } = ended;
    let changed = connection
        .prepare_cached(&format!(
            "UPDATE imports SET stage = ?2, message = ?3, total = ?4, processed = ?5, imported = ?6, duplicate = ?7, \
             rejected = ?8, changed = ?9, estimated_at = NULL, updated_at = ?10, completed_at = ?10 \
             WHERE sequence = ?1 AND {UNFINISHED}"
        ))?
        .execute(params![
            sequence,
            stage.as_str(),
            message,
            counts.total,
            counts.processed,
            counts.imported,
            counts.duplicate,
            counts.rejected,
            counts.changed,
            now
        ])?;
    if changed > 0 {
        rejects::insert(connection, sequence, *kept, rejects)?;
    }
    Ok(changed > 0)
}

/// Forgets some of the imports that ended before `time` and whose lists nobody keeps; true once none is left.
pub(in crate::store) fn forget_some(connection: &Connection, time: i64) -> Result<bool, Fault> {
    let old = "SELECT sequence FROM imports WHERE completed_at < ?1 \
               AND NOT EXISTS (SELECT 1 FROM versions WHERE import = sequence) \
               AND NOT EXISTS (SELECT 1 FROM lists WHERE import = sequence)";
    let rejects = connection
        .prepare_cached(&format!(
            "DELETE FROM import_errors WHERE (import, ordinal) IN \
             (SELECT import, ordinal FROM import_errors WHERE import IN ({old}) LIMIT ?2)"
        ))?
        .execute(params![time, FORGOTTEN_REJECTS])?;
    if rejects > 0 {
        return Ok(false);
    }
    let imports = connection
        .prepare_cached(&format!("DELETE FROM imports WHERE sequence IN ({old} LIMIT ?2)"))?
        .execute(params![time, FORGOTTEN_IMPORTS])?;
    Ok(imports == 0)
}
