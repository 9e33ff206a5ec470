//! The steps of an import job: kept, begun, put back, reported on, ended.

use fanpass_model::{ImportId, SegmentName};
use rusqlite::{Connection, Row, params};

use crate::store::error::StoreError;
use crate::store::{Caller, JobState, RowReject, Store, idempotency};

/// Rows of an import by their fate, as far as it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) total: Option<u64>,
    pub(crate) processed: u64,
    pub(crate) imported: u64,
    pub(crate) duplicate: u64,
    pub(crate) rejected: u64,
}

/// An import that was just received.
#[derive(Debug, Clone)]
pub(crate) struct NewJob {
    pub(crate) id: ImportId,
    pub(crate) segment: SegmentName,
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
    pub(crate) file: Option<SpooledFile>,
}

impl Store {
    /// Keeps an import: pending with a file, processing with an inline list. Gives back its sequence.
    pub(crate) fn create_job(&self, job: NewJob) -> Result<i64, StoreError> {
        let now = self.now();
        self.0.segments.write_blocking("keep an import", move |connection| {
            let state = if job.file.is_some() { JobState::Pending } else { JobState::Processing };
            let file = job.file.as_ref();
            let sequence = connection
                .prepare_cached(
                    "INSERT INTO imports (id, segment, spool, file_name, file_sha256, state, subject, jti, \
                     created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9) RETURNING sequence",
                )?
                .query_row(
                    params![
                        job.id.as_str(),
                        job.segment.as_str(),
                        file.map(|file| &file.spool),
                        file.and_then(|file| file.file_name.as_ref()),
                        file.map(|file| &file.sha256),
                        state.as_str(),
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

    /// Imports that are neither completed nor failed, in the order they were received.
    pub(crate) fn unfinished_jobs(&self) -> Result<Vec<Unfinished>, StoreError> {
        self.0.segments.read_blocking("find unfinished imports", |connection| {
            let mut statement = connection.prepare(
                "SELECT sequence, segment, spool, file_name, file_sha256 FROM imports \
                 WHERE state IN ('pending', 'processing') ORDER BY sequence",
            )?;
            let jobs = statement.query_map([], unfinished)?.collect::<Result<_, _>>()?;
            Ok(jobs)
        })
    }

    /// Marks an import as under way and counts the attempt; gives back how many there were with this one.
    pub(crate) fn begin_job(&self, sequence: i64) -> Result<u32, StoreError> {
        let now = self.now();
        self.0.segments.write_blocking("begin an import", move |connection| {
            let attempts = connection
                .prepare_cached(
                    "UPDATE imports SET state = 'processing', attempts = attempts + 1, total = NULL, processed = 0, rejected = 0, \
                     updated_at = ?2 WHERE sequence = ?1 RETURNING attempts",
                )?
                .query_row(params![sequence, now], |row| row.get(0))?;
            Ok(attempts)
        })
    }

    /// Puts an import back that was stopped without a fault of its own.
    pub(crate) fn release_job(&self, sequence: i64) -> Result<(), StoreError> {
        let now = self.now();
        self.0.segments.write_blocking("put an import back", move |connection| {
            connection
                .prepare_cached(
                    "UPDATE imports SET state = 'pending', attempts = attempts - 1, updated_at = ?2 \
                     WHERE sequence = ?1",
                )?
                .execute(params![sequence, now])?;
            Ok(())
        })
    }

    /// Says how far an import is, without waiting for the commit: the next report, or the end, says it again.
    pub(crate) fn report_progress(&self, sequence: i64, counts: Counts) -> Result<(), StoreError> {
        let now = self.now();
        let report = self.0.segments.begin_write("report an import's progress", move |connection| {
            connection
                .prepare_cached(
                    "UPDATE imports SET total = ?2, processed = ?3, rejected = ?4, updated_at = ?5 \
                     WHERE sequence = ?1",
                )?
                .execute(params![sequence, counts.total, counts.processed, counts.rejected, now])?;
            Ok(())
        });
        report.map(drop)
    }

    /// Ends an import that changed nothing.
    pub(crate) fn fail_job(
        &self,
        sequence: i64,
        message: String,
        counts: Counts,
        rejects: Vec<RowReject>,
    ) -> Result<(), StoreError> {
        let now = self.now();
        self.0.segments.write_blocking("end an import", move |connection| {
            Ok(end(connection, sequence, JobState::Failed, Some(&message), counts, &rejects, now)?)
        })
    }
}

pub(in crate::store) fn end(
    connection: &Connection,
    sequence: i64,
    state: JobState,
    message: Option<&str>,
    counts: Counts,
    rejects: &[RowReject],
    now: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE imports SET state = ?2, message = ?3, total = ?4, processed = ?5, imported = ?6, duplicate = ?7, \
             rejected = ?8, updated_at = ?9, completed_at = ?9 WHERE sequence = ?1",
        )?
        .execute(params![
            sequence,
            state.as_str(),
            message,
            counts.total,
            counts.processed,
            counts.imported,
            counts.duplicate,
            counts.rejected,
            now
        ])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO import_errors (import, ordinal, row, code, message, location) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (ordinal, reject) in rejects.iter().enumerate() {
        insert.execute(params![
            sequence,
            ordinal,
            reject.row,
            reject.code,
            reject.message,
            reject.location
        ])?;
    }
    Ok(())
}

fn unfinished(row: &Row<'_>) -> rusqlite::Result<Unfinished> {
    let spool: Option<String> = row.get(2)?;
    let file = match spool {
        Some(spool) => Some(SpooledFile { spool, file_name: row.get(3)?, sha256: row.get(4)? }),
        None => None,
    };
    Ok(Unfinished { sequence: row.get(0)?, segment: row.get(1)?, file })
}
