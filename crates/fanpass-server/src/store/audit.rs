//! Audit: who did what, when, to what, from which file, with what result.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::error::{Fault, StoreError};
use super::{Store, Trace, time};

/// One call, as the audit keeps it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuditEntry {
    /// The call's request id.
    pub request_id: String,
    /// Who the token was made for; absent for a call without a valid one.
    pub subject: Option<String>,
    /// The token's id.
    pub jti: Option<String>,
    /// The operation's id, such as `updateUser`.
    pub operation: String,
    /// The HTTP status that was answered.
    pub status: u16,
    /// What it was about: a segment's name, a hashed user id, an attribute key, a token's id.
    pub target: Option<String>,
    /// SHA-256 of an uploaded file, lower-case hexadecimal.
    pub file_sha256: Option<String>,
    /// Figures of the result.
    pub outcome: Option<serde_json::Value>,
}

/// An [`AuditEntry`] with its place and time.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRecord {
    /// Rises with each record, without meaning gaps.
    pub sequence: i64,
    /// When it was stored.
    pub at: Timestamp,
    /// The call.
    pub entry: AuditEntry,
}

/// Which records a page is to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only records before the one of this sequence.
    pub before: Option<i64>,
    /// As many at most.
    pub limit: u32,
    /// Only calls with tokens of this subject.
    pub subject: Option<String>,
    /// Only calls of this operation.
    pub operation: Option<String>,
    /// Only calls about this.
    pub target: Option<String>,
}

/// A page of the audit.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditPage {
    /// The records, newest first.
    pub records: Vec<AuditRecord>,
    /// Where the next page begins, as [`before`](AuditFilter::before); it may hold records though this one was not full.
    pub next: Option<i64>,
}

/// Records that are looked through for one page at most: a filter may find nothing in very many. No index helps it, which
/// every call would have to pay for.
const LOOKED_THROUGH: i64 = 10_000;

impl Store {
    /// Keeps the record of a call that changed nothing here, or whose change another file holds.
    ///
    /// # Errors
    /// [`Busy`](super::StoreErrorKind::Busy) when too many writes wait, [`Full`](super::StoreErrorKind::Full),
    /// [`Io`](super::StoreErrorKind::Io).
    pub async fn append_audit(&self, entry: impl Into<Trace>) -> Result<(), StoreError> {
        let (now, trace) = (self.now(), entry.into());
        let write = move |connection: &Connection| trace.write(connection, now).map(drop);
        self.0.service.write("write an audit record", write).await
    }

    /// Records before the one numbered `before` (the newest ones when absent), newest first, at most `limit`.
    ///
    /// # Errors
    /// [`Corrupt`](super::StoreErrorKind::Corrupt), [`Io`](super::StoreErrorKind::Io).
    pub async fn audit(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.audit_page(AuditFilter { before, limit, ..AuditFilter::default() })
            .await
            .map(|page| page.records)
    }

    /// A page of the records that `filter` lets through.
    ///
    /// # Errors
    /// [`Corrupt`](super::StoreErrorKind::Corrupt), [`Io`](super::StoreErrorKind::Io).
    pub async fn audit_page(&self, filter: AuditFilter) -> Result<AuditPage, StoreError> {
        self.0.service.read("read the audit", move |connection| Ok(page(connection, &filter)?)).await
    }
}

fn page(connection: &Connection, filter: &AuditFilter) -> rusqlite::Result<AuditPage> {
    let AuditFilter { before, limit, subject, operation, target } = filter;
    let newest: Option<i64> =
        connection.prepare_cached("SELECT max(sequence) FROM audit")?.query_row([], |row| row.get(0))?;
    let end = before.unwrap_or(i64::MAX).min(newest.unwrap_or(0).saturating_add(1));
    let everything = subject.is_none() && operation.is_none() && target.is_none();
    let start = if everything { 0 } else { end.saturating_sub(LOOKED_THROUGH).max(0) };
    let mut statement = connection.prepare_cached(
        "SELECT sequence, at, request_id, subject, jti, operation, status, target, file_sha256, outcome \
         FROM audit WHERE sequence < ?1 AND sequence >= ?2 AND (?4 IS NULL OR subject = ?4) \
         AND (?5 IS NULL OR operation = ?5) AND (?6 IS NULL OR target = ?6) ORDER BY sequence DESC LIMIT ?3",
    )?;
    let records: Vec<_> = statement
        .query_map(params![end, start, limit, subject, operation, target], record)?
        .collect::<rusqlite::Result<_>>()?;
    let full = u32::try_from(records.len()).is_ok_and(|found| found >= *limit);
    let next = match records.last() {
        Some(last) if full => Some(last.sequence),
        _ => (start > 1).then_some(start),
    };
    Ok(AuditPage { records, next })
}

fn record(row: &Row<'_>) -> rusqlite::Result<AuditRecord> {
    let outcome: Option<String> = row.get(9)?;
    Ok(AuditRecord {
        sequence: row.get(0)?,
        at: time(row.get(1)?),
        entry: AuditEntry {
            request_id: row.get(2)?,
            subject: row.get(3)?,
            jti: row.get(4)?,
            operation: row.get(5)?,
            status: row.get(6)?,
            target: row.get(7)?,
            file_sha256: row.get(8)?,
            outcome: outcome.and_then(|text| serde_json::from_str(&text).ok()),
        },
    })
}

/// Writes a record and gives back its sequence.
pub(super) fn append(connection: &Connection, at: i64, entry: &AuditEntry) -> Result<i64, Fault> {
    connection
        .prepare_cached(
            "INSERT INTO audit \
             (at, request_id, subject, jti, operation, status, target, file_sha256, outcome) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            at,
            entry.request_id,
            entry.subject,
            entry.jti,
            entry.operation,
            entry.status,
            entry.target,
            entry.file_sha256,
            entry.outcome.as_ref().map(ToString::to_string),
        ])?;
    Ok(connection.last_insert_rowid())
}
