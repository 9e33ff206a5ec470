//! Whose turn it is: of the thread that commits, which goes on and on, and of whoever needs it to stand still for a moment.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Lets the commits of one database pass, but while somebody else has asked for a turn. A bare lock would go back to the thread
/// that commits, which asks again before anybody else is awake.
#[derive(Debug, Default)]
pub(super) struct Turn {
    asked: AtomicBool,
    taken: Mutex<()>,
    over: Condvar,
}

impl Turn {
    /// Waits until nobody else has a turn or has asked for one; the next commit may go on for as long as what is given back lives.
    pub(super) fn commit(&self) -> MutexGuard<'_, ()> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = |(): &mut ()| self.asked.load(Ordering::Relaxed);
        self.over.wait_while(taken, asked).unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `work` as soon as the commit that is under way has ended, and before the next.
    pub(super) fn between_commits<R>(&self, work: impl FnOnce() -> R) -> R {
        self.asked.store(true, Ordering::Relaxed);
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let done = work();
        self.asked.store(false, Ordering::Relaxed);
        drop(taken);
        self.over.notify_all();
        done
    }
}
