//! The runs of a ledger, to look at while another process uses it.

use std::fmt;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};

use super::runs::{COLUMNS, Run, RunId, latest, run};
use super::{database, lock};
use crate::SyncError;

/// What a ledger remembers of its runs. It is read without taking the ledger, so that a run is seen while it is under way.
///
/// Blocks.
pub struct History {
    connection: Connection,
    /// The latest run that was begun before those of the process that uses the ledger, where one does.
    before_user: Option<i64>,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// It has an end.
    Ended,
    /// Its process uses the ledger.
    UnderWay,
    /// Its process was killed, and nothing has gone on from it yet.
    Interrupted,
    /// Its process was killed, and that run of the same label went on from it.
    TakenOver(RunId),
}

impl History {
    /// Of the ledger at `path`, which is there.
    ///
    /// # Errors
    ///
    /// [`LedgerVersion`](crate::ErrorKind::LedgerVersion), or [`Ledger`](crate::ErrorKind::Ledger) if there is no ledger or the
    /// file is something else.
    pub fn open(path: &Path) -> Result<Self, SyncError> {
        let found = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        // Before the runs are read: a process that ends meanwhile has given its own an end.
        let before_user = lock::runs_before_user(&found);
        let connection = database::open_to_look(&found).map_err(|error| error.of_history(path))?;
        Ok(Self { connection, before_user })
    }

    /// The latest runs, the newest first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger).
    pub fn list(&self, most: u32) -> Result<Vec<Run>, SyncError> {
        latest(&self.connection, most)
    }

    /// One run.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger).
    pub fn find(&self, id: RunId) -> Result<Option<Run>, SyncError> {
        let query = format!("SELECT {COLUMNS} FROM runs WHERE id = ?1");
        Ok(self.connection.query_row(&query, [id.0], run).optional()?)
    }

    /// How a run stands.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger).
    pub fn standing(&self, run: &Run) -> Result<Standing, SyncError> {
        if run.ended.is_some() {
            return Ok(Standing::Ended);
        }
        if self.before_user.is_some_and(|latest| run.id.0 > latest) {
            return Ok(Standing::UnderWay);
        }
        let query = "SELECT min(id) FROM runs WHERE label = ?1 AND id > ?2";
        let later: Option<i64> =
            self.connection.query_row(query, (&run.start.label, run.id.0), |row| row.get(0))?;
        Ok(later.map_or(Standing::Interrupted, |id| Standing::TakenOver(RunId(id))))
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").field("path", &self.connection.path()).finish_non_exhaustive()
    }
}
