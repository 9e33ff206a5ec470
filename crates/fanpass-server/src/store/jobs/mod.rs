//! Import jobs as callers see them: how far they are, and why rows of a file were refused.

mod steps;

use fanpass_model::{ImportId, SegmentName};
use jiff::Timestamp;
use rusqlite::Row;

use super::error::{Fault, StoreError};
use super::segments::{malformed, segment_name};
use super::{Once, Store, time};

pub(super) use steps::end;
pub(crate) use steps::{Counts, NewJob, SpooledFile, Unfinished};

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Received and durable, not begun.
    Pending,
    /// Its rows are being read.
    Processing,
    /// Its list was published.
    Completed,
    /// Nothing was changed.
    Failed,
}

impl JobState {
    /// The word on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Pending, Self::Processing, Self::Completed, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

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
    pub state: JobState,
    /// Rows that carry data; unknown until the file was read. Then it is `imported + duplicate + rejected`.
    pub total: Option<u64>,
    /// Rows read so far.
    pub processed: u64,
    /// Rows that became members; known at the end.
    pub imported: u64,
    /// Rows whose id stood in an earlier row; known at the end.
    pub duplicate: u64,
    /// Rows refused so far.
    pub rejected: u64,
    /// Why it failed.
    pub message: Option<String>,
    /// Who sent it.
    pub caller: Caller,
    /// When it was received.
    pub created_at: Timestamp,
    /// When it last made progress.
    pub updated_at: Timestamp,
    /// When it completed or failed.
    pub completed_at: Option<Timestamp>,
}

/// Why one row was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowReject {
    /// The row's number in its file or sheet, from 1, a header counted.
    pub row: u64,
    /// The reason, for programs.
    pub code: String,
    /// The reason, for people.
    pub message: String,
    /// Where the row stands: archive entry, sheet and cell, or line.
    pub location: Option<String>,
}

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
                let mut statement = connection.prepare_cached(
                    "SELECT id, segment, file_name, file_sha256, state, total, processed, imported, duplicate, \
                     rejected, message, subject, jti, created_at, updated_at, completed_at \
                     FROM imports WHERE id = ?1",
                )?;
                let mut rows = statement.query([&id])?;
                rows.next()?.map(job).transpose()
            })
            .await
    }

    /// Why rows of an import were refused, in file order; the first 1,000 of them, known at its end.
    ///
    /// # Errors
    /// [`Corrupt`](super::StoreErrorKind::Corrupt), [`Io`](super::StoreErrorKind::Io).
    pub async fn import_rejects(&self, id: &ImportId) -> Result<Vec<RowReject>, StoreError> {
        let id = id.to_string();
        self.0
            .segments
            .read("read an import's refused rows", move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT row, code, message, location FROM import_errors \
                     WHERE import = (SELECT sequence FROM imports WHERE id = ?1) ORDER BY ordinal",
                )?;
                let rows = statement.query_map([&id], |row| {
                    Ok(RowReject {
                        row: row.get(0)?,
                        code: row.get(1)?,
                        message: row.get(2)?,
                        location: row.get(3)?,
                    })
                })?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }
}

fn job(row: &Row<'_>) -> Result<ImportJob, Fault> {
    let (id, state): (String, String) = (row.get(0)?, row.get(4)?);
    Ok(ImportJob {
        id: ImportId::new(id).map_err(|error| malformed(&error.to_string()))?,
        segment: segment_name(row.get(1)?)?,
        file_name: row.get(2)?,
        file_sha256: row.get(3)?,
        state: JobState::parse(&state).ok_or_else(|| malformed("import's state is unknown"))?,
        total: row.get(5)?,
        processed: row.get(6)?,
        imported: row.get(7)?,
        duplicate: row.get(8)?,
        rejected: row.get(9)?,
        message: row.get(10)?,
        caller: Caller { subject: row.get(11)?, jti: row.get(12)?, once: None },
        created_at: time(row.get(13)?),
        updated_at: time(row.get(14)?),
        completed_at: row.get::<_, Option<i64>>(15)?.map(time),
    })
}
