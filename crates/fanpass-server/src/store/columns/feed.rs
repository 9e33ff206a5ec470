//! What the columns do not know yet of the users of `service.db`.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::record::{Keys, write_record};
use super::standing::{Moment, Standing};
use crate::store::error::Fault;
use crate::store::users::damaged;

/// Changes that one step takes at most, and bytes of attributes after which it ends.
const CHANGES_MAX: usize = 10_000;
const BYTES_MAX: usize = 8 << 20;
/// Users told of without a change that one step takes at most.
const TOUCHED_MAX: u32 = 1_000;

/// What comes next.
#[derive(Debug)]
pub(super) struct Feed {
    /// How far the columns are with it.
    pub(super) standing: Standing,
    /// The last of those users that no change tells of.
    pub(super) touched: Option<i64>,
    pub(super) users: Vec<Present>,
    /// Whether there is more.
    pub(super) more: bool,
}

/// What a user is now.
#[derive(Debug)]
pub(super) struct Present {
    pub(super) id: String,
    /// None: erased.
    pub(super) record: Option<Vec<u8>>,
}

/// What changed behind `standing`, as the users are now; `None` where it cannot be told: changes were forgotten, or this is not
/// the `service.db` that the columns were made of.
pub(super) fn read(
    connection: &Connection,
    standing: &Standing,
    keys: &mut Keys,
) -> Result<Option<Feed>, Fault> {
    let forgotten: i64 =
        connection.prepare_cached("SELECT forgotten FROM totals")?.query_row([], |row| row.get(0))?;
    if forgotten > standing.taken || !standing.fits(connection)? {
        return Ok(None);
    }
    let standing = Standing { moment: Moment::newest(connection)?, ..standing.clone() };
    let mut feed = Feed { standing, touched: None, users: Vec::new(), more: false };
    changed(connection, &mut feed, keys)?;
    touched(connection, &mut feed, keys)?;
    Ok(Some(feed))
}

/// The number of the newest change, past which a build need not know any.
pub(super) fn newest(connection: &Connection) -> Result<i64, Fault> {
    let sql = "SELECT max(forgotten, coalesce((SELECT max(sequence) FROM user_changes), 0)) FROM totals";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

fn changed(connection: &Connection, feed: &mut Feed, keys: &mut Keys) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, user FROM user_changes WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
    )?;
    let mut user = connection.prepare_cached("SELECT id, attributes FROM users WHERE rowid = ?1")?;
    let mut rows = statement.query(params![feed.standing.taken, CHANGES_MAX])?;
    let (mut known, mut changes, mut bytes) = (HashSet::new(), 0, 0);
    while let Some(row) = rows.next()? {
        if bytes > BYTES_MAX {
            feed.more = true;
            return Ok(());
        }
        let (sequence, row): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
        (feed.standing.taken, changes) = (sequence, changes + 1);
        // Whoever is erased meanwhile is told of below.
        if let Some(row) = row
            && known.insert(row)
            && let Some(present) = user.query_row([row], |row| Ok(present(row, keys))).optional()?
        {
            let present = present?;
            bytes += present.record.as_ref().map_or(0, Vec::len);
            feed.users.push(present);
        }
    }
    feed.more = changes == CHANGES_MAX;
    Ok(())
}

fn touched(connection: &Connection, feed: &mut Feed, keys: &mut Keys) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT touched.id, attributes, sequence FROM touched LEFT JOIN users USING (id) ORDER BY sequence LIMIT ?1",
    )?;
    let mut rows = statement.query([TOUCHED_MAX])?;
    let before = feed.users.len();
    while let Some(row) = rows.next()? {
        feed.users.push(present(row, keys)?);
        feed.touched = row.get(2)?;
    }
    feed.more |= feed.users.len() - before == usize::try_from(TOUCHED_MAX).unwrap_or(usize::MAX);
    Ok(())
}

fn present(row: &Row<'_>, keys: &mut Keys) -> Result<Present, Fault> {
    let attributes = row.get_ref(1)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    let record = attributes.map(|attributes| {
        let mut record = Vec::new();
        write_record(attributes, keys, &mut record).map(|()| record)
    });
    let record = record.transpose().map_err(|_| damaged("user's attributes"))?;
    Ok(Present { id: row.get(0)?, record })
}
