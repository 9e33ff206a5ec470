//! Clock and ids, injected so that tests decide them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::Timestamp;
use uuid::Uuid;

/// Where the time comes from.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at `start` until it is [advanced](Self::advance); clones share it.
    pub fn manual(start: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(start.as_microsecond()))))
    }

    /// Moves a manual clock on; the machine's clock is left alone.
    pub fn advance(&self, microseconds: i64) {
        if let Some(time) = &self.0 {
            time.fetch_add(microseconds, Ordering::Relaxed);
        }
    }

    /// The time, in whole microseconds.
    pub fn now(&self) -> Timestamp {
        let microseconds = match &self.0 {
            Some(time) => time.load(Ordering::Relaxed),
            None => Timestamp::now().as_microsecond(),
        };
        Timestamp::from_microsecond(microseconds).unwrap_or_default()
    }
}

/// Where fresh ids come from.
#[derive(Debug, Clone, Default)]
pub struct Ids(Option<Arc<AtomicU64>>);

impl Ids {
    /// Random ids that sort by the time they were made (UUID version 7, RFC 9562).
    pub const fn random() -> Self {
        Self(None)
    }

    /// Ids that count from 1 and look like UUIDs, the same in every run; clones share the count.
    pub fn counting() -> Self {
        Self(Some(Arc::new(AtomicU64::new(0))))
    }

    /// A fresh id.
    pub fn next(&self) -> String {
        match &self.0 {
            None => Uuid::now_v7().to_string(),
            Some(count) => {
                let number = count.fetch_add(1, Ordering::Relaxed) + 1;
                format!("0197f3a0-5c00-7000-8000-{number:012}")
            }
        }
    }
}
