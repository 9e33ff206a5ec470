//! Verifies everything that must hold in a data folder, without changing any of it and in bounded memory.

mod audit;
mod columns;
mod files;
mod history;
mod identity;
mod imports;
mod kept;
mod keys;
mod list;
mod log;
mod segments;
mod service;

use std::path::Path;

use rusqlite::Connection;
use serde::Serialize;

use super::columns::COLUMNS;
use super::contents::{is_data_folder, lost};
use super::database::{Design, open_at_rest, open_reader};
use super::error::{StoreError, StoreErrorKind};
use super::folder::Hold;
use super::{SEGMENTS, SERVICE};

/// Findings that are kept; further ones are only counted.
const FINDINGS_MAX: usize = 1_000;
/// Faults that SQLite names of one database at most.
const FAULTS_MAX: u32 = 100;

/// What a check of a data folder found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// Whether a service used the folder meanwhile: what it was about to clean up is then no finding.
    pub in_use: bool,
    /// Segments.
    pub segments: u64,
    /// Versions of segments, those that are served among them.
    pub versions: u64,
    /// Members of all segments together.
    pub members: u64,
    /// Imports, whatever became of them.
    pub imports: u64,
    /// Users with attributes.
    pub users: u64,
    /// Registered attributes.
    pub attributes: u64,
    /// Saved audiences.
    pub audiences: u64,
    /// Issued tokens.
    pub tokens: u64,
    /// Audit records.
    pub audit_records: u64,
    /// Things that must not be.
    pub damages: u64,
    /// Things to know that mend themselves.
    pub notices: u64,
    /// The first thousand of both, in the order in which they were found.
    pub findings: Vec<Finding>,
}

/// One thing that a check found. Names no user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Where: a file, and what in it.
    pub place: String,
    /// What is the matter.
    pub what: String,
    /// What to do next.
    pub next: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// It must not be.
    Damage,
    /// It may be, and mends itself.
    Notice,
}

impl Check {
    fn damage(&mut self, place: impl Into<String>, what: impl Into<String>, next: impl Into<String>) {
        self.damages += 1;
        self.add(Severity::Damage, place.into(), what.into(), next.into());
    }

    fn notice(&mut self, place: impl Into<String>, what: impl Into<String>, next: impl Into<String>) {
        self.notices += 1;
        self.add(Severity::Notice, place.into(), what.into(), next.into());
    }

    fn add(&mut self, severity: Severity, place: String, what: String, next: String) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { severity, place, what, next });
        }
    }

    /// Runs a step that reads a database; one that cannot go on is a finding itself.
    fn step(&mut self, place: &str, step: impl FnOnce(&mut Self) -> rusqlite::Result<()>) {
        if let Err(error) = step(self) {
            self.damage(place, format!("it cannot be read further: {error}"), RESTORE);
        }
    }
}

/// What helps against damage of a database.
const RESTORE: &str = "restore a snapshot: fanpass restore FILE --replace";

/// Checks the data folder at `data`. A service may be running on it. Blocks.
///
/// # Errors
/// [`StoreErrorKind::NotFound`] when there is no data folder, [`StoreErrorKind::TooNew`] or [`StoreErrorKind::Conflict`] when
/// another FanPass has to check it or bring it up to date first, [`StoreErrorKind::Io`] when it cannot be looked into. What is
/// wrong with what it holds is no error but a [`Finding`].
pub fn check(data: &Path) -> Result<Check, StoreError> {
    if !is_data_folder(data) {
        let message = format!("`{}` is no data folder; name one with --data", data.display());
        return Err(StoreError::new(StoreErrorKind::NotFound, message));
    }
    // Held until the end, so that no service begins to change what is being looked at.
    let hold = Hold::take(data)?;
    let mut check = Check { in_use: hold.in_use, ..Check::default() };
    // Before anything is opened, which makes files and writes to logs.
    let mut logs_are_whole = true;
    for (design, next) in [(&SEGMENTS, log::RESTORE), (&SERVICE, log::RESTORE), (&COLUMNS, columns::DELETE)] {
        logs_are_whole &= log::check(&mut check, data, design, next);
    }
    files::check(&mut check, data);
    for design in [&SEGMENTS, &SERVICE] {
        match check_version(&check, data, design) {
            Err(error) if logs_are_whole => return Err(error),
            // To bring the rest up to date would write over it.
            Err(_) => {
                check.damage(
                    design.file,
                    "its present schema may be in what is lost of its log",
                    log::RESTORE,
                );
                return Ok(check);
            }
            Ok(()) => {}
        }
    }
    identity::check(&mut check, data);
    check.step(SEGMENTS.file, |check| database(check, data, &SEGMENTS, segments::check));
    check.step(SERVICE.file, |check| database(check, data, &SERVICE, service::check));
    check.step(COLUMNS.file, |check| columns::check(check, data));
    drop(hold);
    Ok(check)
}

