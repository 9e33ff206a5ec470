//! What must hold of the imports in `segments.db`, and of the uploads that they need.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use fanpass_model::{ImportId, SegmentName};
use rusqlite::{Connection, params};

use super::{AGAIN, Check, RESTORE, count};
use crate::store::SEGMENTS;
use crate::store::folder::SPOOL;
use crate::store::jobs::Stage;
use crate::store::snapshot::copy_hashed;

pub(super) fn check(check: &mut Check, connection: &Connection, data: &Path) {
    check.step(SEGMENTS.file, |check| imports(check, connection));
    check.step(SEGMENTS.file, |check| uploads(check, connection, data));
}

fn imports(check: &mut Check, connection: &Connection) -> rusqlite::Result<()> {
    check.imports = count(connection, "SELECT count(*) FROM imports")?;
    let mut statement = connection.prepare(
        "SELECT id, segment, stage, completed_at IS NOT NULL, total, processed, imported, duplicate, rejected, \
         (SELECT count(*) FROM import_errors WHERE import = sequence) FROM imports ORDER BY sequence",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, segment, stage): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let place = format!("{}, import {}", SEGMENTS.file, id.escape_debug());
        if ImportId::new(id).is_err() || SegmentName::validate(&segment).is_err() {
            check.damage(&place, "its id or its segment's name is not valid", RESTORE);
        }
        let over: bool = row.get(3)?;
        let ends = [Stage::Published, Stage::Failed, Stage::Cancelled].map(Stage::as_str);
        if over != ends.contains(&stage.as_str()) {
            check.damage(&place, format!("it is {stage} and its end says otherwise"), RESTORE);
        }
        let total: Option<u64> = row.get(4)?;
        let [processed, imported, duplicate, rejected, named] =
            [row.get::<_, u64>(5)?, row.get(6)?, row.get(7)?, row.get(8)?, row.get(9)?];
        let sum = imported.saturating_add(duplicate).saturating_add(rejected);
        if stage == Stage::Published.as_str() && (total != Some(sum) || processed != sum) {
            let what = format!(
                "its {processed} rows are not {imported} imported + {duplicate} duplicate + {rejected} rejected"
            );
            check.damage(&place, what, AGAIN);
        }
        // Rows of one under way are kept before they are counted.
        if over && named > rejected {
            check.damage(&place, format!("it names {named} refused rows of {rejected}"), RESTORE);
        }
    }
    Ok(())
}

/// The uploads that imports wait for, each held against its digest, and those that none does.
fn uploads(check: &mut Check, connection: &Connection, data: &Path) -> rusqlite::Result<()> {
    let spool = data.join(SPOOL);
    let mut statement = connection.prepare(
        "SELECT id, spool, file_sha256 FROM imports WHERE completed_at IS NULL AND spool IS NOT NULL",
    )?;
    let mut rows = statement.query(params![])?;
    let mut needed = HashSet::new();
    while let Some(row) = rows.next()? {
        let (id, name): (String, String) = (row.get(0)?, row.get(1)?);
        let digest: Option<String> = row.get(2)?;
        let place = format!("{SPOOL}/{}", name.escape_debug());
        let next = format!("send the file of import {} again once it has failed", id.escape_debug());
        let read = File::open(spool.join(&name)).and_then(|mut file| copy_hashed(&mut file, &mut io::sink()));
        match read {
            Ok((_, found)) if Some(&found) != digest.as_ref() => {
                check.damage(place, "it is not what was uploaded", next);
            }
            Ok(_) => {}
            // Imported meanwhile, most likely.
            Err(error) if error.kind() == io::ErrorKind::NotFound && check.in_use => {}
            // As an import leaves it whose end could not be written.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                check.notice(
                    place,
                    "it is gone and its import has no end",
                    "the next start says that it failed; send the file again",
                );
            }
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
            let place = format!("{SPOOL}/{}", name.display());
            check.notice(place, "no import needs it any more", "the next start removes it");
        }
    }
    Ok(())
}
