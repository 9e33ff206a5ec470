//! Audit: who did what, when, to what, from which file, with what result.
//!
//! The record of a change is a row of its own, in the commit of the change. Those of calls that changed nothing come by a
//! [journal], many to a row. A page shows both, in the order of their calls.

mod batch;
mod journal;

use std::cmp::Reverse;
use std::ops::Range;

use fanpass_model::operations;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use serde::{Deserialize, Serialize};

use super::error::{Fault, StoreError};
use super::{Store, Trace, time};
pub(super) use batch::records;
pub(super) use journal::{Journal, is_journal, waiting};

/// Calls that are none of the contract's operations.
const OTHERS: [&str; 2] = ["developmentToken", "portalSignIn"];

/// The operations of which there are records.
pub(crate) fn audited_operations() -> impl Iterator<Item = &'static str> {
    operations::ALL.iter().map(|operation| operation.id).chain(OTHERS)
}

/// One call, as the audit keeps it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// The call's request id.
    pub request_id: String,
    /// Who the token was made for; absent for a call without a valid one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The token's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// The operation's id, such as `updateUser`.
    pub operation: String,
    /// The HTTP status that was answered.
    pub status: u16,
    /// What it was about: a segment's name, a hashed user id, an attribute key, a token's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// SHA-256 of an uploaded file, lower-case hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_sha256: Option<String>,
    /// Figures of the result.
    #[serde(skip_serializing_if = "Option::is_none")]
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

impl AuditFilter {
    fn lets_through(&self, entry: &AuditEntry) -> bool {
        let same = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
        };
        same(&self.subject, entry.subject.as_deref())
            && same(&self.operation, Some(&entry.operation))
            && same(&self.target, entry.target.as_deref())
    }
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
    /// Keeps the record of a change that another file holds, or none: it is on the disk when this returns.
    ///
    /// # Errors
    /// [`Busy`](super::StoreErrorKind::Busy) when too many writes wait, [`Full`](super::StoreErrorKind::Full),
    /// [`Io`](super::StoreErrorKind::Io).
    pub async fn append_audit(&self, entry: impl Into<Trace>) -> Result<(), StoreError> {
        let (now, trace) = (self.now(), entry.into());
        let write = move |connection: &Connection| trace.write(connection, now).map(drop);
        self.0.service.write("write an audit record", write).await
    }

    /// Keeps the record of a call that changed nothing. It outlives this process from here on, and is on the disk soon: a
    /// failure of the machine may take those of the last quarter of a second.
    ///
    /// # Errors
    /// [`Busy`](super::StoreErrorKind::Busy) when too many records wait for the disk, [`Full`](super::StoreErrorKind::Full),
    /// [`Io`](super::StoreErrorKind::Io).
    pub fn append_audit_soon(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        if self.0.journal.append(self.now(), entry)? {
            self.0.service.commit_soon("keep audit records");
        }
        Ok(())
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

    /// A page of the records that `filter` lets through, those of all calls answered so far among them.
    ///
    /// # Errors
    /// [`Busy`](super::StoreErrorKind::Busy), [`Full`](super::StoreErrorKind::Full), [`Corrupt`](super::StoreErrorKind::Corrupt), [`Io`](super::StoreErrorKind::Io).
    pub async fn audit_page(&self, filter: AuditFilter) -> Result<AuditPage, StoreError> {
        self.0.service.write("keep audit records", |_| Ok(())).await?;
        self.0.service.read("read the audit", move |connection| page(connection, &filter)).await
    }
}

fn page(connection: &Connection, filter: &AuditFilter) -> Result<AuditPage, Fault> {
    let newest: i64 = connection
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")?
        .query_row([], |row| row.get(0))?;
    let end = filter.before.unwrap_or(i64::MAX).min(newest.saturating_add(1));
    let AuditFilter { subject, operation, target, .. } = filter;
    let everything = subject.is_none() && operation.is_none() && target.is_none();
    let start = if everything { 0 } else { end.saturating_sub(LOOKED_THROUGH).max(0) };
    let most = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let mut records = changes(connection, filter, start..end)?;
    records.extend(others(connection, filter, start..end, most)?);
    records.sort_unstable_by_key(|record| Reverse(record.sequence));
    records.truncate(most);
    let next = match records.last() {
        Some(last) if records.len() >= most => Some(last.sequence),
        _ => (start > 1).then_some(start),
    };
    Ok(AuditPage { records, next })
}

/// The newest records of changes in a range of sequences, as many as `filter` asks for.
fn changes(
    connection: &Connection,
    filter: &AuditFilter,
    range: Range<i64>,
) -> rusqlite::Result<Vec<AuditRecord>> {
    let AuditFilter { limit, subject, operation, target, .. } = filter;
    let mut statement = connection.prepare_cached(
        "SELECT sequence, at, request_id, subject, jti, operation, status, target, file_sha256, outcome \
         FROM audit WHERE sequence < ?1 AND sequence >= ?2 AND (?4 IS NULL OR subject = ?4) \
         AND (?5 IS NULL OR operation = ?5) AND (?6 IS NULL OR target = ?6) ORDER BY sequence DESC LIMIT ?3",
    )?;
    statement.query_map(params![range.end, range.start, limit, subject, operation, target], record)?.collect()
}

/// The newest records of other calls in a range of sequences: `most` of them, or somewhat more.
fn others(
    connection: &Connection,
    filter: &AuditFilter,
    range: Range<i64>,
    most: usize,
) -> Result<Vec<AuditRecord>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT first, records FROM audit_batches WHERE last < ?1 AND last >= ?2 AND first < ?3 ORDER BY last DESC",
    )?;
    let mut rows =
        statement.query(params![range.end.saturating_add(batch::RECORDS_MAX), range.start, range.end])?;
    let mut found = Vec::new();
    while found.len() < most
        && let Some(row) = rows.next()?
    {
        let lines = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        for record in batch::records(row.get(0)?, lines) {
            let record = record?;
            if range.contains(&record.sequence) && filter.lets_through(&record.entry) {
                found.push(record);
            }
        }
    }
    Ok(found)
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
