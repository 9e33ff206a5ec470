//! The runs that a ledger has seen, with their figures.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use rusqlite::Row;

use super::Ledger;
use crate::{ErrorKind, SyncError};

/// The number of a run, from 1; no number is used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(i64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What became of the rows of a run; each row is in exactly one of the others than `rows`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Rows that were read.
    pub rows: u64,
    /// Rows whose update was sent and acknowledged.
    pub sent: u64,
    /// Rows that held nothing new.
    pub unchanged: u64,
    /// Rows that a later row of the same user made needless.
    pub duplicate: u64,
    /// Rows that left all attributes alone.
    pub empty: u64,
    /// Rows that were rejected, by the tool or by the service.
    pub rejected: u64,
}

impl Figures {
    /// Whether every row ended in one bucket.
    pub fn adds_up(&self) -> bool {
        let buckets = [self.sent, self.unchanged, self.duplicate, self.empty, self.rejected];
        buckets.iter().try_fold(0_u64, |sum, bucket| sum.checked_add(*bucket)) == Some(self.rows)
    }
}

/// A run that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// What it did, for people.
    pub label: String,
    /// What it read, as the caller told: a hash of the input, by which a change since an interrupted run is noticed.
    pub source: String,
    /// When it began, to the millisecond.
    pub begun: SystemTime,
    /// When it finished, and its figures; `None` if it is under way or was interrupted.
    pub finished: Option<(SystemTime, Figures)>,
}

impl Ledger {
    /// Notes that a run begins; durable when it returns. `label` and `source` are kept in clear.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`].
    pub fn begin_run(&mut self, label: &str, source: &str, now: SystemTime) -> Result<RunId, SyncError> {
        let insert = "INSERT INTO runs (label, source, begun) VALUES (?1, ?2, ?3) RETURNING id";
        let id = self.connection.query_row(insert, (label, source, milliseconds(now)), |row| row.get(0))?;
        Ok(RunId(id))
    }

    /// Notes that a run has finished, and its figures; durable when it returns.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`], also if there is no such run or it has finished before.
    pub fn finish_run(&mut self, run: RunId, figures: &Figures, now: SystemTime) -> Result<(), SyncError> {
        let Figures { rows, sent, unchanged, duplicate, empty, rejected } = *figures;
        let [rows, sent, unchanged, duplicate, empty, rejected] =
            [rows, sent, unchanged, duplicate, empty, rejected]
                .map(|count| i64::try_from(count).unwrap_or(i64::MAX));
        let update =
            "UPDATE runs SET finished = ?2, rows = ?3, sent = ?4, unchanged = ?5, duplicate = ?6, empty = ?7,
                      rejected = ?8 WHERE id = ?1 AND finished IS NULL";
        let values = (run.0, milliseconds(now), rows, sent, unchanged, duplicate, empty, rejected);
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
        let mut statement = self.connection.prepare_cached(
            "SELECT id, label, source, begun, finished, rows, sent, unchanged, duplicate, empty, rejected
             FROM runs ORDER BY id DESC LIMIT ?1",
        )?;
        let runs = statement.query_map([most], run)?;
        Ok(runs.collect::<Result<_, _>>()?)
    }
}

fn run(row: &Row<'_>) -> rusqlite::Result<Run> {
    let count = |column: usize| row.get::<_, i64>(column).map(i64::unsigned_abs);
    let figures = Figures {
        rows: count(5)?,
        sent: count(6)?,
        unchanged: count(7)?,
        duplicate: count(8)?,
        empty: count(9)?,
        rejected: count(10)?,
    };
    let finished: Option<i64> = row.get(4)?;
    Ok(Run {
        id: RunId(row.get(0)?),
        label: row.get(1)?,
        source: row.get(2)?,
        begun: time(row.get(3)?),
        finished: finished.map(|at| (time(at), figures)),
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
