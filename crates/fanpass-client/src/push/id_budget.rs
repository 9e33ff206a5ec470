//! A budget of ids a second over requests that carry many.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use tokio::time::{Instant, sleep_until};

use super::pace::Pace;

/// Ids a second at most, over all requests that ask it: after one with many ids the next waits as long as these take.
///
/// A request is never divided: it goes out whole, however many ids it carries.
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
/// # runtime.block_on(async {
/// let budget = fanpass_client::IdBudget::new(std::num::NonZeroU32::new(1_000));
/// budget.take(5_000).await; // at once
/// budget.take(1).await; // five seconds later
/// # });
/// ```
#[derive(Debug)]
pub struct IdBudget(Mutex<Pace>);

impl IdBudget {
    /// So many ids a second, or as many as there are.
    pub fn new(per_second: Option<NonZeroU32>) -> Self {
        Self(Mutex::new(Pace::new(per_second)))
    }

    /// Waits until a request may be sent, and counts its ids; an upload has as many as its file has rows.
    pub async fn take(&self, ids: u64) {
        while let Some(moment) = self.try_take(ids) {
            sleep_until(moment).await;
        }
    }

    /// When to try again, if not now.
    fn try_take(&self, ids: u64) -> Option<Instant> {
        let now = Instant::now();
        let mut pace = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let moment = pace.wait(now);
        if moment.is_none() {
            pace.take(now, u32::try_from(ids).unwrap_or(u32::MAX));
        }
        moment
    }
}
