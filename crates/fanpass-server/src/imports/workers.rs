//! The threads that read, sort and publish what was uploaded, and what they share.

use std::collections::HashSet;
use std::fs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use fanpass_model::ImportId;
use tokio::sync::Semaphore;

use super::endings::Endings;
use super::inline::INLINE_MAX;
use super::queue::Queue;
use super::{ImportOptions, job};
use crate::store::{Cancelled, Stage, Store, StoreError, StoreErrorKind, Unfinished, spawn};

/// The workers of one store. They stop with it.
#[derive(Debug)]
pub(super) struct Workers {
    pub(super) store: Store,
    pub(super) options: ImportOptions,
    pub(super) queue: Arc<Queue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    ender: Mutex<Option<JoinHandle<()>>>,
    pub(super) inline: Arc<Semaphore>,
    pub(super) endings: Arc<Endings>,
    /// Held while an import is kept and takes its place in the queue, so that the order of both is the same.
    order: Mutex<()>,
    pub(super) taken_up: usize,
}

impl Workers {
    /// Starts them on what an earlier process left unfinished.
    pub(super) fn start(store: Store, options: ImportOptions) -> Result<Self, StoreError> {
        let unfinished = store.unfinished_jobs()?;
        remove_strays(&store, &unfinished)?;
        let taken_up = unfinished.len();
        let queue = Arc::new(Queue::new(unfinished));
        let endings = Arc::new(Endings::default());
        let mut threads = Vec::new();
        for number in 0..options.workers.get() {
            let (store, queue, options) = (store.clone(), Arc::clone(&queue), options.clone());
            let endings = Arc::clone(&endings);
            let work = move || job::work(&store, &queue, &endings, &options);
            threads.push(spawn(format!("import {number}"), work)?);
        }
        let (ends, of_store) = (Arc::clone(&endings), store.clone());
        let ender = spawn("end imports".to_owned(), move || ends.keep_trying(&of_store))?;
        let ender = Mutex::new(Some(ender));
        let (threads, inline) = (Mutex::new(threads), Arc::new(Semaphore::new(INLINE_MAX)));
        job::forget(&store, &options);
        let order = Mutex::default();
        Ok(Self { store, options, queue, threads, ender, inline, endings, order, taken_up })
    }

    pub(super) fn order(&self) -> MutexGuard<'_, ()> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn cancel(&self, id: &ImportId) -> Result<(), StoreError> {
        // No import is between the storage and the queue meanwhile.
        let _order = self.order();
        match self.store.cancel_job(id)? {
            Cancelled::Now(sequence) => {
                if let Some(file) = self.queue.cancel(sequence) {
                    job::remove(&self.store, &file.spool);
                }
                Ok(())
            }
            Cancelled::Before(Stage::Cancelled) => Ok(()),
            Cancelled::Before(stage) => {
                let message =
                    format!("import `{id}` has ended: it is {}; nothing was cancelled", stage.as_str());
                Err(StoreError::new(StoreErrorKind::Conflict, message))
            }
        }
    }

    pub(super) fn join(&self) {
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            let _ = thread.join();
        }
        self.endings.stop();
        if let Some(ender) = self.ender.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = ender.join();
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.queue.stop();
        self.join();
    }
}

/// Removes uploads that were cut off, or whose import ended just before a crash.
fn remove_strays(store: &Store, unfinished: &[Unfinished]) -> Result<(), StoreError> {
    let spool = store.folder().spool();
    let needed: HashSet<_> =
        unfinished.iter().filter_map(|job| Some(job.file.as_ref()?.spool.as_str())).collect();
    let failed = |error| StoreError::io("clean up the folder", &spool, error);
    for entry in fs::read_dir(&spool).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if !entry.file_name().to_str().is_some_and(|name| needed.contains(name)) {
            fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}
