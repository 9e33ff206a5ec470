//! Imports: ids in any order become a segment's published list, in bounded memory.
//!
//! An upload is spooled and its job durable before it is answered; worker threads read, sort and publish it. Of two
//! imports of one segment the one received later wins, whenever each of them ends.

mod change;
mod endings;
mod estimate;
mod import;
mod inline;
mod job;
mod list;
mod options;
mod queue;
mod upload;

use std::collections::HashSet;
use std::fs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use fanpass_model::{ImportId, SegmentName};
use fanpass_table::Options;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::store::{
    Caller, Cancelled, ImportJob, Mode, NewJob, RowReject, Stage, Store, StoreError, StoreErrorKind,
    Unfinished, VersionRecord, spawn,
};
use endings::Endings;
use inline::{INLINE_MAX, InlineList};
pub use options::ImportOptions;
use queue::Queue;
pub use upload::Upload;

/// The imports of one store. Clones share the workers; with the last one gone they [stop](Self::stop).
#[derive(Debug, Clone)]
pub struct Imports(Arc<Workers>);

#[derive(Debug)]
struct Workers {
    store: Store,
    options: ImportOptions,
    queue: Arc<Queue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    ender: Mutex<Option<JoinHandle<()>>>,
    inline: Arc<Semaphore>,
    endings: Arc<Endings>,
    /// Held while an import is kept and takes its place in the queue, so that the order of both is the same.
    order: Mutex<()>,
    taken_up: usize,
}

impl Imports {
    /// Starts the workers on what an earlier process left unfinished, and removes uploads that no import needs.
    ///
    /// # Errors
    /// [`StoreErrorKind::Io`], [`StoreErrorKind::Corrupt`].
    pub fn start(store: Store, options: ImportOptions) -> Result<Self, StoreError> {
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
        Ok(Self(Arc::new(Workers {
            store,
            options,
            queue,
            threads,
            ender,
            inline,
            endings,
            order,
            taken_up,
        })))
    }

    /// How many imports failed that the storage cannot even end, as on a full disk. It is tried until it can.
    pub(crate) fn not_ended(&self) -> usize {
        self.0.endings.waiting()
    }

    /// How many uploaded files wait for their turn.
    pub(crate) fn waiting(&self) -> usize {
        self.0.queue.waiting()
    }

    /// Makes the import of this id, which is not submitted yet, stay under way until it is [let go](Self::let_go).
    pub(crate) fn hold(&self, id: &ImportId) {
        self.0.queue.hold(id.to_string());
    }

    /// Lets go of all imports that are held.
    pub(crate) fn let_go(&self) {
        self.0.queue.let_go();
    }

    /// How many imports are held.
    pub(crate) fn stuck(&self) -> usize {
        self.0.queue.stuck()
    }

    /// How an uploaded file is read.
    pub(crate) fn reading(&self) -> Options {
        self.0.options.reading()
    }

    /// How many imports an earlier process left unfinished, which this one has taken up.
    pub fn taken_up(&self) -> usize {
        self.0.taken_up
    }

    /// Begins to receive a file. What was received is removed again unless it is [submitted](Self::submit).
    ///
    /// # Errors
    /// [`StoreErrorKind::Full`], [`StoreErrorKind::Io`].
    pub async fn receive(&self) -> Result<Upload, StoreError> {
        let store = &self.0.store;
        Upload::begin(fresh_id(store)?, &store.folder().spool()).await
    }

    /// Makes the upload a pending import of `segment`. When this returns, file and job are durable.
    ///
    /// # Errors
    /// [`StoreErrorKind::Full`], [`StoreErrorKind::Io`].
    pub async fn submit(
        &self,
        mut upload: Upload,
        segment: SegmentName,
        mode: Mode,
        file_name: Option<String>,
        caller: Caller,
    ) -> Result<ImportJob, StoreError> {
        let workers = Arc::clone(&self.0);
        let id = upload.id().clone();
        upload.flush().await?;
        // On a thread of its own, so that a caller that goes away leaves no job without its file.
        let task = spawn_blocking(move || {
            let (file, kept) = upload.sync(file_name)?;
            let job = NewJob { id, segment: segment.clone(), mode, file: Some(file.clone()), caller };
            let id = job.id.clone();
            let _order = workers.order();
            let sequence = workers.store.create_job(job)?;
            kept.keep();
            workers.queue.add(Unfinished { sequence, segment: segment.to_string(), mode, file: Some(file) });
            Ok::<ImportId, StoreError>(id)
        });
        let id = task.await.map_err(|_| StoreError::stopped())??;
        self.job(&id).await
    }

