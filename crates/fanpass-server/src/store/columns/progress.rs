//! How far a first build is, for those who would wait for it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::store::error::{StoreError, StoreErrorKind};

/// Users up to whom a first build is waited for; with more, whoever asks is told to come again.
const WAITED_FOR: u64 = 200_000;

/// How far a build is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    building: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
    stop: AtomicBool,
}

impl Progress {
    pub(super) fn begin(&self, users: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(users, Ordering::Relaxed);
        self.building.store(true, Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.building.store(false, Ordering::Relaxed);
    }

    pub(super) fn add(&self, users: u64) {
        self.done.fetch_add(users, Ordering::Relaxed);
    }

    /// Cuts the build short that is under way, if one is.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Refuses whoever would have to wait long.
    pub(super) fn refuse_while_building(&self) -> Result<(), StoreError> {
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        if !self.building.load(Ordering::Relaxed) || total <= WAITED_FOR {
            return Ok(());
        }
        let message = format!(
            "the columns of users are being built, {done} of {total} users so far; try again in a moment"
        );
        Err(StoreError::new(StoreErrorKind::Busy, message))
    }

    pub(super) fn go_on(&self) -> Result<(), StoreError> {
        if self.stop.load(Ordering::Relaxed) { Err(StoreError::stopped()) } else { Ok(()) }
    }
}
