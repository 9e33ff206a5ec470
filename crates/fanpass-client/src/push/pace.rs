//! Holds requests, and the ids in them, to a steady rate.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

/// How far a late wake-up may be made up for: timers are no finer than a millisecond, and a rate of thousands a
/// second would not be reached otherwise.
const CATCH_UP: Duration = Duration::from_millis(10);

/// The next moment at which a request may be sent; `None` without a rate.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Option<Duration>,
    next: Option<Instant>,
}

impl Pace {
    pub(super) fn new(per_second: Option<NonZeroU32>) -> Self {
        Self { interval: per_second.map(|rate| Duration::from_secs(1) / rate.get()), next: None }
    }

    /// Sends one request each `interval` from here on, or as many as there are.
    pub(super) fn set(&mut self, interval: Option<Duration>) {
        self.interval = interval;
    }

    /// Lets nothing be sent before a moment.
    pub(super) fn hold(&mut self, until: Instant) {
        self.next = self.next.max(Some(until));
    }

    /// When the next request may be sent, if that is still to come.
    pub(super) fn wait(&self, now: Instant) -> Option<Instant> {
        self.next.filter(|next| *next > now)
    }

    /// Notes so many requests, or ids of one request, that are sent now.
    pub(super) fn take(&mut self, now: Instant, count: u32) {
        let Some(interval) = self.interval else { return };
        let earliest = now.checked_sub(CATCH_UP).unwrap_or(now);
        let slot = self.next.map_or(now, |next| next.max(earliest));
        self.next = Some(slot + interval * count);
    }
}
