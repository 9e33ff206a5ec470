//! Imports: ids in any order become a segment's published list, in bounded memory.
//!
//! An upload is spooled and its job durable before it is answered; worker threads read, sort and publish it. Of two
//! imports of one segment the one received later wins, whenever each of them ends.

mod change;
mod endings;
mod estimate;
mod failure;
mod import;
mod inline;
mod job;
mod list;
mod options;
mod queue;
mod upload;
mod workers;

use std::sync::Arc;

use fanpass_model::{ImportId, SegmentName};
use fanpass_table::Options;
use tokio::task::spawn_blocking;

use crate::store::{
    Caller, ImportJob, Mode, NewJob, RowReject, Store, StoreError, StoreErrorKind, Unfinished, VersionRecord,
};
use inline::InlineList;
pub use options::ImportOptions;
pub use upload::Upload;
use workers::Workers;

/// The imports of one store. Clones share the workers; with the last one gone they [stop](Self::stop).
#[derive(Debug, Clone)]
pub struct Imports(Arc<Workers>);

impl Imports {
    /// Starts the workers on what an earlier process left unfinished, and removes uploads that no import needs.
    ///
    /// # Errors
    /// [`StoreErrorKind::Io`], [`StoreErrorKind::Corrupt`].
    pub fn start(store: Store, options: ImportOptions) -> Result<Self, StoreError> {
        Workers::start(store, options).map(Arc::new).map(Self)
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
    /// [`StoreErrorKind::Busy`] when it was not its turn in time; [`StoreErrorKind::Conflict`] when it was to add or remove, and a
    /// later list, rollback or deletion came first; [`StoreErrorKind::Full`], [`StoreErrorKind::Io`]. It changes nothing then.
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

fn fresh_id(store: &Store) -> Result<ImportId, StoreError> {
    ImportId::new(store.ids().next())
        .map_err(|error| StoreError::new(StoreErrorKind::Io, format!("could not make an id: {error}")))
}
