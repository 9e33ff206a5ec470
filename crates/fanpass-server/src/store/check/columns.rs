//! What must hold in `columns.db`, the copy of the users by column: that it is whole in itself, and says what `service.db` says.

use std::path::Path;

use rusqlite::{Connection, Transaction};

use super::{Check, integrity, open};
use crate::store::SERVICE;
use crate::store::columns::{COLUMNS, LeftOut, Standing, Sums, left_out, verify};

/// What helps against any damage of a copy.
pub(super) const DELETE: &str =
    "stop the service and delete columns.db: it is made anew from the users, and nothing is lost";
/// Looks at most for a moment in which a running service does not change the copy.
const LOOKS_MAX: u32 = 100;

pub(super) fn check(check: &mut Check, data: &Path) -> rusqlite::Result<()> {
    // A service that was never asked to target has none.
    if !data.join(COLUMNS.file).is_file() {
        return Ok(());
    }
    let connection = open(check, data, &COLUMNS)?;
    if let Err(error) = examine(check, data, &connection) {
        check.damage(COLUMNS.file, format!("it cannot be read further: {error}"), DELETE);
    }
    Ok(())
}

fn examine(check: &mut Check, data: &Path, connection: &Connection) -> rusqlite::Result<()> {
    let service = open(check, data, &SERVICE).ok();
    let (copy, service) = at_one_moment(connection, service.as_ref())?;
    let version: usize = copy.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let notice = |check: &mut Check, what| {
        check.notice(COLUMNS.file, what, "the service makes it anew");
        Ok(())
    };
    if (1..COLUMNS.migrations.len()).contains(&version) {
        return notice(check, "it is of an older version");
    }
    integrity(check, &copy, COLUMNS.file, DELETE)?;
    let (built, standing) = if version == 0 { Default::default() } else { Standing::load(&copy)? };
    if !built {
        return notice(check, "it is not finished");
    }
    // What is wrong with that file is told where that is checked.
    let expected = service.as_deref().and_then(|service| expected(check, service, &standing).ok().flatten());
    let mut statement = match (&service, &expected) {
        (Some(service), Some(_)) => Some(left_out(service)?),
        _ => None,
    };
    let left_out = match &mut statement {
        Some(statement) => LeftOut::read(statement, standing.taken)?,
        None => LeftOut::none(),
    };
    let before = check.damages;
    let sums = verify(&copy, left_out, |place, what| {
        check.damage(format!("{}, {place}", COLUMNS.file), what, DELETE);
    })?;
    if let Some(expected) = expected
        && check.damages == before
    {
        compare(check, &sums, &expected);
    }
    Ok(())
}

/// Both databases as they stood at one moment: the copy has not changed while the other was opened. Without the other, if that
/// cannot be read or is never so.
fn at_one_moment<'c>(
    copy: &'c Connection,
    service: Option<&'c Connection>,
) -> rusqlite::Result<(Transaction<'c>, Option<Transaction<'c>>)> {
    let changes =
        |copy: &Connection| copy.pragma_query_value(None, "data_version", |row| row.get::<_, i64>(0));
    for _ in 0..LOOKS_MAX {
        let before = changes(copy)?;
        let Some(service) = service.and_then(|service| begin(service).ok()) else { break };
        let copy = begin(copy)?;
        if changes(&copy)? == before {
            return Ok((copy, Some(service)));
        }
    }
    Ok((begin(copy)?, None))
}

/// Begins to read.
fn begin(connection: &Connection) -> rusqlite::Result<Transaction<'_>> {
    let snapshot = connection.unchecked_transaction()?;
    snapshot.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(snapshot)
}

/// What the users of `service.db` come to whom the copy must know, if they can be told from those it need not.
fn expected(check: &mut Check, service: &Connection, standing: &Standing) -> rusqlite::Result<Option<Sums>> {
    if !standing.fits(service)? {
        check.damage(COLUMNS.file, "it knows calls that service.db does not have", DELETE);
        return Ok(None);
    }
    let forgotten: i64 = service.query_row("SELECT forgotten FROM totals", [], |row| row.get(0))?;
    if forgotten > standing.taken {
        check.notice(COLUMNS.file, "it lacks changes that are forgotten", "the service makes it anew");
        return Ok(None);
    }
    Sums::of_service(service, standing.taken)
}

fn compare(check: &mut Check, copy: &Sums, service: &Sums) {
    let users = (copy.users.count, service.users.count);
    if users.0 != users.1 {
        let what = format!("it holds {} users, and service.db {}", users.0, users.1);
        return check.damage(COLUMNS.file, what, DELETE);
    }
    if copy.users != service.users {
        return check.damage(COLUMNS.file, "its users are not those of service.db", DELETE);
    }
    let mut keys: Vec<_> = copy.attributes.keys().chain(service.attributes.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let of = |sums: &Sums| sums.attributes.get(key).copied().unwrap_or_default();
        let (copy, service) = (of(copy), of(service));
        if copy == service {
            continue;
        }
        let what = if copy.count == service.count {
            "its values are not those of service.db".to_owned()
        } else {
            format!("{} users carry it, and in service.db {}", copy.count, service.count)
        };
        check.damage(format!("{}, attribute `{}`", COLUMNS.file, key.escape_debug()), what, DELETE);
    }
}
