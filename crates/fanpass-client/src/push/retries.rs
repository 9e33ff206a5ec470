//! Decides what a failure comes to: for the update that met it, and for the run.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use fanpass_transport::Sent;
use fanpass_transport::middleware::{RetryBudget, RetryPolicy};
use tokio::time::Instant;

use crate::{Error, ErrorKind};

/// What stands for a moment that no clock can show.
const FAR_FUTURE: Duration = Duration::from_hours(24 * 365 * 30);

/// Whether every further update of the run would fail like this one.
pub(super) fn concerns_all(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::Configuration)
}

/// Whether the other side is asked for more than it can do.
pub(super) fn is_overload(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::TimedOut)
}

/// Whether a slot that goes on at once is likely to meet the same: a refusal costs the other side almost nothing and
/// comes back fast, so that a few slots can ask thousands of times a second in vain.
pub(super) fn is_refusal(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::RateLimited | ErrorKind::Unavailable) || error.sent() == Sent::Never
}

/// What a failure that can pass comes to.
pub(super) enum Next {
    /// The request is sent again.
    Again,
    /// Its updates have failed.
    GiveUp,
    /// They have failed, and the run ends, as nothing got through for so long.
    Stop(Duration),
    /// They have failed, and the run ends, as it may not go on trying.
    Halt,
}

/// Failures since the last answer.
struct Failing {
    since: Instant,
    longest_wait: Duration,
}

/// The policy and the budget of a run.
pub(super) struct Retries {
    policy: RetryPolicy,
    budget: Arc<RetryBudget>,
    seed: u64,
    patience: Duration,
    failing: Option<Failing>,
}

impl Retries {
    pub(super) fn new(policy: RetryPolicy, budget: Arc<RetryBudget>, patience: Duration) -> Self {
        let seed = policy.jitter_seed.unwrap_or_else(|| RandomState::new().hash_one(0));
        Self { policy, budget, seed, patience, failing: None }
    }

    /// Notes an answer.
    pub(super) fn answered(&mut self) {
        self.failing = None;
        self.budget.refund();
    }

    /// Notes a failure, and gives for how long there was nothing else if that is too long.
    fn failing_for(&mut self, error: &Error, now: Instant) -> Option<Duration> {
        let failing = self.failing.get_or_insert(Failing { since: now, longest_wait: Duration::ZERO });
        failing.longest_wait = failing.longest_wait.max(error.retry_after().unwrap_or_default());
        let lasted = now - failing.since;
        (lasted > self.patience.max(failing.longest_wait)).then_some(lasted)
    }

    /// When the next attempt is due after so many, of which the last failed: when the other side asks for it, else by
    /// the policy.
    pub(super) fn next_time(&mut self, attempts: u32, error: &Error, now: Instant) -> Instant {
        let wait = error.retry_after().unwrap_or_else(|| {
            self.seed = self.seed.wrapping_add(1);
            let before = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
            self.policy.delays(self.seed).nth(before).unwrap_or(self.policy.max_delay)
        });
        now.checked_add(wait).unwrap_or_else(|| now + FAR_FUTURE)
    }

    /// What the failure of now comes to if the next attempt were made at `at`.
    pub(super) fn next(
        &mut self,
        (attempts, began): (u32, Instant),
        (now, at): (Instant, Instant),
        error: &Error,
    ) -> Next {
        if let Some(lasted) = self.failing_for(error, now) {
            return Next::Stop(lasted);
        }
        match error.retry_after() {
            Some(asked) if asked > self.policy.max_retry_after => return Next::Halt,
            _ if attempts >= self.policy.max_attempts => return Next::GiveUp,
            _ if at.duration_since(began) > self.policy.total => return Next::GiveUp,
            Some(_) => return Next::Again,
            None => {}
        }
        if self.budget.withdraw() { Next::Again } else { Next::Halt }
    }
}
