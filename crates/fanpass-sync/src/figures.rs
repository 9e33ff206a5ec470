//! What became of the rows of a run: each in exactly one bucket.

use serde::{Deserialize, Serialize};

/// Rows by what became of them. `read` is the sum of all others but `removed`, which has no rows, and `cleared`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Rows with data in the source.
    pub read: u64,
    /// Rows whose content the service did not have and has acknowledged.
    pub sent: u64,
    /// Rows of which the ledger knows that the service has all of it.
    pub unchanged: u64,
    /// Rows that another row of the same user made needless.
    pub duplicate: u64,
    /// Rows without anything to send.
    pub empty: u64,
    /// Rows that have to be mended.
    pub rejected: u64,
    /// Rows that were not sent, or never acknowledged; they are fine and can be sent again.
    pub unsent: u64,
    /// Users who are not in the source any more and were taken out.
    pub removed: u64,
    /// Values known to be with the service that rows have taken off.
    pub cleared: u64,
}

impl Figures {
    /// The buckets by their names, in the order of a report.
    pub fn buckets(&self) -> [(&'static str, u64); 6] {
        let Self { sent, unchanged, duplicate, empty, rejected, unsent, .. } = *self;
        [
            ("sent", sent),
            ("unchanged", unchanged),
            ("duplicate", duplicate),
            ("empty", empty),
            ("rejected", rejected),
            ("unsent", unsent),
        ]
    }

    /// Whether each row is in exactly one bucket.
    pub fn add_up(&self) -> bool {
        let sum = self.buckets().into_iter().try_fold(0_u64, |sum, (_, rows)| sum.checked_add(rows));
        sum == Some(self.read)
    }

    /// Whether anything is with the service that was not before.
    pub const fn has_sent(&self) -> bool {
        self.sent + self.removed > 0
    }
}
