//! A bound on the retries of a whole run, so that many calls do not together hammer a server that is down.

use std::sync::atomic::{AtomicU32, Ordering};

/// What a retry costs, in tenths of a retry.
const COST: u32 = 10;

/// Retries that a run has left. Shared by all transports of the run, it starts full; a retry takes one out, and
/// ten calls that are answered well put one back. A retry that the server asked for with `Retry-After` is free.
#[derive(Debug)]
pub struct RetryBudget {
    tenths: AtomicU32,
    full: u32,
    refund: u32,
}

impl RetryBudget {
    /// A budget of `retries`, which it starts with and never exceeds.
    pub fn new(retries: u32) -> Self {
        let full = retries.saturating_mul(COST);
        Self { tenths: AtomicU32::new(full), full, refund: 1 }
    }

    /// The same with another refund for a call that is answered well, in tenths of a retry; 1 otherwise.
    #[must_use]
    pub fn with_refund(mut self, tenths: u32) -> Self {
        self.refund = tenths;
        self
    }

    /// How many retries are left.
    pub fn left(&self) -> u32 {
        self.tenths.load(Ordering::Relaxed) / COST
    }

    /// Takes a retry out; false if there is none left, in which case nothing is to be sent again.
    #[must_use]
    pub fn withdraw(&self) -> bool {
        self.tenths
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tenths| tenths.checked_sub(COST))
            .is_ok()
    }

    /// Puts back what a call that was answered well is worth.
    pub fn refund(&self) {
        // Full is the usual state; it costs no write that other threads would have to see.
        if self.tenths.load(Ordering::Relaxed) < self.full {
            let add = |tenths: u32| Some(tenths.saturating_add(self.refund).min(self.full));
            let _ = self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        }
    }
}

impl Default for RetryBudget {
    /// A hundred retries.
    fn default() -> Self {
        Self::new(100)
    }
}
