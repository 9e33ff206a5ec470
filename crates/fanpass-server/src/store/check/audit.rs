//! What must hold of the audit: each record that was written is there, as it was written, under a number of its own.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::Connection;

use super::kept::{known_operations, unknown_operations};
use super::{Check, RESTORE, count};
use crate::store::SERVICE;
use crate::store::audit::{self, AuditEntry, AuditRecord, audited_operations, records};

pub(super) fn check(check: &mut Check, connection: &Connection, data: &Path) {
    check.step(SERVICE.file, |check| numbers(check, connection));
    check.step(SERVICE.file, |check| content(check, connection));
    if !check.in_use {
        waiting(check, data);
    }
}

fn place() -> String {
    format!("{}, audit", SERVICE.file)
}

fn numbers(check: &mut Check, connection: &Connection) -> rusqlite::Result<()> {
    let last = count(
        connection,
        "SELECT max((SELECT coalesce(max(sequence), 0) FROM audit), \
         (SELECT coalesce(max(last), 0) FROM audit_batches))",
    )?;
    let given = count(connection, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'audit'")?;
    if last != given {
        let what = format!("its last record is {last}, and {given} were written: the newest are gone");
        check.damage(place(), what, RESTORE);
    }
    let shared = count(
        connection,
        "SELECT (SELECT count(*) FROM audit_batches JOIN audit ON sequence BETWEEN first AND last) \
         + (SELECT count(*) FROM (SELECT first, lag(last, 1, 0) OVER (ORDER BY last) AS before FROM audit_batches) \
         WHERE first <= before)",
    )?;
    if shared > 0 {
        check.damage(place(), format!("{shared} records share their numbers with others"), RESTORE);
    }
    Ok(())
}

fn content(check: &mut Check, connection: &Connection) -> rusqlite::Result<()> {
    check.audit_records = count(connection, "SELECT count(*) FROM audit")?;
    let mut wrong = count(
        connection,
        "SELECT count(*) FROM audit WHERE at <= 0 OR status NOT BETWEEN 100 AND 599 OR operation = '' \
         OR subject = '' OR jti = '' OR (outcome IS NOT NULL AND NOT json_valid(outcome))",
    )?;
    let mut unknown: u64 = connection.query_row(
        "SELECT count(*) FROM audit WHERE operation NOT IN (SELECT value FROM json_each(?1)) AND operation <> ''",
        [known_operations()],
        |row| row.get(0),
    )?;
    let mut statement = connection.prepare("SELECT first, last, records FROM audit_batches")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (first, last): (i64, i64) = (row.get(0)?, row.get(1)?);
        let records = records(first, row.get_ref(2)?.as_str()?).flatten().filter(is_possible);
        let (mut good, mut foreign) = (0_u64, 0);
        for record in records {
            good += 1;
            foreign += u64::from(!audited_operations().any(|known| known == record.entry.operation));
        }
        let told = last.saturating_sub(first).saturating_add(1).unsigned_abs();
        check.audit_records = check.audit_records.saturating_add(told);
        wrong += told.abs_diff(good);
        unknown += foreign;
    }
    if wrong > 0 {
        check.damage(place(), format!("{wrong} records cannot have been written as they stand"), RESTORE);
    }
    unknown_operations(check, place(), (unknown, "records"));
    Ok(())
}

fn is_possible(record: &AuditRecord) -> bool {
    let AuditEntry { status, operation, subject, jti, .. } = &record.entry;
    let named = |name: &Option<String>| name.as_deref() != Some("");
    record.at > Timestamp::UNIX_EPOCH
        && (100..600).contains(status)
        && !operation.is_empty()
        && named(subject)
        && named(jti)
}

/// Journals of a service that was killed.
fn waiting(check: &mut Check, data: &Path) {
    if audit::waiting(data).is_ok_and(|journals| journals > 0) {
        let what = "the service was killed, and the records of its last calls may be in a journal alone";
        check.notice(place(), what, "the next start takes them in");
    }
}