    /// Makes of `segment` what `mode` and `rows` say, and returns the import: published, failed or cancelled.
    ///
    /// Rows that are no valid user id are refused one by one, repeated ids count once. A list that replaces the
    /// membership waits for no other import: one that was received earlier and is under way changes nothing any more. One
    /// that adds or removes waits for its turn, at most [`ImportOptions::turn`]. A few lists are published at a time,
    /// further ones wait here.
    ///
    /// # Errors
    /// [`StoreErrorKind::Busy`] when it was not its turn in time; [`StoreErrorKind::Full`], [`StoreErrorKind::Io`]. The
    /// segment is as it was before.
    pub async fn publish<I, R>(
        &self,
        segment: SegmentName,
        mode: Mode,
        rows: R,
        caller: Caller,
    ) -> Result<ImportJob, StoreError>
    where
        I: AsRef<str> + 'static,
        R: Iterator<Item = Result<I, RowReject>> + Send + 'static,
    {
        let id = fresh_id(&self.0.store)?;
        let job = NewJob { id: id.clone(), segment: segment.clone(), mode, file: None, caller };
        let list = InlineList { segment, mode, rows };
        // In a task of its own, so that a caller that goes away leaves no import that holds up others.
        let task = tokio::spawn(Arc::clone(&self.0).publish(job, list));
        task.await.map_err(|_| StoreError::stopped())??;
        self.job(&id).await
    }

    /// Ends an import that has not ended; the segment stays as it was. What it has written is removed in the background.
    /// Cancelling it again changes nothing.
    ///
    /// # Errors
    /// [`StoreErrorKind::NotFound`]; [`StoreErrorKind::Conflict`] for an import that is published or failed;
    /// [`StoreErrorKind::Full`], [`StoreErrorKind::Io`].
    pub async fn cancel(&self, id: &ImportId) -> Result<ImportJob, StoreError> {
        let (workers, of) = (Arc::clone(&self.0), id.clone());
        let task = spawn_blocking(move || workers.cancel(&of));
        task.await.map_err(|_| StoreError::stopped())??;
        self.job(id).await
    }

    /// As [`Store::roll_back`], keeping as many versions as imports do.
    ///
    /// # Errors
    /// As there.
    pub async fn roll_back(
        &self,
        segment: &SegmentName,
        version: Option<u64>,
        caller: Caller,
        answer: impl FnOnce(&VersionRecord) -> String + Send + 'static,
    ) -> Result<VersionRecord, StoreError> {
        self.0.store.roll_back(segment, version, self.0.options.versions_kept, caller, answer).await
    }

    /// Takes no more work, lets go of what is held, and waits until all imports received so far have ended.
    pub async fn finish(&self) {
        self.let_go();
        self.0.queue.close();
        self.join().await;
    }

    /// Takes no more work, puts back what runs, and leaves it with what waits to the next start.
    pub async fn stop(&self) {
        self.0.queue.stop();
        self.join().await;
    }

    async fn join(&self) {
        let workers = Arc::clone(&self.0);
        // A worker that panicked has nothing left to wait for.
        let _ = spawn_blocking(move || workers.join()).await;
    }

    async fn job(&self, id: &ImportId) -> Result<ImportJob, StoreError> {
        self.0.store.import_job(id).await?.ok_or_else(|| {
            StoreError::new(
                StoreErrorKind::NotFound,
                format!("import `{id}` is gone; its data folder was changed"),
            )
        })
    }
}

impl Workers {
    fn order(&self) -> MutexGuard<'_, ()> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cancel(&self, id: &ImportId) -> Result<(), StoreError> {
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

    fn join(&self) {
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

fn fresh_id(store: &Store) -> Result<ImportId, StoreError> {
    ImportId::new(store.ids().next())
        .map_err(|error| StoreError::new(StoreErrorKind::Io, format!("could not make an id: {error}")))
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
