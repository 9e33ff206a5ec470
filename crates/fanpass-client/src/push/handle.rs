//! What a run shares with those who watch and stop it.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::Waker;

use futures_util::task::AtomicWaker;

use super::{PushProgress, StopReason};

/// How far the caller wants a run to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wish {
    GoOn,
    Finish,
    Abort,
}

/// Reads the figures of a [`Push`](super::Push) and stops it, from any task or thread. Cheap to clone.
///
/// The usual Ctrl-C: [`finish`](Self::finish) on the first, [`abort`](Self::abort) on the second. The stream of
/// outcomes is to be read to its end in both cases.
#[derive(Clone, Default)]
pub struct PushHandle {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    wish: AtomicU8,
    waker: AtomicWaker,
    progress: Mutex<PushProgress>,
    stopped: OnceLock<StopReason>,
}

impl PushHandle {
    /// Takes no further update, sends none that waits and repeats none; what is in flight is finished.
    pub fn finish(&self) {
        self.wish(1);
    }

    /// Gives up what is in flight too: its updates end as [`Failed`](super::Delivery::Failed), as they may have
    /// arrived.
    pub fn abort(&self) {
        self.wish(2);
    }

    /// Where the run stands.
    pub fn progress(&self) -> PushProgress {
        *self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the run sends nothing more although its source may have more, from before the first outcome that this brings.
    pub fn stopped(&self) -> Option<StopReason> {
        self.shared.stopped.get().cloned()
    }

    fn wish(&self, wish: u8) {
        self.shared.wish.fetch_max(wish, Ordering::AcqRel);
        self.shared.waker.wake();
    }

    /// What is wished for now; `waker` is woken when that changes.
    pub(super) fn wished(&self, waker: &Waker) -> Wish {
        self.shared.waker.register(waker);
        match self.shared.wish.load(Ordering::Acquire) {
            0 => Wish::GoOn,
            1 => Wish::Finish,
            _ => Wish::Abort,
        }
    }

    pub(super) fn note_stop(&self, reason: &StopReason) {
        self.shared.stopped.get_or_init(|| reason.clone());
    }

    pub(super) fn publish(&self, progress: PushProgress) {
        *self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }
}

impl fmt::Debug for PushHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushHandle").field("progress", &self.progress()).finish_non_exhaustive()
    }
}
