//! What must hold of the memberships in `segments.db`: lists, the versions they make, and those that are served.

use std::path::Path;

use fanpass_model::SegmentName;
use fanpass_sorted::BlockReader;
use rusqlite::{Connection, params};

use super::list::List;
use super::{AGAIN, Check, RESTORE, imports};
use crate::store::SEGMENTS;
use crate::store::error::Fault;
use crate::store::members::holds;

pub(super) fn check(check: &mut Check, connection: &Connection, data: &Path) {
    let file = SEGMENTS.file;
    check.step(file, |check| lists(check, connection));
    check.step(file, |check| versions(check, connection));
    check.step(file, |check| segments(check, connection));
    imports::check(check, connection, data);
}

/// All lists: those that versions name, those being written, and those left to be deleted.
fn lists(check: &mut Check, connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT list, completed_at IS NULL, (SELECT segment FROM versions WHERE base = list LIMIT 1), \
         (SELECT segment FROM versions WHERE added = list LIMIT 1), \
         (SELECT segment FROM versions WHERE removed = list LIMIT 1), blocks \
         FROM lists LEFT JOIN imports ON sequence = import ORDER BY list",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (list, under_way): (i64, bool) = (row.get(0)?, row.get(1)?);
        let [base, added, removed]: [Option<String>; 3] = [row.get(2)?, row.get(3)?, row.get(4)?];
        let segment = base.or(added).or(removed);
        let place = match &segment {
            Some(segment) => {
                format!("{}, list {list} of segment `{}`", SEGMENTS.file, segment.escape_debug())
            }
            None => format!("{}, list {list}", SEGMENTS.file),
        };
        if segment.is_none() {
            let (what, next) = if under_way {
                (
                    "an import is writing it, or was when the service ended",
                    "the next start takes the import up",
                )
            } else {
                ("no version needs it any more", "the service deletes it in the background")
            };
            check.notice(&place, what, next);
        }
        let next = if segment.is_some() { AGAIN } else { "it is nobody's and will be deleted" };
        // One that is nobody's may be deleted in part.
        let blocks = row.get::<_, Option<u64>>(5)?.filter(|_| segment.is_some());
        List { place: &place, blocks, next }.check(check, connection, list)?;
    }
    let mut statement = connection.prepare(
        "SELECT list, count(*) FROM blocks WHERE list NOT IN (SELECT list FROM lists) GROUP BY list",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (list, blocks): (i64, u64) = (row.get(0)?, row.get(1)?);
        let place = format!("{}, list {list}", SEGMENTS.file);
        check.damage(place, format!("{blocks} blocks belong to a list that is not there"), RESTORE);
    }
    Ok(())
}

fn versions(check: &mut Check, connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT versions.import, versions.segment, base, added, removed, members, stage, imports.segment \
         FROM versions LEFT JOIN imports ON sequence = versions.import ORDER BY versions.import",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (number, segment, base): (i64, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let place = format!("{}, version {number} of segment `{}`", SEGMENTS.file, segment.escape_debug());
        let (added, removed): (Option<i64>, Option<i64>) = (row.get(3)?, row.get(4)?);
        let said: i64 = row.get(5)?;
        let (stage, of): (Option<String>, Option<String>) = (row.get(6)?, row.get(7)?);
        check.versions += 1;
        if stage.as_deref() != Some("published") {
            check.damage(&place, "the import that made it has not ended", AGAIN);
        }
        if of.is_some_and(|of| of != segment) {
            check.damage(&place, "the import that made it was for another segment", AGAIN);
        }
        let count = |list: Option<i64>| ids(connection, list);
        let members = count(Some(base))? + count(added)? - count(removed)?;
        if members != said {
            check.damage(&place, format!("its lists make {members} members and it says {said}"), AGAIN);
        }
        for (list, in_base, what) in [
            (added, true, "an id is added that its list has already"),
            (removed, false, "an id is removed that its list does not have"),
        ] {
            // A block that cannot be read is a finding of its list.
            if let Some(list) = list
                && any(connection, list, |id| Ok(holds(connection, &segment, base, id)? == in_base))
                    .unwrap_or_default()
            {
                check.damage(&place, what, AGAIN);
            }
        }
    }
    Ok(())
}

fn segments(check: &mut Check, connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT name, members, segment, \
         import < (SELECT max(import) FROM versions AS known WHERE known.segment = name) \
         FROM segments LEFT JOIN versions USING (import) ORDER BY name",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (name, members, of): (String, Option<u64>, Option<String>) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let place = format!("{}, segment `{}`", SEGMENTS.file, name.escape_debug());
        check.segments += 1;
        check.members += members.unwrap_or_default();
        if let Err(error) = SegmentName::validate(&name) {
            check.damage(&place, error.to_string(), RESTORE);
        }
        match of {
            None => check.damage(&place, "the version that it serves is not there", AGAIN),
            Some(of) if of != name => {
                check.damage(&place, "the version that it serves is another segment's", AGAIN);
            }
            // A rollback makes a version of its own, which is the newest.
            Some(_) if row.get::<_, Option<bool>>(3)? == Some(true) => {
                check.damage(&place, "it serves an older version than its newest", AGAIN);
            }
            Some(_) => {}
        }
    }
    let mut statement = connection
        .prepare("SELECT segment, count(*) FROM versions GROUP BY segment HAVING segment NOT IN (SELECT name FROM segments)")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (segment, versions): (String, u64) = (row.get(0)?, row.get(1)?);
        let place = format!("{}, segment `{}`", SEGMENTS.file, segment.escape_debug());
        check.damage(place, format!("it is not there, and {versions} versions of it are"), AGAIN);
    }
    Ok(())
}

/// How many ids the blocks of a list say they hold; each is held against what it says.
fn ids(connection: &Connection, list: Option<i64>) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT coalesce(sum(count), 0) FROM blocks WHERE list = ?1")?
        .query_row([list], |row| row.get(0))
}

/// Whether any id of a list is such a one.
fn any(
    connection: &Connection,
    list: i64,
    mut such: impl FnMut(&str) -> Result<bool, Fault>,
) -> Result<bool, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT ids FROM blocks WHERE list = ?1 ORDER BY first_id")?;
    let mut rows = statement.query(params![list])?;
    while let Some(row) = rows.next()? {
        let block: Vec<u8> = row.get(0)?;
        let Ok(mut reader) = BlockReader::new(block) else { return Ok(false) };
        while let Ok(Some(id)) = reader.next_id() {
            if such(id)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
