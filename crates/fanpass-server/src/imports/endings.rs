//! Imports that failed, and whose end the storage cannot take just now, as on a full disk: it is tried until it can.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::store::{Ended, Store, StoreError};

/// Time between two tries.
const RETRY: Duration = Duration::from_millis(500);

/// The end of an import that changed nothing.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    pub(super) sequence: i64,
    pub(super) ended: Ended,
}

impl Ending {
    fn write(&self, store: &Store) -> Result<(), StoreError> {
        store.end_job(self.sequence, self.ended.clone())
    }
}

/// Ends that wait for the storage.
#[derive(Debug, Default)]
pub(super) struct Endings {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Ending>,
    stopped: bool,
}

impl Endings {
    /// Ends an import, now or, if that fails, as soon as the storage can take it.
    pub(super) fn end(&self, store: &Store, ending: Ending) -> Result<(), StoreError> {
        ending.write(store).inspect_err(|error| {
            tracing::error!(%error, sequence = ending.sequence, "an import could not be ended; it is tried again");
            self.lock().waiting.push(ending);
            self.changed.notify_all();
        })
    }

    /// How many imports wait to be ended.
    pub(super) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Tries what waits again and again, until it is told to stop.
    pub(super) fn keep_trying(&self, store: &Store) {
        let mut state = self.lock();
        while !state.stopped {
            state = if state.waiting.is_empty() {
                self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
            } else {
                let paused = self.changed.wait_timeout_while(state, RETRY, |state| !state.stopped);
                let (state, _) = paused.unwrap_or_else(PoisonError::into_inner);
                let waiting = state.waiting.clone();
                drop(state);
                let ended: Vec<_> = waiting
                    .iter()
                    .filter(|ending| ending.write(store).is_ok())
                    .map(|ending| ending.sequence)
                    .collect();
                let mut state = self.lock();
                state.waiting.retain(|ending| !ended.contains(&ending.sequence));
                state
            };
        }
    }

    /// Ends [`keep_trying`](Self::keep_trying). What could not be ended is taken up at the next start.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
