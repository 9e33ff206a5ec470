//! The runs that a ledger has seen, with their figures.

use std::{
    collections::BTreeSet,
    fmt,
    path::PathBuf,
    str::FromStr,
    time::{Duration, SystemTime},
};

use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use super::Ledger;
use crate::{ErrorKind, Figures, SyncError};

/// The number of a run, from 1; no number is used twice. The default is that of none, before all others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId(pub(super) i64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RunId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// What is kept of a run when it begins; in clear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunStart {
    /// What it does, for people; the same from one night to the next.
    pub label: String,
    /// What it reads, for people.
    pub source: String,
    /// A digest of what it reads, by which a change since an interrupted run is noticed.
    pub digest: String,
    /// What it may change at the service: names of attributes and lists, without control characters.
    pub writes: BTreeSet<String>,
    /// The [session](Ledger::session) that rejected what it pushes again, if it does so.
    pub retries: Option<String>,
}

/// How a run ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunEnd {
    /// What became of the rows.
    pub figures: Figures,
    /// Why it ended before its source did; `None` if it did not.
    pub stopped: Option<String>,
    /// Where the rows are that did not arrive.
    pub rejects: Option<PathBuf>,
}

/// A run that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// What was kept when it began.
    pub start: RunStart,
    /// When it began, to the millisecond.
    pub begun: SystemTime,
    /// When it ended, and how; `None` if it is under way or the process was killed.
    pub ended: Option<(SystemTime, RunEnd)>,
}

/// What stands between the names of what a run writes.
const SEPARATOR: &str = "\n";

/// The columns of a run, in the order in which [`run`] reads them.
pub(super) const COLUMNS: &str = "id, label, source, digest, begun, finished, outcome, rejects, read, sent, unchanged, duplicate, \
                       empty, rejected, unsent, removed, writes, retries, cleared";

impl Ledger {
    /// Notes that a run begins; durable when it returns.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`].
    pub fn begin_run(&mut self, start: &RunStart, now: SystemTime) -> Result<RunId, SyncError> {
        let RunStart { label, source, digest, writes, retries } = start;
        let insert = "INSERT INTO runs (label, source, digest, before, writes, retries, begun)
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id";
        let writes = writes.iter().map(String::as_str).collect::<Vec<_>>().join(SEPARATOR);
        let values = (label, source, digest, self.before.0, writes, retries, milliseconds(now));
        let id = self.connection.query_row(insert, values, |row| row.get(0))?;
        Ok(RunId(id))
    }

    /// Notes that a run has ended, and how; durable when it returns.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`], also if there is no such run or it has ended before.
    pub fn end_run(&mut self, run: RunId, end: &RunEnd, now: SystemTime) -> Result<(), SyncError> {
        let RunEnd { figures, stopped, rejects } = end;
        let Figures { read, sent, unchanged, duplicate, empty, rejected, unsent, removed, cleared } =
            *figures;
        let [read, sent, unchanged, duplicate, empty, rejected, unsent, removed, cleared] =
            [read, sent, unchanged, duplicate, empty, rejected, unsent, removed, cleared]
                .map(|count| i64::try_from(count).unwrap_or(i64::MAX));
        let update =
            "UPDATE runs SET finished = ?2, outcome = ?3, rejects = ?4, read = ?5, sent = ?6, unchanged = ?7,
                          duplicate = ?8, empty = ?9, rejected = ?10, unsent = ?11, removed = ?12, cleared = ?13
                      WHERE id = ?1 AND finished IS NULL";
        let rejects = rejects.as_ref().map(|path| path.display().to_string());
        let values = rusqlite::params![
            run.0,
            milliseconds(now),
            stopped,
            rejects,
            read,
            sent,
            unchanged,
            duplicate,
            empty,
            rejected,
            unsent,
            removed,
            cleared
        ];
        match self.connection.execute(update, values)? {
            0 => Err(SyncError::new(ErrorKind::Ledger, format!("there is no run {run} that is under way"))),
            _ => Ok(()),
        }
    }

    /// The latest runs, the newest first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`].
    pub fn list_runs(&self, most: u32) -> Result<Vec<Run>, SyncError> {
        latest(&self.connection, most)
    }

    /// The runs from that one on, the oldest first; all of them without one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`].
    pub fn runs_from(&self, first: Option<RunId>) -> Result<Vec<Run>, SyncError> {
        let query = format!("SELECT {COLUMNS} FROM runs WHERE id >= ?1 ORDER BY id");
        let mut statement = self.connection.prepare(&query)?;
        let runs = statement.query_map([first.map_or(0, |first| first.0)], self::run)?;
        Ok(runs.collect::<Result<_, _>>()?)
    }

    /// The number of the latest run; that of none, if there is none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`].
    pub fn latest_run(&self) -> Result<RunId, SyncError> {
        latest_id(&self.connection)
    }

    /// The latest run of that label.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`].
    pub fn latest_run_of(&self, label: &str) -> Result<Option<Run>, SyncError> {
        let query = format!("SELECT {COLUMNS} FROM runs WHERE label = ?1 ORDER BY id DESC LIMIT 1");
        Ok(self.connection.query_row(&query, [label], run).optional()?)
    }

    /// The latest run of that label if it was interrupted: if it has no end. To be asked before the next one begins.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`].
    pub fn interrupted_run(&self, label: &str) -> Result<Option<Run>, SyncError> {
        Ok(self.latest_run_of(label)?.filter(|run| run.ended.is_none()))
    }
}

/// The number of the latest run.
pub(super) fn latest_id(connection: &Connection) -> Result<RunId, SyncError> {
    let query = "SELECT coalesce(max(id), 0) FROM runs";
    Ok(RunId(connection.query_row(query, [], |row| row.get(0))?))
}

/// The latest runs, the newest first.
pub(super) fn latest(connection: &Connection, most: u32) -> Result<Vec<Run>, SyncError> {
    let query = format!("SELECT {COLUMNS} FROM runs ORDER BY id DESC LIMIT ?1");
    let mut statement = connection.prepare_cached(&query)?;
    let runs = statement.query_map([most], run)?;
    Ok(runs.collect::<Result<_, _>>()?)
}

pub(super) fn run(row: &Row<'_>) -> rusqlite::Result<Run> {
    let count = |column: usize| row.get::<_, i64>(column).map(i64::unsigned_abs);
    let figures = Figures {
        read: count(8)?,
        sent: count(9)?,
        unchanged: count(10)?,
        duplicate: count(11)?,
        empty: count(12)?,
        rejected: count(13)?,
        unsent: count(14)?,
        removed: count(15)?,
        cleared: count(18)?,
    };
    let finished: Option<i64> = row.get(5)?;
    let end = RunEnd {
        figures,
        stopped: row.get(6)?,
        rejects: row.get::<_, Option<String>>(7)?.map(PathBuf::from),
    };
    Ok(Run {
        id: RunId(row.get(0)?),
        start: RunStart {
            label: row.get(1)?,
            source: row.get(2)?,
            digest: row.get(3)?,
            writes: row.get::<_, String>(16)?.split_terminator(SEPARATOR).map(str::to_owned).collect(),
            retries: row.get(17)?,
        },
        begun: time(row.get(4)?),
        ended: finished.map(|at| (time(at), end)),
    })
}

/// Milliseconds since 1970; times before that are 1970.
fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn time(milliseconds: i64) -> SystemTime {
    let since = Duration::from_millis(milliseconds.unsigned_abs());
    SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH)
}
