//! Imports: ids in any order become a segment's published list, in bounded memory.
//!
//! An upload is spooled and its job durable before it is answered; worker threads read, sort and publish it. Of two
//! imports of one segment the one received later wins, whenever each of them ends.

mod endings;
mod import;
mod job;
mod list;
mod queue;
mod upload;

use std::collections::HashSet;
use std::fs;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use fanpass_model::{ImportId, SegmentName};
use fanpass_table::{Accepted, Options};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::store::{Caller, ImportJob, NewJob, RowReject, Store, StoreError, StoreErrorKind, Unfinished};
use endings::Endings;
use job::Rows;
use queue::Queue;
pub use upload::Upload;

/// How imports run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOptions {
    /// Imports that run at the same time. Default: 1.
    pub workers: NonZeroUsize,
    /// Bytes of ids and their sort keys that one import holds in memory before it spills them. Default: 64 MiB.
    pub chunk_bytes: usize,
    /// Bounds on what an uploaded file may unfold to.
    pub files: fanpass_table::Limits,
}

impl ImportOptions {
    /// How an uploaded file is read. The API documents CSV, XLSX, XLS and ZIP: other formats are refused, so that no
    /// client comes to rely on what another FanPass does not take.
    fn reading(&self) -> Options {
        let mut options = Options::default();
        options.accepted = Accepted::TextAndWorkbooks;
        options.limits = self.files.clone();
        options
    }
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self { workers: NonZeroUsize::MIN, chunk_bytes: 64 << 20, files: fanpass_table::Limits::default() }
    }
}

/// Lists given inline that are sorted and published at the same time; each may hold a chunk in memory.
const INLINE_MAX: usize = 4;

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
        let no_thread =
            |error| StoreError::new(StoreErrorKind::Io, format!("could not start a thread: {error}"));
        let mut threads = Vec::new();
        for number in 0..options.workers.get() {
            let (store, queue, options) = (store.clone(), Arc::clone(&queue), options.clone());
            let endings = Arc::clone(&endings);
            let thread = std::thread::Builder::new()
                .name(format!("import {number}"))
                .spawn(move || job::work(&store, &queue, &endings, &options))
                .map_err(no_thread)?;
            threads.push(thread);
        }
        let (ends, of_store) = (Arc::clone(&endings), store.clone());
        let ender = std::thread::Builder::new()
            .name("end imports".to_owned())
            .spawn(move || ends.keep_trying(&of_store))
            .map_err(no_thread)?;
        let ender = Mutex::new(Some(ender));
        let (threads, inline) = (Mutex::new(threads), Arc::new(Semaphore::new(INLINE_MAX)));
        Ok(Self(Arc::new(Workers { store, options, queue, threads, ender, inline, endings, taken_up })))
    }

    /// How many imports failed that the storage cannot even end, as on a full disk. It is tried until it can.
    pub(crate) fn not_ended(&self) -> usize {
        self.0.endings.waiting()
    }

    /// How many imports wait for their turn.
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
        file_name: Option<String>,
        caller: Caller,
    ) -> Result<ImportJob, StoreError> {
        let workers = Arc::clone(&self.0);
        let id = upload.id().clone();
        upload.flush().await?;
        // On a thread of its own, so that a caller that goes away leaves no job without its file.
        let task = spawn_blocking(move || {
            let (file, kept) = upload.sync(file_name)?;
            let job = NewJob { id, segment: segment.clone(), file: Some(file.clone()), caller };
            let id = job.id.clone();
            let sequence = workers.store.create_job(job)?;
            kept.keep();
            workers.queue.add(Unfinished { sequence, segment: segment.to_string(), file: Some(file) });
            Ok::<ImportId, StoreError>(id)
        });
        let id = task.await.map_err(|_| StoreError::stopped())??;
        self.job(&id).await
    }

    /// Publishes `rows` as the membership of `segment` and returns the import, completed or failed.
    ///
    /// Rows that are no valid user id are refused one by one, repeated ids count once. Nothing waits for imports of
    /// files: of two imports of one segment the one that was received later wins. A few lists are published at a
    /// time, further ones wait here.
    ///
    /// # Errors
    /// [`StoreErrorKind::Full`], [`StoreErrorKind::Io`]: the segment is as it was before.
    pub async fn publish<I, R>(
        &self,
        segment: SegmentName,
        rows: R,
        caller: Caller,
    ) -> Result<ImportJob, StoreError>
    where
        I: AsRef<str>,
        R: Iterator<Item = Result<I, RowReject>> + Send + 'static,
    {
        let workers = Arc::clone(&self.0);
        let id = fresh_id(&workers.store)?;
        let job = NewJob { id: id.clone(), segment, file: None, caller };
        let permit = Arc::clone(&workers.inline).acquire_owned().await.map_err(|_| StoreError::stopped())?;
        let task = spawn_blocking(move || {
            let _permit = permit;
            let sequence = workers.store.create_job(job)?;
            job::run_inline(
                &workers.store,
                &workers.endings,
                sequence,
                Rows::new(rows),
                workers.options.chunk_bytes,
            )
        });
        task.await.map_err(|_| StoreError::stopped())??;
        self.job(&id).await
    }

    /// Takes no more work and waits until all imports received so far have ended.
    pub async fn finish(&self) {
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
