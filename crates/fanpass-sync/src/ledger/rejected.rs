//! What a ledger knows of rows that were rejected beside it: whether anything newer was sent since.

use std::collections::BTreeSet;

use super::Ledger;
use super::runs::{COLUMNS, Run, run};
use crate::{RejectsOf, SyncError};

/// The digest of what a run's feed or push read last before the command that rejected the rows, or in it. Of one that noted no
/// run nobody knows what its other feeds read.
const READ_BEFORE: &str = "SELECT earlier.digest FROM runs AS earlier
    WHERE earlier.label = runs.label AND earlier.before < ?1 AND (SELECT digest FROM runs WHERE id = ?1) = ?3
    ORDER BY earlier.id DESC LIMIT 1";

impl Ledger {
    /// Whether rows were rejected beside this ledger, and not beside another one or a later state of it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger).
    pub fn has_rejected(&self, rejects: &RejectsOf) -> Result<bool, SyncError> {
        Ok(rejects.ledger == self.identity && rejects.run <= self.latest_run()?)
    }

    /// The latest run whose source is newer than these rows and says what is to be written of one of `writes`: begun after
    /// the command that rejected them, it changed something at the service, or may have, as it was interrupted, or found
    /// that the service has what its rows say. Who finds nothing else in the very file that was read before has learnt
    /// nothing, and pushes of rows that this command rejected do not count.
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
             AND (finished IS NULL OR sent + removed > 0
                  OR unchanged > 0 AND digest IS NOT ?3 AND digest IS NOT ({READ_BEFORE}))
             ORDER BY id DESC"
        );
        let mut statement = self.connection.prepare(&query)?;
        for found in statement.query_map((rejects.run.0, &rejects.session, &rejects.digest), run)? {
            let found = found?;
            if !found.start.writes.is_disjoint(writes) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
