//! Which of a run's attempts can go on: each has a waker of its own, made once, that notes its slot and wakes the run.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

use futures_util::task::AtomicWaker;

/// The slots whose attempts were woken since the run looked last.
#[derive(Default)]
pub(super) struct Wakes {
    woken: Mutex<Vec<usize>>,
    run: AtomicWaker,
}

impl Wakes {
    /// Moves them to `into`. `waker` is woken when there are more.
    pub(super) fn take(&self, waker: &Waker, into: &mut VecDeque<usize>) {
        self.run.register(waker);
        into.extend(self.woken.lock().unwrap_or_else(PoisonError::into_inner).drain(..));
    }
}

/// The waker of one slot.
pub(super) struct SlotWaker {
    signal: Arc<Signal>,
    waker: Waker,
}

struct Signal {
    slot: usize,
    noted: AtomicBool,
    wakes: Arc<Wakes>,
}

impl SlotWaker {
    pub(super) fn new(slot: usize, wakes: Arc<Wakes>) -> Self {
        let signal = Arc::new(Signal { slot, noted: AtomicBool::new(false), wakes });
        Self { waker: Arc::clone(&signal).into(), signal }
    }

    /// The waker for the next poll of the slot's attempt, which notes its first call from here on.
    pub(super) fn arm(&self) -> &Waker {
        self.signal.noted.store(false, Ordering::Release);
        &self.waker
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.noted.swap(true, Ordering::AcqRel) {
            self.wakes.woken.lock().unwrap_or_else(PoisonError::into_inner).push(self.slot);
            self.wakes.run.wake();
        }
    }
}
