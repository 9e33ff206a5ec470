//! What must hold of the answers that both databases keep under idempotency keys.

use fanpass_model::operations::{CREATE_SEGMENT, IMPORT_SEGMENT, ISSUE_TOKEN};
use rusqlite::{Connection, params};

use super::{Check, RESTORE};
use crate::store::audit::audited_operations;

/// Operations of whose answers the id alone is kept, of an import or a token.
const BY_ID: [&str; 3] = [CREATE_SEGMENT.id, IMPORT_SEGMENT.id, ISSUE_TOKEN.id];

pub(super) fn check(check: &mut Check, connection: &Connection, file: &str) -> rusqlite::Result<()> {
    let place = format!("{file}, answers under keys");
    let wrong: u64 = connection.query_row(
        "SELECT count(*) FROM idempotency WHERE length(fingerprint) <> 32 OR operation = '' OR key = '' OR at <= 0 \
         OR iif(operation IN (SELECT value FROM json_each(?1)), answer = '', NOT json_valid(answer))",
        [names(BY_ID)],
        |row| row.get(0),
    )?;
    if wrong > 0 {
        check.damage(&place, format!("{wrong} of them cannot have been written as they stand"), RESTORE);
    }
    let unknown: u64 = connection.query_row(
        "SELECT count(*) FROM idempotency WHERE operation NOT IN (SELECT value FROM json_each(?1))",
        params![known_operations()],
        |row| row.get(0),
    )?;
    unknown_operations(check, place, (unknown, "of them"));
    Ok(())
}

/// Reports how many of `place` are of operations that no FanPass of ours has written, if any.
pub(super) fn unknown_operations(check: &mut Check, place: String, (unknown, things): (u64, &str)) {
    if unknown > 0 {
        let what = format!("{unknown} {things} are of operations that this FanPass does not know");
        check.damage(place, what, format!("check it with the FanPass that wrote them, or {RESTORE}"));
    }
}

/// All operations, as JSON for a statement.
pub(super) fn known_operations() -> String {
    names(audited_operations())
}

fn names(operations: impl IntoIterator<Item = &'static str>) -> String {
    serde_json::Value::from_iter(operations).to_string()
}
