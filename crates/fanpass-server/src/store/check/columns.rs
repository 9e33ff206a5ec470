//! What must hold in `columns.db`, the copy of the users by column: that it is whole in itself, and not ahead of `service.db`.

use std::path::Path;

use rusqlite::Connection;

use super::{Check, FAULTS_MAX, count};
use crate::store::SERVICE;
use crate::store::columns::{COLUMNS, verify};
use crate::store::database::open_reader;

/// What helps against any damage of a copy.
const DELETE: &str =
    "stop the service and delete columns.db: it is made anew from the users, and nothing is lost";

pub(super) fn check(check: &mut Check, data: &Path) -> rusqlite::Result<()> {
    let path = data.join(COLUMNS.file);
    // A service that was never asked to target has none.
    if !path.is_file() {
        return Ok(());
    }
    if let Err(error) = examine(check, data, &open_reader(&path)?) {
        check.damage(COLUMNS.file, format!("it cannot be read further: {error}"), DELETE);
    }
    Ok(())
}

fn examine(check: &mut Check, data: &Path, connection: &Connection) -> rusqlite::Result<()> {
    // All of it as it stands at one moment.
    let snapshot = connection.unchecked_transaction()?;
    let version: usize = snapshot.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 || count(&snapshot, "SELECT built FROM standing")? == 0 {
        check.notice(COLUMNS.file, "it is not finished", "the service makes it anew");
        return Ok(());
    }
    let mut statement = snapshot.prepare(&format!("PRAGMA integrity_check({FAULTS_MAX})"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let verdict: String = row.get(0)?;
        if verdict != "ok" {
            check.damage(COLUMNS.file, format!("SQLite finds: {verdict}"), DELETE);
        }
    }
    let users = verify(&snapshot, |place, what| {
        check.damage(format!("{}, {place}", COLUMNS.file), what, DELETE);
    })?;
    let taken = count(&snapshot, "SELECT taken FROM standing")?;
    let Ok(service) = open_reader(&data.join(SERVICE.file)) else { return Ok(()) };
    let service = service.unchecked_transaction()?;
    let newest = count(&service, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'audit'")?;
    if taken > newest {
        let what = format!("it knows changes up to {taken}, and service.db has {newest}");
        check.damage(COLUMNS.file, what, DELETE);
    }
    let unknown =
        "SELECT (SELECT count(*) FROM touched) + (SELECT count(*) FROM user_changes WHERE sequence > ?1)";
    let unknown: u64 = service.query_row(unknown, [taken], |row| row.get(0))?;
    let counted = count(&service, "SELECT users FROM totals")?;
    if unknown == 0 && users != counted {
        let what = format!("it holds {users} users, and service.db {counted}");
        check.damage(COLUMNS.file, what, DELETE);
    }
    Ok(())
}
