//! Writes under an idempotency key: what was answered is kept in the commit of the effect, and answered again for a day.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::Store;
use super::audit::{self, AuditEntry};
use super::error::{Fault, StoreError};

/// How long an answer is kept: 24 hours, in microseconds.
const KEPT: i64 = 24 * 60 * 60 * 1_000_000;
/// Expired answers that one write removes: more than it adds, so that they come to an end.
const EXPIRED_PER_WRITE: u32 = 4;

/// A write that is to take effect once, however often it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// Whose key it is: the subject of the token.
    pub subject: String,
    /// The key, as the caller chose it.
    pub key: String,
    /// The operation's id.
    pub operation: String,
    /// SHA-256 of what the request says.
    pub fingerprint: [u8; 32],
}

/// A write that took effect under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The operation's id.
    pub operation: String,
    /// SHA-256 of what the request said.
    pub fingerprint: [u8; 32],
    /// What the operation needs to answer as it did.
    pub answer: String,
}

/// What a change leaves beside its effect, in the same commit: its audit record and, under a key, its answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    /// The audit record.
    pub audit: AuditEntry,
    /// The key and what is answered to it.
    pub answer: Option<(Once, String)>,
}

impl From<AuditEntry> for Trace {
    fn from(audit: AuditEntry) -> Self {
        Self { audit, answer: None }
    }
}

impl Trace {
    /// Writes it; gives back the sequence of the audit record.
    pub(super) fn write(&self, connection: &Connection, now: i64) -> Result<i64, Fault> {
        self.keep_answer(connection, now)?;
        audit::append(connection, now, &self.audit)
    }

    /// Writes it without the audit record.
    pub(super) fn keep_answer(&self, connection: &Connection, now: i64) -> Result<(), Fault> {
        let Some((once, answer)) = &self.answer else { return Ok(()) };
        let user = self.audit.target.as_deref().filter(|target| target.starts_with("user:"));
        keep(connection, now, once, answer, user)
    }
}

impl Store {
    /// What `subject` was answered under `key`, if that is at most a day ago.
    ///
    /// # Errors
    /// [`Corrupt`](super::StoreErrorKind::Corrupt), [`Io`](super::StoreErrorKind::Io).
    pub async fn kept_answer(&self, subject: &str, key: &str) -> Result<Option<KeptAnswer>, StoreError> {
        let name = (subject.to_owned(), key.to_owned());
        let since = self.now().saturating_sub(KEPT);
        let of_segments = name.clone();
        let kept = self.0.service.read("look up a key", move |connection| {
            let sql = "SELECT operation, fingerprint, answer FROM idempotency \
                       WHERE subject = ?1 AND key = ?2 AND at > ?3";
            let mut statement = connection.prepare_cached(sql)?;
            Ok(statement.query_row(params![name.0, name.1, since], kept_answer).optional()?)
        });
        if let Some(kept) = kept.await? {
            return Ok(Some(kept));
        }
        let kept = self.0.segments.read("look up a key", move |connection| {
            // A list sent inline took effect with its publication, all else with its record.
            let sql = "SELECT operation, fingerprint, answer FROM idempotency \
                       WHERE subject = ?1 AND key = ?2 AND at > ?3 AND (operation <> 'createSegment' \
                       OR EXISTS (SELECT 1 FROM imports WHERE id = answer AND stage = 'published'))";
            let mut statement = connection.prepare_cached(sql)?;
            let name = of_segments;
            Ok(statement.query_row(params![name.0, name.1, since], kept_answer).optional()?)
        });
        kept.await
    }
}

fn kept_answer(row: &Row<'_>) -> rusqlite::Result<KeptAnswer> {
    Ok(KeptAnswer { operation: row.get(0)?, fingerprint: row.get(1)?, answer: row.get(2)? })
}

/// Keeps an answer in the commit that `connection` is at. One that expired, or never took effect, is replaced.
pub(super) fn keep(
    connection: &Connection,
    now: i64,
    once: &Once,
    answer: &str,
    user: Option<&str>,
) -> Result<(), Fault> {
    let Once { subject, key, operation, fingerprint } = once;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO idempotency (subject, key, operation, fingerprint, answer, user, at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![subject, key, operation, fingerprint, answer, user, now])?;
    let expired = now.saturating_sub(KEPT);
    connection
        .prepare_cached(
            "DELETE FROM idempotency WHERE (subject, key) IN \
             (SELECT subject, key FROM idempotency WHERE at <= ?1 ORDER BY at LIMIT ?2)",
        )?
        .execute(params![expired, EXPIRED_PER_WRITE])?;
    Ok(())
}
