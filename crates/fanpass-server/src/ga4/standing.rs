//! How forwarding stands: where to, how much has arrived, and whether it pauses.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fanpass_transport::middleware::RetryPolicy;
use jiff::Timestamp;

use super::options::Ga4Options;
use super::target::Target;
use crate::error::ServiceError;

/// Waits after failed attempts: doubling, lengthened at random.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// The longest pause of all: a few attempts a minute tell soon enough that GA4 can be reached again.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// The longest that anything is waited for, as a `Retry-After` may ask for it. What is to wait longer was put off by a clock
/// that was ahead, and waits no more.
pub(super) const LONGEST: Duration = Duration::from_hours(1);

/// What the service knows of its forwarding; there also where it does not forward.
#[derive(Debug)]
pub(crate) struct Forwarding {
    pub(super) options: Ga4Options,
    pub(crate) target: Option<Target>,
    delivered: AtomicU64,
    /// Nothing is sent before this time, in microseconds since 1970.
    paused_until: AtomicI64,
    /// Attempts that failed since one succeeded.
    failures: AtomicU32,
    last_failure: Mutex<Option<String>>,
}

impl Forwarding {
    /// # Errors
    /// [`ServiceErrorKind::Config`](crate::ServiceErrorKind::Config) where the options contradict each other.
    pub(crate) fn new(options: &Ga4Options) -> Result<Self, ServiceError> {
        Ok(Self {
            target: options.target()?,
            options: options.clone(),
            delivered: AtomicU64::new(0),
            paused_until: AtomicI64::new(0),
            failures: AtomicU32::new(0),
            last_failure: Mutex::default(),
        })
    }

    /// Values that have arrived since the service started.
    pub(crate) fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// Until when nothing is sent, if that is after `now`.
    pub(crate) fn paused_until(&self, now: Timestamp) -> Option<Timestamp> {
        let until = Timestamp::from_microsecond(self.paused_until.load(Ordering::Relaxed)).ok()?;
        (until > now && until <= now.saturating_add(LONGEST).ok()?).then_some(until)
    }

    /// Why the last attempt that failed did so.
    pub(crate) fn last_failure(&self) -> Option<String> {
        self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn succeeded(&self, values: u64) {
        self.failures.store(0, Ordering::Relaxed);
        self.delivered.fetch_add(values, Ordering::Relaxed);
    }

    /// Takes note of a failure that may pass. Where GA4 asks for a pause, or as many attempts as run at the same time have
    /// failed one after another, nothing is sent for a while.
    pub(super) fn failed(&self, reason: &str, asked: Option<Duration>, now: i64) {
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let together = u32::try_from(self.options.concurrency.get()).unwrap_or(u32::MAX);
        let rounds = failures / together;
        let own = || (rounds > 0).then(|| wait(rounds - 1, u64::from(rounds)).min(LONGEST_PAUSE));
        let wait = asked.or_else(own);
        if let Some(wait) = wait {
            self.pause(wait, now);
        }
    }

    /// Takes note of why something was refused for good.
    pub(super) fn refused(&self, reason: &str) {
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
    }

    /// Sends nothing for a while.
    pub(super) fn pause(&self, wait: Duration, now: i64) {
        let (until, longest) =
            (now.saturating_add(microseconds(wait)), now.saturating_add(microseconds(LONGEST)));
        let _ = self.paused_until.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |before| {
            Some(if before > longest { until } else { before.max(until) })
        });
    }
}

/// How long to wait after the attempt numbered `attempt`, from 0; `seed` decides by how much it is lengthened.
pub(super) fn wait(attempt: u32, seed: u64) -> Duration {
    let policy = RetryPolicy { min_delay: FIRST_WAIT, max_delay: LONGEST_WAIT, ..RetryPolicy::default() };
    // Past these it is the longest one, and only its lengthening would differ.
    let attempt = usize::try_from(attempt.min(16)).unwrap_or_default();
    policy.delays(seed).nth(attempt).unwrap_or(LONGEST_WAIT)
}

pub(super) fn microseconds(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
