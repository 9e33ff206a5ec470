//! The steps of an import job that goes on: kept, begun, put back, reported on.

use fanpass_model::{ImportId, SegmentName};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Caller, Mode, Stage};
use crate::store::error::{Fault, StoreError};
use crate::store::{Store, idempotency};

/// Rows of an import by their fate, as far as it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) total: Option<u64>,
    pub(crate) processed: u64,
    pub(crate) imported: u64,
    pub(crate) duplicate: u64,
    pub(crate) rejected: u64,
    pub(crate) changed: Option<u64>,
}

/// An import that was just received.
#[derive(Debug, Clone)]
pub(crate) struct NewJob {
    pub(crate) id: ImportId,
    pub(crate) segment: SegmentName,
    pub(crate) mode: Mode,
    pub(crate) file: Option<SpooledFile>,
    pub(crate) caller: Caller,
}

/// An upload as it lies in the spool folder.
#[derive(Debug, Clone)]
pub(crate) struct SpooledFile {
    /// Its name in the spool folder.
    pub(crate) spool: String,
    pub(crate) file_name: Option<String>,
    pub(crate) sha256: String,
}

/// What a worker needs to know of an import that is not finished.
#[derive(Debug, Clone)]
pub(crate) struct Unfinished {
    pub(crate) sequence: i64,
    pub(crate) segment: String,
    pub(crate) mode: Mode,
    pub(crate) file: Option<SpooledFile>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    pub(crate) stage: Stage,
    pub(crate) counts: Counts,
    /// When it will presumably have ended, in microseconds since 1970.
    pub(crate) estimated_at: Option<i64>,
}

/// Condition for imports that have not ended.
pub(super) const UNFINISHED: &str = "stage IN ('received', 'validating', 'applying')";

impl Store {
    /// Keeps an import. Gives back its sequence.
    pub(crate) fn create_job(&self, job: NewJob) -> Result<i64, StoreError> {
        let now = self.now();
        self.0.segments.write_blocking("keep an import", move |connection| {
            let file = job.file.as_ref();
            let sequence = connection
                .prepare_cached(
                    "INSERT INTO imports (id, segment, mode, spool, file_name, file_sha256, subject, jti, \
                     created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9) RETURNING sequence",
                )?
                .query_row(
                    params![
                        job.id.as_str(),
                        job.segment.as_str(),
                        job.mode.as_str(),
                        file.map(|file| &file.spool),
                        file.and_then(|file| file.file_name.as_ref()),
                        file.map(|file| &file.sha256),
                        job.caller.subject,
                        job.caller.jti,
                        now
                    ],
                    |row| row.get(0),
                )?;
            if let Some(once) = &job.caller.once {
                idempotency::keep(connection, now, once, job.id.as_str(), None)?;
            }
            Ok(sequence)
        })
    }

    /// Imports that have not ended, in the order they were received.
    pub(crate) fn unfinished_jobs(&self) -> Result<Vec<Unfinished>, StoreError> {
        self.0.segments.read_blocking("find unfinished imports", |connection| {
            let mut statement = connection.prepare(&format!(
                "SELECT sequence, segment, mode, spool, file_name, file_sha256 FROM imports \
                 WHERE {UNFINISHED} ORDER BY sequence"
            ))?;
            let mut rows = statement.query([])?;
            let mut jobs = Vec::new();
            while let Some(row) = rows.next()? {
                jobs.push(unfinished(row)?);
            }
            Ok(jobs)
        })
    }

    /// Marks an import as under way and counts the attempt; gives back how many there were with this one, or `None` if
    /// the import has ended meanwhile. What an earlier attempt kept of it is dropped.
    pub(crate) fn begin_job(&self, sequence: i64) -> Result<Option<u32>, StoreError> {
        let now = self.now();
        self.0.segments.write_blocking("begin an import", move |connection| {
            let attempts = connection
                .prepare_cached(&format!(
                    "UPDATE imports SET stage = 'validating', attempts = attempts + 1, total = NULL, processed = 0, \
                     rejected = 0, estimated_at = NULL, updated_at = ?2 \
                     WHERE sequence = ?1 AND {UNFINISHED} RETURNING attempts"
                ))?
                .query_row(params![sequence, now], |row| row.get(0))
                .optional()?;
            if attempts.is_some() {
                connection.prepare_cached("DELETE FROM import_errors WHERE import = ?1")?.execute([sequence])?;
            }
            Ok(attempts)
        })
    }

    /// Puts an import back that was stopped without a fault of its own.
    pub(crate) fn release_job(&self, sequence: i64) -> Result<(), StoreError> {
        let now = self.now();
        self.0.segments.write_blocking("put an import back", move |connection| {
            connection
                .prepare_cached(&format!(
                    "UPDATE imports SET stage = 'received', attempts = attempts - 1, estimated_at = NULL, updated_at = ?2 \
                     WHERE sequence = ?1 AND {UNFINISHED}"
                ))?
                .execute(params![sequence, now])?;
            Ok(())
        })
    }

    /// Says how far an import is, without waiting for the commit: the next report, or the end, says it again.
    pub(crate) fn report_progress(&self, sequence: i64, progress: Progress) -> Result<(), StoreError> {
        let now = self.now();
        let report = self.0.segments.begin_write("report an import's progress", move |connection| {
            let Progress { stage, counts, estimated_at } = progress;
            connection
                .prepare_cached(&format!(
                    "UPDATE imports SET stage = ?2, total = ?3, processed = ?4, rejected = ?5, estimated_at = ?6, \
                     updated_at = ?7 WHERE sequence = ?1 AND {UNFINISHED}"
                ))?
                .execute(params![
                    sequence,
                    stage.as_str(),
                    counts.total,
                    counts.processed,
                    counts.rejected,
                    estimated_at,
                    now
                ])?;
            Ok(())
        });
        report.map(drop)
    }
}

/// Keeps an import without rows that is done with its commit; gives back its sequence.
pub(in crate::store) fn insert_done(
    connection: &Connection,
    id: &str,
    segment: &SegmentName,
    mode: Mode,
    caller: &Caller,
    now: i64,
) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "INSERT INTO imports (id, segment, mode, stage, total, subject, jti, created_at, updated_at, completed_at) \
             VALUES (?1, ?2, ?3, 'published', 0, ?4, ?5, ?6, ?6, ?6) RETURNING sequence",
        )?
        .query_row(
            params![id, segment.as_str(), mode.as_str(), caller.subject, caller.jti, now],
            |row| row.get(0),
        )
}

fn unfinished(row: &Row<'_>) -> Result<Unfinished, Fault> {
    let (mode, spool): (String, Option<String>) = (row.get(2)?, row.get(3)?);
    let file = match spool {
        Some(spool) => Some(SpooledFile { spool, file_name: row.get(4)?, sha256: row.get(5)? }),
        None => None,
    };
    Ok(Unfinished { sequence: row.get(0)?, segment: row.get(1)?, mode: Mode::parse(&mode)?, file })
}
