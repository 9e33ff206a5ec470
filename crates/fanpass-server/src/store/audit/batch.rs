//! Audit records that a row holds many of, a line of JSON each.

use std::io::{self, BufRead};

use rusqlite::{Connection, params};
use serde::de::IgnoredAny;

use super::journal::Place;
use super::{AuditEntry, AuditRecord};
use crate::store::error::{Fault, StoreError, StoreErrorKind};
use crate::store::time;

/// Records in a row at most; how far back a page has to look for the rows that reach into it.
pub(super) const RECORDS_MAX: i64 = 512;
/// Bytes past which a row is full.
const ROW_BYTES: usize = 64 << 10;

/// A record as a line.
pub(super) fn line(at: i64, entry: &AuditEntry) -> Result<Vec<u8>, StoreError> {
    let mut line = serde_json::to_vec(&(at, entry)).map_err(|error| {
        StoreError::new(StoreErrorKind::Io, format!("could not write an audit record as JSON: {error}"))
    })?;
    line.push(b'\n');
    Ok(line)
}

/// How far the journals are in the database.
pub(super) fn taken(connection: &Connection) -> Result<Place, Fault> {
    let mut statement = connection.prepare_cached("SELECT journal, journal_bytes FROM totals")?;
    Ok(statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Notes down how far they are now.
pub(super) fn set_taken(connection: &Connection, (journal, bytes): Place) -> Result<(), Fault> {
    connection
        .prepare_cached("UPDATE totals SET journal = ?1, journal_bytes = ?2")?
        .execute(params![journal, bytes])?;
    Ok(())
}

/// Keeps the records of a journal.
pub(super) fn keep(connection: &Connection, mut lines: impl BufRead) -> Result<(), Fault> {
    let mut batch = Batch::default();
    let (mut line, mut cut_off) = (Vec::new(), 0_u64);
    loop {
        line.clear();
        let read = lines.read_until(b'\n', &mut line);
        if read.map_err(|error| unreadable(&error))? == 0 {
            break;
        }
        match str::from_utf8(&line) {
            Ok(line) if serde_json::from_str::<(i64, IgnoredAny)>(line).is_ok() => {
                batch.add(connection, line)?;
            }
            // As it was seen whether there is room.
            Ok("\n") => {}
            _ => cut_off += 1,
        }
    }
    batch.flush(connection)?;
    if cut_off > 0 {
        // By a full disk, which the caller was told, or with the machine.
        tracing::warn!(lines = cut_off, "a journal of the audit holds lines that were cut off");
    }
    Ok(())
}

/// The records of a row on their way into it.
#[derive(Default)]
struct Batch {
    lines: String,
    records: i64,
}

impl Batch {
    fn add(&mut self, connection: &Connection, line: &str) -> rusqlite::Result<()> {
        self.lines.push_str(line);
        self.records += 1;
        if self.records < RECORDS_MAX && self.lines.len() < ROW_BYTES {
            Ok(())
        } else {
            self.flush(connection)
        }
    }

    fn flush(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if self.records == 0 {
            return Ok(());
        }
        let last: i64 = connection
            .prepare_cached("UPDATE sqlite_sequence SET seq = seq + ?1 WHERE name = 'audit' RETURNING seq")?
            .query_row([self.records], |row| row.get(0))?;
        connection
            .prepare_cached("INSERT INTO audit_batches (last, first, records) VALUES (?1, ?2, ?3)")?
            .execute(params![last, last - self.records + 1, self.lines])?;
        self.lines.clear();
        self.records = 0;
        Ok(())
    }
}

/// The records of a row, the first of which has the sequence `first`.
pub(in crate::store) fn records(
    first: i64,
    lines: &str,
) -> impl Iterator<Item = Result<AuditRecord, StoreError>> {
    (first..).zip(lines.lines()).map(|(sequence, line)| {
        let (at, entry) = serde_json::from_str(line).map_err(|error| damaged(sequence, &error))?;
        Ok(AuditRecord { sequence, at: time(at), entry })
    })
}

fn unreadable(error: &io::Error) -> StoreError {
    StoreError::new(StoreErrorKind::Io, format!("could not read a journal of the audit: {error}"))
}

fn damaged(sequence: i64, error: &serde_json::Error) -> StoreError {
    let message =
        format!("the audit record {sequence} in service.db is damaged: {error}; restore a snapshot");
    StoreError::new(StoreErrorKind::Corrupt, message)
}
