//! The whole pipeline around an adapter, in its one order.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{
    AttemptTimeout, AttemptTrace, Auth, CallTrace, RateLimit, RateLimited, RequestIds, Retry, RetryBudget,
    RetryPolicy, TokenSource,
};
use crate::{DynTransport, RequestId, Transport};

type Ids = Arc<dyn Fn() -> RequestId + Send + Sync>;
type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Builds the pipeline around an adapter. Its order, outermost first:
///
/// 1. [`RequestIds`]: one id for all attempts;
/// 2. [`CallTrace`]: one span for the call, however many attempts it takes;
/// 3. [`Retry`]: everything below happens once for each attempt;
/// 4. [`RateLimited`]: retries count against the rate too;
/// 5. [`Auth`]: a retry carries a token that was refreshed meanwhile;
/// 6. [`AttemptTimeout`]: waiting for a slot or a token does not count;
/// 7. [`AttemptTrace`]: one span for what the adapter does;
/// 8. the adapter.
#[derive(Clone)]
pub struct Stack {
    adapter: DynTransport,
    ids: Ids,
    clock: Clock,
    policy: RetryPolicy,
    budget: Arc<RetryBudget>,
    rate: Option<Arc<RateLimit>>,
    tokens: Option<Arc<dyn TokenSource>>,
    timeout: Duration,
    whole: Option<usize>,
}

impl Stack {
    /// A pipeline around `adapter`: random request ids, the default [`RetryPolicy`] and [`RetryBudget`], 30 s of
    /// standstill for an attempt, no rate limit, no token.
    pub fn new(adapter: impl Transport) -> Self {
        Self {
            adapter: adapter.into_dyn(),
            ids: Arc::new(RequestId::random),
            clock: Arc::new(SystemTime::now),
            policy: RetryPolicy::default(),
            budget: Arc::default(),
            rate: None,
            tokens: None,
            timeout: Duration::from_secs(30),
            whole: None,
        }
    }

    /// Takes request ids from `source`.
    #[must_use]
    pub fn request_ids(mut self, source: impl Fn() -> RequestId + Send + Sync + 'static) -> Self {
        self.ids = Arc::new(source);
        self
    }

    /// Reads dates in `Retry-After` by `clock`.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Retries by `policy`.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Retries calls whose answer is cut short too, for a caller that reads answers of so many bytes at most, and as a whole.
    #[must_use]
    pub fn whole_answers(mut self, limit: usize) -> Self {
        self.whole = Some(limit);
        self
    }

    /// Shares a budget of retries with the other transports of a run.
    #[must_use]
    pub fn retry_budget(mut self, budget: Arc<RetryBudget>) -> Self {
        self.budget = budget;
        self
    }

    /// Holds attempts to a rate, shared with whoever else has it.
    #[must_use]
    pub fn rate_limit(mut self, limit: Arc<RateLimit>) -> Self {
        self.rate = Some(limit);
        self
    }

    /// Adds a token to each attempt.
    #[must_use]
    pub fn tokens(mut self, source: impl TokenSource) -> Self {
        self.tokens = Some(Arc::new(source));
        self
    }

    /// Ends an attempt after a standstill of `limit`.
    #[must_use]
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Puts the layers on one another.
    pub fn build(self) -> DynTransport {
        let (ids, clock) = (Arc::clone(&self.ids), Arc::clone(&self.clock));
        let (policy, budget) = (self.policy.clone(), Arc::clone(&self.budget));
        let whole = self.whole;
        let retry = Retry::new(self.attempt(), policy, budget).with_clock(move || clock());
        let retry = retry.with_whole_answers(whole);
        RequestIds::new(CallTrace::new(retry), move || ids()).into_dyn()
    }

    /// The same without [`Retry`], for one operation whose caller repeats requests itself and does other work meanwhile.
    pub fn build_single(self, operation: &'static str) -> DynTransport {
        let ids = Arc::clone(&self.ids);
        RequestIds::new(CallTrace::of(self.attempt(), operation), move || ids()).into_dyn()
    }

    fn attempt(self) -> impl Transport {
        let attempt = AttemptTimeout::new(AttemptTrace(self.adapter), self.timeout);
        RateLimited::new(Auth::new(attempt, self.tokens), self.rate)
    }
}
