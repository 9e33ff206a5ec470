//! What a ledger knows of rows that were rejected beside it: whether anything newer was sent since.

use std::collections::BTreeSet;

use super::Ledger;
use super::runs::{COLUMNS, Run, run};
use crate::{RejectsOf, SyncError};

impl Ledger {
    /// Whether rows were rejected beside this ledger, and not beside another one or a later state of it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger).
    pub fn has_rejected(&self, rejects: &RejectsOf) -> Result<bool, SyncError> {
        Ok(rejects.ledger == self.identity && rejects.run <= self.latest_run()?)
    }

    /// The latest run that changed one of `writes` at the service, or may have, as it was interrupted, and was begun after
    /// the command that rejected these rows; pushes of rows that this command rejected do not count.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger).
    pub fn newer_run(
        &self,
        rejects: &RejectsOf,
        writes: &BTreeSet<String>,
    ) -> Result<Option<Run>, SyncError> {
        let query = format!(
            "SELECT {COLUMNS} FROM runs WHERE before >= ?1 AND retries IS NOT ?2
             AND (finished IS NULL OR sent + removed > 0) ORDER BY id DESC"
        );
        let mut statement = self.connection.prepare(&query)?;
        for found in statement.query_map((rejects.run.0, &rejects.session), run)? {
            let found = found?;
            if !found.start.writes.is_disjoint(writes) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
