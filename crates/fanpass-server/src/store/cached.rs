//! A table of the database in memory; exact, because this process alone writes it.

use std::sync::{Arc, PoisonError, RwLock};

/// All of a table, as one value that is given out whole.
#[derive(Debug)]
pub(super) struct Cached<T>(RwLock<Arc<T>>);

impl<T: Clone> Cached<T> {
    pub(super) fn new(all: T) -> Self {
        Self(RwLock::new(Arc::new(all)))
    }

    /// All of it, as it stands now.
    pub(super) fn get(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes it for whoever asks from now on.
    pub(super) fn change(&self, change: impl FnOnce(&mut T)) {
        change(Arc::make_mut(&mut self.0.write().unwrap_or_else(PoisonError::into_inner)));
    }
}
