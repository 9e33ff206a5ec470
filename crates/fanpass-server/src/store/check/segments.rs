//! What must hold in `segments.db`: segments, their versions, imports and the uploads these need.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use fanpass_model::{ImportId, SegmentName};
use rusqlite::{Connection, params};

use super::members::List;
use super::{Check, RESTORE, count};
use crate::store::SEGMENTS;
use crate::store::snapshot::copy_hashed;

const AGAIN: &str = "import the segment again, or restore a snapshot";

pub(super) fn check(check: &mut Check, connection: &Connection, data: &Path) {
    let file = SEGMENTS.file;
    check.step(file, |check| segments(check, connection));
    check.step(file, |check| other_versions(check, connection));
    check.step(file, |check| imports(check, connection));
    check.step(file, |check| uploads(check, connection, data));
}

fn segments(check: &mut Check, connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT name, segments.version, members, versions.version IS NOT NULL, imports.completed_at IS NOT NULL \
         FROM segments LEFT JOIN versions ON versions.version = segments.version \
         LEFT JOIN imports ON imports.sequence = segments.import ORDER BY name",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (name, version, said): (String, i64, u64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let place = format!("{}, segment `{}`", SEGMENTS.file, name.escape_debug());
        check.segments += 1;
        if let Err(error) = SegmentName::validate(&name) {
            check.damage(&place, error.to_string(), RESTORE);
        }
        if !row.get::<_, bool>(3)? {
            check.damage(&place, "its list is not there", AGAIN);
        }
        if !row.get::<_, bool>(4)? {
            check.damage(&place, "the import that made it has not ended", AGAIN);
        }
        let members = List { place: &place, next: AGAIN }.check(check, connection, version)?;
        check.members += members;
        if members != said {
            check.damage(&place, format!("its list holds {members} members and it says {said}"), AGAIN);
        }
    }
    Ok(())
}

/// Lists that are no segment's: being written, or left to be deleted.
fn other_versions(check: &mut Check, connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT versions.version, imports.completed_at IS NULL FROM versions \
         JOIN imports ON imports.sequence = versions.import \
         WHERE versions.version NOT IN (SELECT version FROM segments) ORDER BY versions.version",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (version, under_way): (i64, bool) = (row.get(0)?, row.get(1)?);
        let place = format!("{}, list {version}", SEGMENTS.file);
        let (what, next) = if under_way {
            ("an import is writing it, or was when the service ended", "the next start takes the import up")
        } else {
            ("no segment needs it any more", "the service deletes it in the background")
        };
        check.notice(&place, what, next);
        List { place: &place, next: "it is nobody's and will be deleted" }
            .check(check, connection, version)?;
    }
    let mut statement = connection
        .prepare("SELECT version, count(*) FROM blocks WHERE version NOT IN (SELECT version FROM versions) GROUP BY version")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (version, blocks): (i64, u64) = (row.get(0)?, row.get(1)?);
        let place = format!("{}, list {version}", SEGMENTS.file);
        check.damage(place, format!("{blocks} blocks belong to a list that is not there"), RESTORE);
    }
    Ok(())
}

fn imports(check: &mut Check, connection: &Connection) -> rusqlite::Result<()> {
    check.imports = count(connection, "SELECT count(*) FROM imports")?;
    let mut statement = connection.prepare(
        "SELECT id, segment, state, completed_at IS NOT NULL, total, processed, imported, duplicate, rejected, \
         (SELECT count(*) FROM import_errors WHERE import = sequence) FROM imports ORDER BY sequence",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, segment, state): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let place = format!("{}, import {}", SEGMENTS.file, id.escape_debug());
        if ImportId::new(id).is_err() || SegmentName::validate(&segment).is_err() {
            check.damage(&place, "its id or its segment's name is not valid", RESTORE);
        }
        let over: bool = row.get(3)?;
        if over != ["completed", "failed", "cancelled"].contains(&state.as_str()) {
            check.damage(&place, format!("it is {state} and its end says otherwise"), RESTORE);
        }
        let total: Option<u64> = row.get(4)?;
        let [processed, imported, duplicate, rejected, named] =
            [row.get::<_, u64>(5)?, row.get(6)?, row.get(7)?, row.get(8)?, row.get(9)?];
        let sum = imported.saturating_add(duplicate).saturating_add(rejected);
        if state == "completed" && (total != Some(sum) || processed != sum) {
            let what = format!(
                "its {processed} rows are not {imported} imported + {duplicate} duplicate + {rejected} rejected"
            );
            check.damage(&place, what, AGAIN);
        }
        if named > rejected {
            check.damage(&place, format!("it names {named} refused rows of {rejected}"), RESTORE);
        }
    }
    Ok(())
}

/// The uploads that imports wait for, each held against its digest, and those that none does.
fn uploads(check: &mut Check, connection: &Connection, data: &Path) -> rusqlite::Result<()> {
    let spool = data.join("spool");
    let mut statement = connection.prepare(
        "SELECT id, spool, file_sha256 FROM imports WHERE completed_at IS NULL AND spool IS NOT NULL",
    )?;
    let mut rows = statement.query(params![])?;
    let mut needed = HashSet::new();
    while let Some(row) = rows.next()? {
        let (id, name): (String, String) = (row.get(0)?, row.get(1)?);
        let digest: Option<String> = row.get(2)?;
        let place = format!("spool/{}", name.escape_debug());
        let next = format!("send the file of import {} again once it has failed", id.escape_debug());
        let read = File::open(spool.join(&name)).and_then(|mut file| copy_hashed(&mut file, &mut io::sink()));
        match read {
            Ok((_, found)) if Some(&found) != digest.as_ref() => {
                check.damage(place, "it is not what was uploaded", next);
            }
            Ok(_) => {}
            // Imported meanwhile, most likely.
            Err(error) if error.kind() == io::ErrorKind::NotFound && check.in_use => {}
            Err(error) => check.damage(place, format!("its import needs it: {error}"), next),
        }
        needed.insert(name);
    }
    if check.in_use {
        return Ok(());
    }
    for entry in fs::read_dir(&spool).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if !name.to_str().is_some_and(|name| needed.contains(name)) {
            let place = format!("spool/{}", name.display());
            check.notice(place, "no import needs it any more", "the next start removes it");
        }
    }
    Ok(())
}
