//! Import jobs as callers see them: how far they are, and why rows of a file were refused.

mod ends;
mod rejects;
mod stage;
mod steps;

use fanpass_model::{ImportId, SegmentName};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::error::{Fault, StoreError, StoreErrorKind};
use super::segments::{malformed, segment_name};
use super::{Once, Store, time};

pub(crate) use ends::{Cancelled, Ended};
pub(super) use ends::{end, forget_some};
pub use rejects::RowReject;
pub use stage::{Mode, Stage};
pub(super) use steps::insert_done;
pub(crate) use steps::{Counts, NewJob, Progress, SpooledFile, Unfinished};

/// On whose behalf something is done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// Who the token was made for.
    pub subject: Option<String>,
    /// The token's id.
    pub jti: Option<String>,
    /// The key under which the import is to be received once. Not told of stored imports.
    pub once: Option<Once>,
}

/// One import as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportJob {
    /// Its id.
    pub id: ImportId,
    /// The segment it is for.
    pub segment: SegmentName,
    /// The file's name as the client gave it; absent for an inline list.
    pub file_name: Option<String>,
    /// SHA-256 of the file, lower-case hexadecimal; absent for an inline list.
    pub file_sha256: Option<String>,
    /// How far it is.
    pub stage: Stage,
    /// What it does to its segment.
    pub mode: Mode,
    /// Rows that carry data; unknown until the file was read. Then it is `imported + duplicate + rejected`.
    pub total: Option<u64>,
    /// Rows read so far.
    pub processed: u64,
    /// Rows whose id is a member now, or is none any more where the mode removes; known at the end.
    pub imported: u64,
    /// Rows whose id stood in an earlier row; known at the end.
    pub duplicate: u64,
    /// Rows refused so far.
    pub rejected: u64,
    /// Members that were added or removed, where the mode does that; known at the end.
    pub changed: Option<u64>,
    /// Why it failed, or why its list was not needed any more.
    pub message: Option<String>,
    /// Who sent it.
    pub caller: Caller,
    /// When it was received.
    pub created_at: Timestamp,
    /// When it last made progress.
    pub updated_at: Timestamp,
    /// When it will presumably have ended, going by how far it is; absent while nobody can tell.
    pub estimated_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

const JOB: &str = "SELECT id, segment, file_name, file_sha256, stage, total, processed, imported, duplicate, rejected, \
                   message, subject, jti, created_at, updated_at, completed_at, mode, changed, estimated_at \
                   FROM imports";

impl Store {
    /// One import, if it was ever received.
    ///
    /// # Errors
    /// [`Corrupt`](super::StoreErrorKind::Corrupt), [`Io`](super::StoreErrorKind::Io).
    pub async fn import_job(&self, id: &ImportId) -> Result<Option<ImportJob>, StoreError> {
        let id = id.to_string();
        self.0
            .segments
            .read("read an import", move |connection| {
                let mut statement = connection.prepare_cached(&format!("{JOB} WHERE id = ?1"))?;
                let mut rows = statement.query([&id])?;
                rows.next()?.map(job).transpose()
            })
            .await
    }

    /// Imports in the order they were received, newest first: those of one segment, or all; behind the import `after`,
    /// at most `limit`. Rollbacks and deletions stand among them.
    ///
    /// # Errors
    /// [`NotFound`](super::StoreErrorKind::NotFound) if `after` is not there;
    /// [`Corrupt`](super::StoreErrorKind::Corrupt), [`Io`](super::StoreErrorKind::Io).
    pub async fn import_jobs(
        &self,
        segment: Option<&SegmentName>,
        after: Option<&ImportId>,
        limit: u32,
    ) -> Result<Vec<ImportJob>, StoreError> {
        let (segment, after) = (segment.map(ToString::to_string), after.map(ToString::to_string));
        self.0
            .segments
            .read("list imports", move |connection| {
                let before = match &after {
                    Some(id) => sequence(connection, id)?.ok_or_else(|| no_import(id))?,
                    None => i64::MAX,
                };
                let of_segment = if segment.is_some() { "segment = ?1 AND" } else { "?1 IS NULL AND" };
                let sql = format!("{JOB} WHERE {of_segment} sequence < ?2 ORDER BY sequence DESC LIMIT ?3");
                let mut statement = connection.prepare_cached(&sql)?;
                let mut rows = statement.query(params![segment, before, limit])?;
                let mut jobs = Vec::new();
                while let Some(row) = rows.next()? {
                    jobs.push(job(row)?);
                }
                Ok(jobs)
            })
            .await
    }
}

fn sequence(connection: &Connection, id: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT sequence FROM imports WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()
}

/// What an id is answered with that no import has.
fn no_import(id: &str) -> StoreError {
    StoreError::new(
        StoreErrorKind::NotFound,
        format!(
            "there is no import `{id}`; the id is `firebase_imported_segment_id` of the answer to the upload"
        ),
    )
}

fn job(row: &Row<'_>) -> Result<ImportJob, Fault> {
    let (id, stage, mode): (String, String, String) = (row.get(0)?, row.get(4)?, row.get(16)?);
    Ok(ImportJob {
        id: ImportId::new(id).map_err(|error| malformed(&error.to_string()))?,
        segment: segment_name(row.get(1)?)?,
        file_name: row.get(2)?,
        file_sha256: row.get(3)?,
        stage: Stage::parse(&stage)?,
        mode: Mode::parse(&mode)?,
        total: row.get(5)?,
        processed: row.get(6)?,
        imported: row.get(7)?,
        duplicate: row.get(8)?,
        rejected: row.get(9)?,
        changed: row.get(17)?,
        message: row.get(10)?,
        caller: Caller { subject: row.get(11)?, jti: row.get(12)?, once: None },
        created_at: time(row.get(13)?),
        updated_at: time(row.get(14)?),
        estimated_at: row.get::<_, Option<i64>>(18)?.map(time),
        completed_at: row.get::<_, Option<i64>>(15)?.map(time),
    })
}
