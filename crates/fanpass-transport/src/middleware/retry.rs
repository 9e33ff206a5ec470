//! Sends a request again where that can help and cannot double an effect.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use http::StatusCode;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::RetryBudget;
use super::retry_after::retry_after;
use crate::{Attempts, Idempotent, Request, Response, Sent, Transport, TransportError};

/// How much of an answer that is not wanted is read, for the sake of its connection.
const DRAIN: usize = 64 * 1024;

/// When to send again, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many attempts a call may take, the first included. Default: 4.
    pub max_attempts: u32,
    /// The wait after the first attempt; it doubles after each further one. Default: 250 ms.
    pub min_delay: Duration,
    /// What the doubling stops at. Each wait is lengthened at random, to at most twice itself, so that many
    /// clients do not return at once. Default: 10 s.
    pub max_delay: Duration,
    /// The longest wait that a server may ask for by `Retry-After`. If it asks for more, its answer is given
    /// back at once: to return earlier than told would be of no use. Default: 60 s.
    pub max_retry_after: Duration,
    /// No attempt begins later than this after the call began. Default: 2 min.
    pub total: Duration,
    /// Where the random lengthening starts; `None` takes a fresh seed for each [`Retry`]. Default: `None`.
    pub jitter_seed: Option<u64>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 4,
            min_delay: Duration::from_millis(250),
            max_delay: Duration::from_secs(10),
            max_retry_after: Duration::from_mins(1),
            total: Duration::from_mins(2),
            jitter_seed: None,
        }
    }
}

impl RetryPolicy {
    /// The waits after the first attempt, the second, and so on, where the server does not ask for another. They
    /// never end; the same seed lengthens them alike.
    pub fn delays(&self, jitter_seed: u64) -> impl Iterator<Item = Duration> + use<> {
        ExponentialBuilder::new()
            .with_min_delay(self.min_delay)
            .with_max_delay(self.max_delay)
            .without_max_times()
            .with_jitter()
            .with_jitter_seed(jitter_seed)
            .build()
    }
}

/// The waits of one call, made when the first is needed.
type Delays = Box<dyn Iterator<Item = Duration> + Send>;

/// Retries a call after the answers 408, 425, 429, 500, 502, 503 and 504 and after transport errors that may
/// pass, if its body can be sent again, and
///
/// - the request is idempotent, by its method or by the mark [`Idempotent`]; or
/// - it surely had no effect: it was never sent, or the answer was 429 or 503.
///
/// It waits as long as `Retry-After` says, else by exponential back-off with jitter. Every retry that the
/// server did not ask for takes from the [`RetryBudget`]. The number of attempts stands on the answer
/// ([`Attempts`] in its extensions) and on the error ([`TransportError::attempts`]).
pub struct Retry<T> {
    inner: T,
    policy: RetryPolicy,
    budget: Arc<RetryBudget>,
    clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    seed: AtomicU64,
    whole: Option<usize>,
}

impl<T: Transport> Retry<T> {
    /// Retries by `policy`, within `budget`.
    pub fn new(inner: T, policy: RetryPolicy, budget: Arc<RetryBudget>) -> Self {
        let seed = policy.jitter_seed.unwrap_or_else(|| RandomState::new().hash_one(0));
        Self {
            inner,
            policy,
            budget,
            clock: Arc::new(SystemTime::now),
            seed: AtomicU64::new(seed),
            whole: None,
        }
    }

    /// The same with another clock to read dates in `Retry-After` by.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The same, but a success of an idempotent request counts only once its body is there, which may have so many bytes: one
    /// that is cut short is asked for again.
    #[must_use]
    pub fn with_whole_answers(mut self, limit: Option<usize>) -> Self {
        self.whole = limit;
        self
    }

    /// Sends it once; `again` says whether it may be sent again.
    async fn attempt(&self, request: Request, again: bool) -> Result<Response, TransportError> {
        let answer = self.inner.send(request).await?;
        match self.whole {
            Some(limit) if again && answer.status().is_success() => {
                let (head, body) = answer.into_parts();
                Ok(Response::from_parts(head, body.bytes(limit).await?.into()))
            }
            _ => Ok(answer),
        }
    }

    fn delays(&self) -> Delays {
        Box::new(self.policy.delays(self.seed.fetch_add(1, Ordering::Relaxed)))
    }

    /// When to send again after this outcome; `None` if it is final.
    fn next_attempt(
        &self,
        outcome: &Result<Response, TransportError>,
        idempotent: bool,
        delays: &mut Option<Delays>,
        began: Instant,
    ) -> Option<Instant> {
        if !may_repeat(outcome, idempotent) {
            return None;
        }
        let asked = outcome.as_ref().ok().and_then(|answer| retry_after(answer.headers(), (self.clock)()));
        let wait = match asked {
            Some(wait) => (wait <= self.policy.max_retry_after).then_some(wait)?,
            None => delays.get_or_insert_with(|| self.delays()).next()?,
        };
        let at = Instant::now().checked_add(wait)?;
        if at.duration_since(began) > self.policy.total {
            return None;
        }
        (asked.is_some() || self.budget.withdraw()).then_some(at)
    }
}

impl<T: Transport> Transport for Retry<T> {
    async fn send(&self, mut request: Request) -> Result<Response, TransportError> {
        let began = Instant::now();
        let idempotent = is_idempotent(&request);
        let mut delays = None;
        let mut attempts = Attempts(1);
        loop {
            let spare = if attempts.0 < self.policy.max_attempts { try_clone(&request) } else { None };
            let outcome = self.attempt(request, idempotent && spare.is_some()).await;
            let next = spare.and_then(|spare| {
                Some((spare, self.next_attempt(&outcome, idempotent, &mut delays, began)?))
            });
            let Some((spare, at)) = next else { return self.finish(outcome, attempts) };
            if let Ok(answer) = outcome {
                // Nobody waits for the rest: if it does not come in time, its connection is given up.
                let _ = timeout_at(at, answer.into_body().drain(DRAIN)).await;
            }
            sleep_until(at).await;
            request = spare;
            attempts.0 += 1;
        }
    }
}

impl<T> Retry<T> {
    fn finish(
        &self,
        outcome: Result<Response, TransportError>,
        attempts: Attempts,
    ) -> Result<Response, TransportError> {
        let mut answer = outcome.map_err(|error| error.with_attempts(attempts))?;
        if !is_transient(answer.status()) {
            self.budget.refund();
        }
        answer.extensions_mut().insert(attempts);
        Ok(answer)
    }
}

fn is_idempotent(request: &Request) -> bool {
    request.method().is_idempotent() || request.extensions().get::<Idempotent>().is_some()
}

fn is_transient(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

fn may_repeat(outcome: &Result<Response, TransportError>, idempotent: bool) -> bool {
    match outcome {
        Ok(answer) => {
            let refused =
                matches!(answer.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
            refused || (idempotent && is_transient(answer.status()))
        }
        Err(error) => error.is_retryable() && (idempotent || error.sent() == Sent::Never),
    }
}

fn try_clone(request: &Request) -> Option<Request> {
    let mut clone = Request::new(request.body().try_clone()?);
    *clone.method_mut() = request.method().clone();
    *clone.uri_mut() = request.uri().clone();
    *clone.version_mut() = request.version();
    *clone.headers_mut() = request.headers().clone();
    *clone.extensions_mut() = request.extensions().clone();
    Some(clone)
}

impl<T: fmt::Debug> fmt::Debug for Retry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry")
            .field("inner", &self.inner)
            .field("policy", &self.policy)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}
