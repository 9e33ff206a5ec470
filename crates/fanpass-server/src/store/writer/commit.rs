//! One commit of the writing thread: its work, one after another, and what becomes of it when one fails.

use rusqlite::Connection;

use super::Opening;
use super::task::Task;
use crate::store::commits::Commits;
use crate::store::database::rewrite;
use crate::store::error::{Fault, StoreError, StoreErrorKind};

/// What becomes of a commit in which one work has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Isolation {
    /// The failure undoes itself alone, for which each work pays a savepoint.
    Each,
    /// One that has changed nothing yet is passed over; one that has ends the commit for all. For small work that looks
    /// before it writes, so that only the disk can fail it half-way.
    Commit,
}

/// How the thread commits.
#[derive(Clone, Copy)]
pub(super) struct Commit<'a> {
    pub(super) file: &'static str,
    pub(super) connection: &'a Connection,
    pub(super) isolation: Isolation,
    pub(super) opening: Option<&'a Opening>,
    pub(super) commits: &'a Commits,
}

impl Commit<'_> {
    /// Decides whether a commit is durable when it ends, which makes all before it so; `synced` says whether it was.
    pub(super) fn sync(self, now: bool, synced: &mut bool) -> Result<(), StoreError> {
        if now != *synced {
            let synchronous = if now { "full" } else { "normal" };
            self.connection
                .pragma_update(None, "synchronous", synchronous)
                .map_err(|error| self.failed(error, "begin a commit"))?;
            *synced = now;
        }
        Ok(())
    }

    /// Ends a transaction that failed and stands open: what it held is not to be seen by the next one.
    pub(super) fn abandon(self) {
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    pub(super) fn run(
        self,
        batch: &mut [Box<dyn Task>],
        owes: bool,
        full: &mut bool,
    ) -> Result<(), StoreError> {
        self.statement("BEGIN IMMEDIATE")?;
        if owes {
            rewrite(self.connection).map_err(|error| self.failed(error, "begin a commit"))?;
        }
        if let Some(opening) = self.opening {
            opening(self.connection).map_err(|fault| self.failed(fault, "begin a commit"))?;
        }
        for task in batch {
            if let Err(error) = self.task(task.as_mut()) {
                *full |= error.kind() == StoreErrorKind::Full;
                if self.connection.is_autocommit() {
                    return Err(error);
                }
            }
        }
        let _under_way = self.commits.begin();
        self.statement("COMMIT")
    }

    /// Runs one work; an error without a transaction left is one of the whole commit.
    fn task(self, task: &mut dyn Task) -> Result<(), StoreError> {
        match self.isolation {
            Isolation::Each => {
                self.statement("SAVEPOINT task")?;
                let result = task.run(self.connection);
                if result.is_err() {
                    if self.connection.is_autocommit() {
                        return result;
                    }
                    self.statement("ROLLBACK TO task")?;
                }
                self.statement("RELEASE task")?;
                result
            }
            Isolation::Commit => {
                let changes = self.connection.total_changes();
                let result = task.run(self.connection);
                let half = result.is_err() && self.connection.total_changes() != changes;
                if half && !self.connection.is_autocommit() {
                    self.statement("ROLLBACK")?;
                }
                result
            }
        }
    }

    fn statement(self, sql: &str) -> Result<(), StoreError> {
        let run = || self.connection.prepare_cached(sql)?.execute([]);
        run().map(drop).map_err(|error| self.failed(error, "commit"))
    }

    fn failed(self, fault: impl Into<Fault>, doing: &str) -> StoreError {
        fault.into().at_write(self.connection, self.file, doing)
    }
}
