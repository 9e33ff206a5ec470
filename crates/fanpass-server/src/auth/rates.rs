//! How often a token, and a subject with all its tokens, may call: a bucket each that refills steadily.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::header::RETRY_AFTER;
use http::{HeaderName, HeaderValue};

use super::claims::Claims;
use crate::config::Limits;
use crate::http::problem::{Kind, Problem};

const SECOND: i64 = 1_000_000;
/// Buckets past which those that are full again are forgotten.
const BUCKETS_MAX: usize = 4096;

/// The buckets of those who have called lately.
#[derive(Debug)]
pub(crate) struct Rates {
    token: Option<Rate>,
    subject: Option<Rate>,
    /// For each name the time, in microseconds, at which its bucket is full again.
    full_at: Mutex<HashMap<(&'static str, String), i64>>,
}

/// What a bucket takes.
#[derive(Debug, Clone, Copy)]
struct Rate {
    /// Microseconds in which room for one call comes back.
    interval: i64,
    /// Calls that a full bucket has room for.
    burst: u32,
}

/// A call that came too early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exceeded {
    what: &'static str,
    burst: u32,
    /// Seconds in which an empty bucket fills.
    window: i64,
    retry_after: i64,
}

impl Rate {
    /// None where there is no limit.
    fn of(per_second: u32, burst: u32) -> Option<Self> {
        let interval = SECOND.checked_div(i64::from(per_second))?.max(1);
        Some(Self { interval, burst: if burst == 0 { per_second } else { burst } })
    }

    fn capacity(self) -> i64 {
        self.interval.saturating_mul(i64::from(self.burst))
    }
}

impl Rates {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            token: Rate::of(limits.requests_per_second_per_token, limits.request_burst_per_token),
            subject: Rate::of(limits.requests_per_second_per_subject, limits.request_burst_per_subject),
            full_at: Mutex::default(),
        }
    }

    /// Takes room for a call at `now`, if token and subject have some.
    pub(crate) fn take(&self, claims: &Claims, now: i64) -> Result<(), Exceeded> {
        if self.token.is_none() && self.subject.is_none() {
            return Ok(());
        }
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= BUCKETS_MAX {
            full_at.retain(|_, full| *full > now);
        }
        let limits = [("token", &claims.jti, self.token), ("subject", &claims.sub, self.subject)];
        let mut taken = Vec::with_capacity(limits.len());
        for (what, name, rate) in limits {
            let Some(rate) = rate else { continue };
            let name = (what, name.clone());
            // One that would be full later than an empty one was left by a clock that has gone back since.
            let latest = now.saturating_add(rate.capacity());
            let full = full_at.get(&name).copied().filter(|full| *full <= latest).unwrap_or(now);
            let full = full.max(now).saturating_add(rate.interval);
            let early = full.saturating_sub(now).saturating_sub(rate.capacity());
            if early > 0 {
                return Err(Exceeded {
                    what,
                    burst: rate.burst,
                    window: seconds(rate.capacity()),
                    retry_after: seconds(early),
                });
            }
            taken.push((name, full));
        }
        full_at.extend(taken);
        Ok(())
    }
}

/// Whole seconds, none too short and at least one.
fn seconds(microseconds: i64) -> i64 {
    microseconds.saturating_add(SECOND - 1).checked_div(SECOND).unwrap_or(1).max(1)
}

impl From<Exceeded> for Problem {
    /// With `Retry-After` and the fields of draft-ietf-httpapi-ratelimit-headers.
    fn from(exceeded: Exceeded) -> Self {
        let Exceeded { what, burst, window, retry_after } = exceeded;
        let detail = format!(
            "this {what} has made more calls than the {burst} in {window} s that it may; wait {retry_after} s"
        );
        let fields = [
            (RETRY_AFTER, retry_after.to_string()),
            (HeaderName::from_static("ratelimit-policy"), format!("\"{what}\";q={burst};w={window}")),
            (HeaderName::from_static("ratelimit"), format!("\"{what}\";r=0;t={retry_after}")),
        ];
        fields.into_iter().fold(Self::new(Kind::TOO_MANY, detail), |problem, (name, value)| {
            match HeaderValue::try_from(value) {
                Ok(value) => problem.with_header(name, value),
                Err(_) => problem,
            }
        })
    }
}
