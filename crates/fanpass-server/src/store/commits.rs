//! Whether a database was committed to since a moment: what was read of it before may be otherwise then.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many commits have begun and ended; odd while one is under way.
#[derive(Debug, Default)]
pub(super) struct Commits(AtomicU64);

/// A moment between two commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(u64);

/// A commit under way, until this is dropped.
#[derive(Debug)]
pub(super) struct UnderWay<'a>(&'a Commits);

impl Commits {
    /// Marks that a commit begins. One thread alone commits.
    pub(super) fn begin(&self) -> UnderWay<'_> {
        self.0.fetch_add(1, Ordering::SeqCst);
        UnderWay(self)
    }

    /// The present moment; `None` while a commit is under way, when some see what was before it and others what comes after.
    pub(super) fn now(&self) -> Option<Moment> {
        let count = self.0.load(Ordering::SeqCst);
        count.is_multiple_of(2).then_some(Moment(count))
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
    }
}
