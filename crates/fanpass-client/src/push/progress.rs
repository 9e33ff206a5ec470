//! The figures of a run, while it runs and at its end.

use std::time::Duration;

use super::Delivery;

/// How many updates came to what. At the end of a run each that was read stands in exactly one of the five.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PushTotals {
    /// Taken from the source.
    pub read: u64,
    /// Ended as [`Delivery::Sent`].
    pub sent: u64,
    /// Ended as [`Delivery::Superseded`].
    pub superseded: u64,
    /// Ended as [`Delivery::Rejected`].
    pub rejected: u64,
    /// Ended as [`Delivery::Failed`].
    pub failed: u64,
    /// Ended as [`Delivery::NotSent`].
    pub not_sent: u64,
}

impl PushTotals {
    /// How many updates have their outcome.
    pub fn settled(&self) -> u64 {
        self.sent + self.superseded + self.rejected + self.failed + self.not_sent
    }

    /// Whether every update that was read has its outcome, as it has when the stream has ended.
    pub fn adds_up(&self) -> bool {
        self.read == self.settled()
    }

    pub(super) fn count(&mut self, delivery: &Delivery) {
        *match delivery {
            Delivery::Sent => &mut self.sent,
            Delivery::Superseded => &mut self.superseded,
            Delivery::Rejected(_) => &mut self.rejected,
            Delivery::Failed(_) => &mut self.failed,
            Delivery::NotSent(_) => &mut self.not_sent,
        } += 1;
    }
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PushProgress {
    /// The updates.
    pub totals: PushTotals,
    /// Requests sent, retries included.
    pub requests: u64,
    /// Requests that repeated an earlier one.
    pub retries: u64,
    /// Requests in flight.
    pub in_flight: usize,
    /// Requests that may be in flight at present.
    pub concurrency: usize,
    /// From the start of the run to the last change of these figures.
    pub elapsed: Duration,
}

impl PushProgress {
    /// Updates settled a second, over the whole run.
    pub fn rate(&self) -> f64 {
        let settled = f64::from(u32::try_from(self.totals.settled()).unwrap_or(u32::MAX));
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { settled / seconds } else { 0.0 }
    }
}
