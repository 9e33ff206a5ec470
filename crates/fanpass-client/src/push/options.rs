//! The settings of a push.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use fanpass_transport::middleware::{RetryBudget, RetryPolicy};

/// Requests that a push may have in flight at most, whatever its options say.
pub(super) const CONCURRENCY_LIMIT: usize = 256;

/// How to push.
#[derive(Debug, Clone)]
pub struct PushOptions {
    /// Requests in flight at most, 1 to 256. Default: 16.
    pub max_concurrency: usize,
    /// Requests in flight that the run starts with; the limit then adapts between 1 and `max_concurrency`. Default: 4.
    pub first_concurrency: usize,
    /// Updates that are held at most: in flight, behind another of their user, waiting for a retry. The source is not
    /// read past them, so memory does not depend on its length. Default: 4096.
    pub window: usize,
    /// Requests a second at most, retries included, evenly spaced. A rate limit of the client's own middleware holds
    /// too, but what it makes requests wait for looks like latency. Default: as fast as the other side answers.
    pub requests_per_second: Option<NonZeroU32>,
    /// Ids a second at most, retries included. An update is one id, so the smaller of this and `requests_per_second` holds;
    /// an [`IdBudget`](crate::IdBudget) counts the ids of segments. Default: no bound.
    pub ids_per_second: Option<NonZeroU32>,
    /// When and how often one update is sent again. Default: 10 attempts within 10 minutes, the rest as
    /// [`RetryPolicy::default`].
    pub retry: RetryPolicy,
    /// The retries of the whole run that the other side did not ask for by `Retry-After`; the run halts when they are
    /// spent. Default: 1000, and half a retry back for each answer, which every third request may fail without
    /// spending.
    pub retry_budget: Arc<RetryBudget>,
    /// How long requests may fail for reasons that can pass without one that is answered in between. The first failure after
    /// that, or after the longest `Retry-After` among them if that is more, ends the run. Default: 60 s.
    pub patience: Duration,
}

impl Default for PushOptions {
    fn default() -> Self {
        Self {
            max_concurrency: 16,
            first_concurrency: 4,
            window: 4096,
            requests_per_second: None,
            ids_per_second: None,
            retry: RetryPolicy { max_attempts: 10, total: Duration::from_mins(10), ..RetryPolicy::default() },
            retry_budget: Arc::new(RetryBudget::new(1000).with_refund(5)),
            patience: Duration::from_mins(1),
        }
    }
}
