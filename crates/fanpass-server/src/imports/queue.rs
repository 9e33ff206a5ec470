//! Imports that wait for a worker: in the order they were received, one of a segment at a time.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::store::Unfinished;

#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    stopped: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    /// Ascending by sequence.
    waiting: Vec<Unfinished>,
    /// Segments that an import runs for.
    running: HashSet<String>,
    /// Spooled files whose imports are to look stuck, and those imports once they do.
    held: HashSet<String>,
    aside: Vec<Unfinished>,
    closed: bool,
}

impl Queue {
    /// `waiting` ascends by sequence.
    pub(super) fn new(waiting: Vec<Unfinished>) -> Self {
        Self { state: Mutex::new(State { waiting, ..State::default() }), ..Self::default() }
    }

    /// Adds an import. Once closed or stopped it is left to the next start.
    pub(super) fn add(&self, job: Unfinished) {
        let mut state = self.lock();
        if !state.closed {
            let place = state.waiting.partition_point(|other| other.sequence < job.sequence);
            state.waiting.insert(place, job);
        }
        self.changed.notify_one();
    }

    /// How many imports wait for their turn.
    pub(super) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// The next import that may run; waits for one. `None` when the queue is closed and empty, or stopped.
    pub(super) fn take(&self) -> Option<Unfinished> {
        let mut state = self.lock();
        loop {
            if self.is_stopped() {
                return None;
            }
            let State { waiting, running, closed, .. } = &mut *state;
            if let Some(place) = waiting.iter().position(|job| !running.contains(&job.segment)) {
                let job = waiting.remove(place);
                running.insert(job.segment.clone());
                return Some(job);
            }
            if *closed && waiting.is_empty() {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Makes the import of a spooled file look stuck once it is taken.
    pub(super) fn hold(&self, spool: String) {
        self.lock().held.insert(spool);
    }

    /// Whether an import that was taken is to look stuck.
    pub(super) fn is_held(&self, job: &Unfinished) -> bool {
        job.file.as_ref().is_some_and(|file| self.lock().held.contains(&file.spool))
    }

    /// Puts an import that was taken aside, its segment still running; gives it back if it was let go of meanwhile.
    pub(super) fn set_aside(&self, job: Unfinished) -> Option<Unfinished> {
        let mut state = self.lock();
        if job.file.as_ref().is_some_and(|file| state.held.contains(&file.spool)) {
            state.aside.push(job);
            return None;
        }
        Some(job)
    }

    /// Lets everything that is held go its way.
    pub(super) fn let_go(&self) {
        let mut state = self.lock();
        state.held.clear();
        for job in std::mem::take(&mut state.aside) {
            state.running.remove(&job.segment);
            let place = state.waiting.partition_point(|other| other.sequence < job.sequence);
            state.waiting.insert(place, job);
        }
        self.changed.notify_all();
    }

    /// How many imports look stuck.
    pub(super) fn stuck(&self) -> usize {
        self.lock().aside.len()
    }

    /// Says that the import of `segment` that was taken has ended.
    pub(super) fn done(&self, segment: &str) {
        self.lock().running.remove(segment);
        self.changed.notify_all();
    }

    /// Accepts no more; what waits still runs.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Accepts no more, hands out no more, and asks what runs to stop.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.close();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
