//! Pages of the audit: records of changes and of other calls together, newest first.

use std::cmp::Reverse;
use std::ops::Range;

use rusqlite::{Connection, Row, params};

use super::{AuditEntry, AuditRecord, batch};
use crate::store::error::{Fault, StoreError};
use crate::store::{Store, time};

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
    /// Records before the one numbered `before` (the newest ones when absent), newest first, at most `limit`.
    ///
    /// # Errors
    /// [`Corrupt`](crate::store::StoreErrorKind::Corrupt), [`Io`](crate::store::StoreErrorKind::Io).
    pub async fn audit(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.audit_page(AuditFilter { before, limit, ..AuditFilter::default() })
            .await
            .map(|page| page.records)
    }

    /// A page of the records that `filter` lets through, those of all calls answered so far among them.
    ///
    /// # Errors
    /// [`Busy`](crate::store::StoreErrorKind::Busy), [`Full`](crate::store::StoreErrorKind::Full), [`Corrupt`](crate::store::StoreErrorKind::Corrupt), [`Io`](crate::store::StoreErrorKind::Io).
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
