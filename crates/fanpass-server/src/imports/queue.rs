//! Imports that have not ended, in the order they were received. Of a segment's imports each begins when all before it
//! have ended; only a list given inline that replaces the membership does not wait.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::store::{SpooledFile, Unfinished};

#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// For workers, which wait on threads.
    changed: Condvar,
    /// For inline lists, which wait in tasks.
    ended: Notify,
    stopped: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    /// Ascending by sequence.
    entries: Vec<Entry>,
    /// Spooled files whose imports are to look stuck once they are taken.
    held: HashSet<String>,
    closed: bool,
}

#[derive(Debug)]
struct Entry {
    sequence: i64,
    segment: String,
    /// What a worker is to do; absent while one does it, and for an inline list.
    job: Option<Unfinished>,
    /// Whether it looks as if a worker did it.
    stuck: bool,
    cancelled: Arc<AtomicBool>,
}

/// The place of one import in the order, given up when dropped, unless what it was to do is left for later.
#[derive(Debug)]
pub(super) struct Ticket {
    queue: Arc<Queue>,
    pub(super) sequence: i64,
    cancelled: Arc<AtomicBool>,
    /// Whether the import is left to the next start when the service stops.
    stops: bool,
}

/// Why an import is not to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    Stopped,
    Cancelled,
}

impl Queue {
    /// `waiting` ascends by sequence.
    pub(super) fn new(waiting: Vec<Unfinished>) -> Self {
        let entries = waiting.into_iter().map(Entry::of_job).collect();
        Self { state: Mutex::new(State { entries, ..State::default() }), ..Self::default() }
    }

    /// Adds an import, the last one received. Once no worker is left it waits for the next start.
    pub(super) fn add(&self, job: Unfinished) {
        self.lock().entries.push(Entry::of_job(job));
        self.changed.notify_one();
    }

    /// Gives an inline list its place, the last one.
    pub(super) fn enter(self: &Arc<Self>, sequence: i64, segment: String) -> Ticket {
        let cancelled = Arc::new(AtomicBool::new(false));
        let (job, stuck) = (None, false);
        let entry = Entry { sequence, segment, job, stuck, cancelled: Arc::clone(&cancelled) };
        self.lock().entries.push(entry);
        Ticket { queue: Arc::clone(self), sequence, cancelled, stops: false }
    }

    /// How many imports of files have not begun.
    pub(super) fn waiting(&self) -> usize {
        self.lock().entries.iter().filter(|entry| entry.is_waiting()).count()
    }

    /// The next import of a file that may run; waits for one. `None` when the queue is closed and no file is left, or
    /// stopped.
    pub(super) fn take(self: &Arc<Self>) -> Option<(Unfinished, Ticket)> {
        let mut state = self.lock();
        loop {
            if self.is_stopped() {
                return None;
            }
            let mut busy = HashSet::new();
            let mut files = false;
            for entry in &mut state.entries {
                files |= entry.is_waiting();
                let first = busy.insert(&*entry.segment);
                if first
                    && !entry.stuck
                    && let Some(job) = entry.job.take()
                {
                    let (queue, cancelled) = (Arc::clone(self), Arc::clone(&entry.cancelled));
                    return Some((job, Ticket { queue, sequence: entry.sequence, cancelled, stops: true }));
                }
            }
            if state.closed && !files {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Makes the import of a spooled file look stuck once it is taken.
    pub(super) fn hold(&self, spool: String) {
        self.lock().held.insert(spool);
    }

    /// Lets everything that is held go its way.
    pub(super) fn let_go(&self) {
        let mut state = self.lock();
        state.held.clear();
        state.entries.iter_mut().for_each(|entry| entry.stuck = false);
        self.changed.notify_all();
    }

    /// How many imports look stuck.
    pub(super) fn stuck(&self) -> usize {
        self.lock().entries.iter().filter(|entry| entry.stuck).count()
    }

    /// Tells an import to end; gives back the file of one that does not run, which is out of the queue now.
    pub(super) fn cancel(&self, sequence: i64) -> Option<SpooledFile> {
        let mut state = self.lock();
        let place = state.entries.iter().position(|entry| entry.sequence == sequence)?;
        let entry = state.entries.get_mut(place)?;
        entry.cancelled.store(true, Ordering::Relaxed);
        let job = entry.job.take();
        if job.is_some() {
            state.entries.remove(place);
        }
        drop(state);
        self.wake();
        job?.file
    }

    /// Accepts no more; what waits still runs.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.wake();
    }

    /// Accepts no more, hands out no more, and asks what runs to stop.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.close();
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Whether all imports of the same segment that were received earlier have ended.
    fn is_turn(&self, sequence: i64) -> bool {
        let state = self.lock();
        let Some(own) = state.entries.iter().find(|entry| entry.sequence == sequence) else { return true };
        !state.entries.iter().any(|entry| entry.sequence < sequence && entry.segment == own.segment)
    }

    fn remove(&self, sequence: i64) {
        self.lock().entries.retain(|entry| entry.sequence != sequence || entry.job.is_some());
        self.wake();
    }

    fn wake(&self) {
        self.changed.notify_all();
        self.ended.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn of_job(job: Unfinished) -> Self {
        let (sequence, segment) = (job.sequence, job.segment.clone());
        Self { sequence, segment, job: Some(job), stuck: false, cancelled: Arc::default() }
    }

    fn is_waiting(&self) -> bool {
        self.job.is_some() && !self.stuck
    }
}

impl Ticket {
    /// Waits until all imports of the same segment that were received earlier have ended, or this one is cancelled.
    pub(super) async fn turn(&self) {
        loop {
            let ended = self.queue.ended.notified();
            if self.queue.is_turn(self.sequence) || self.halt() == Some(Halt::Cancelled) {
                return;
            }
            ended.await;
        }
    }

    /// Whether the import of a file is to look stuck.
    pub(super) fn is_held(&self, job: &Unfinished) -> bool {
        job.file.as_ref().is_some_and(|file| self.queue.lock().held.contains(&file.spool))
    }

    /// Leaves an import that looks stuck to a later worker, in the place it has; gives it back if it was let go of or
    /// cancelled meanwhile.
    pub(super) fn set_aside(&self, job: Unfinished) -> Option<Unfinished> {
        let mut state = self.queue.lock();
        let held = job.file.as_ref().is_some_and(|file| state.held.remove(&file.spool));
        let entry = state.entries.iter_mut().find(|entry| entry.sequence == self.sequence);
        match entry.filter(|_| held && self.halt() != Some(Halt::Cancelled)) {
            Some(entry) => {
                (entry.job, entry.stuck) = (Some(job), true);
                None
            }
            None => Some(job),
        }
    }

    /// Whether the import is to end here.
    pub(super) fn halt(&self) -> Option<Halt> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Some(Halt::Cancelled);
        }
        (self.stops && self.queue.is_stopped()).then_some(Halt::Stopped)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.queue.remove(self.sequence);
    }
}