/// Opens a database to read it.
fn open(check: &Check, data: &Path, design: &Design) -> rusqlite::Result<Connection> {
    if check.in_use { open_reader(&data.join(design.file)) } else { open_at_rest(data, design) }
}

/// What helps against damage of a membership.
const AGAIN: &str = "import the segment again, or restore a snapshot";

/// Verifies the content of one database.
type Verify = fn(&mut Check, &Connection, &Path);

fn database(check: &mut Check, data: &Path, design: &Design, verify: Verify) -> rusqlite::Result<()> {
    if let Some(how) = lost(data, design) {
        let next = format!("put it back, with {}-wal if there was one, or {RESTORE}", design.file);
        check.damage(design.file, format!("it is {how}"), next);
        return Ok(());
    }
    if !data.join(design.file).is_file() {
        check.notice(
            design.file,
            "it was not made yet: the first start was cut off",
            "the next start makes it",
        );
        return Ok(());
    }
    let connection = open(check, data, design)?;
    // All of it as it stands at one moment.
    let snapshot = connection.unchecked_transaction()?;
    integrity(check, &snapshot, design.file, RESTORE)?;
    kept::check(check, &snapshot, design.file)?;
    verify(check, &snapshot, data);
    Ok(())
}

/// Refuses a database of a schema that this FanPass cannot check; one that is lost or cannot be read is a finding later.
fn check_version(check: &Check, data: &Path, design: &Design) -> Result<(), StoreError> {
    if lost(data, design).is_some() {
        return Ok(());
    }
    let read = || -> rusqlite::Result<usize> {
        open(check, data, design)?.pragma_query_value(None, "user_version", |row| row.get(0))
    };
    let known = design.migrations.len();
    let (kind, next) = match read() {
        Ok(version) if version > known => {
            (StoreErrorKind::TooNew, "check it with the FanPass that wrote it, or a newer one")
        }
        Ok(version) if version < known => (
            StoreErrorKind::Conflict,
            "start this FanPass on the folder once, which brings it up to date, then check again",
        ),
        _ => return Ok(()),
    };
    let message =
        format!("{} has another schema version than {known}, which this FanPass checks; {next}", design.file);
    Err(StoreError::new(kind, message))
}

/// What SQLite itself finds wrong.
fn integrity(check: &mut Check, connection: &Connection, file: &str, next: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({FAULTS_MAX})"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let verdict: String = row.get(0)?;
        if verdict != "ok" {
            check.damage(file, format!("SQLite finds: {verdict}"), next);
        }
    }
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        let what = format!("a row of `{table}` names one of `{parent}` that is not there");
        check.damage(format!("{file}, table `{table}`"), what, next);
    }
    Ok(())
}

/// One number that a statement gives.
fn count(connection: &Connection, sql: &str) -> rusqlite::Result<u64> {
    connection.query_row(sql, [], |row| row.get(0))
}

/// Reports how many rows of `place` the statement counts, if any: they are what no row may be.
fn none_of_them(
    check: &mut Check,
    connection: &Connection,
    place: &str,
    (sql, what): (&str, &str),
) -> rusqlite::Result<()> {
    let wrong = count(connection, sql)?;
    if wrong > 0 {
        check.damage(place, format!("{wrong} of them {what}"), RESTORE);
    }
    Ok(())
}
