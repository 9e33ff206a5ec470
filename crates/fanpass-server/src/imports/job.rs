//! Where an import's rows come from, and the loop in which a worker runs one import after another.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fanpass_model::UserId;
use fanpass_table::{Accepted, Options, Table};

use crate::store::{RowReject, SpooledFile, Store, StoreError, Unfinished};

use super::import::{Failure, Import};
use super::queue::Queue;

/// Starts of an import after which it is given up.
const ATTEMPTS_MAX: u32 = 3;

/// Runs imports until the queue ends.
pub(super) fn work(store: &Store, queue: &Queue, chunk_bytes: usize) {
    while let Some(job) = queue.take() {
        if let Err(error) = run_queued(store, queue, &job, chunk_bytes) {
            tracing::error!(%error, sequence = job.sequence, "an import could not be ended; it is left to the next start");
        }
        queue.done(&job.segment);
    }
}

fn run_queued(store: &Store, queue: &Queue, job: &Unfinished, chunk_bytes: usize) -> Result<(), StoreError> {
    let mut import = Import::new(store, job.sequence, chunk_bytes, Some(queue));
    let Some(file) = &job.file else {
        let message = "the service stopped before the list was stored; send it again";
        return import.fail(message.to_owned());
    };
    if store.begin_job(job.sequence)? > ATTEMPTS_MAX {
        import.fail(format!("given up: the service stopped {ATTEMPTS_MAX} times while it read the file"))?;
    } else {
        // A fault in a parser costs its own import and no other.
        let outcome = catch_unwind(AssertUnwindSafe(|| import.run(|import| read_file(store, file, import))));
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(Failure::Stopped)) => return store.release_job(job.sequence),
            Ok(Err(Failure::Refused(message))) => import.fail(message)?,
            Ok(Err(Failure::Storage(error))) => import.fail_for_storage(&error)?,
            Err(_) => import.fail("the file made its reader fail; please report it".to_owned())?,
        }
    }
    let path = store.folder().spool().join(&file.spool);
    if let Err(error) = fs::remove_file(&path) {
        tracing::warn!(%error, path = %path.display(), "an upload that was imported stays until the next start");
    }
    Ok(())
}

/// Runs an import of rows at hand.
pub(super) fn run_inline<R, I>(
    store: &Store,
    sequence: i64,
    rows: Rows<R>,
    chunk_bytes: usize,
) -> Result<(), StoreError>
where
    R: Iterator<Item = Result<I, RowReject>>,
    I: AsRef<str>,
{
    let mut import = Import::new(store, sequence, chunk_bytes, None);
    match import.run(|import| rows.read(import)) {
        Ok(()) => Ok(()),
        Err(Failure::Refused(message)) => import.fail(message),
        Err(Failure::Storage(error)) => {
            import.fail_for_storage(&error)?;
            Err(error)
        }
        Err(Failure::Stopped) => Err(StoreError::stopped()),
    }
}

/// Rows that do not come from a file.
pub(super) struct Rows<R>(R);

impl<R, I> Rows<R>
where
    R: Iterator<Item = Result<I, RowReject>>,
    I: AsRef<str>,
{
    pub(super) const fn new(rows: R) -> Self {
        Self(rows)
    }

    fn read(self, import: &mut Import<'_>) -> Result<(), Failure> {
        for (number, row) in (1..).zip(self.0) {
            match row {
                Ok(id) => match UserId::validate(id.as_ref()) {
                    Ok(()) => import.accept(id.as_ref())?,
                    Err(error) => import.reject(|| RowReject {
                        row: number,
                        code: error.kind().code().to_owned(),
                        message: error.to_string(),
                        location: None,
                    })?,
                },
                Err(reject) => import.reject(|| reject)?,
            }
        }
        Ok(())
    }
}

/// How an uploaded file is read. The API documents CSV, XLSX, XLS and ZIP: other formats are refused, so that no client
/// comes to rely on what another FanPass does not take.
pub(crate) fn reading() -> Options {
    let mut options = Options::default();
    options.accepted = Accepted::TextAndWorkbooks;
    options
}

fn read_file(store: &Store, file: &SpooledFile, import: &mut Import<'_>) -> Result<(), Failure> {
    let path = store.folder().spool().join(&file.spool);
    let name = file.file_name.as_deref().unwrap_or("the file");
    let mut ids = Table::open_named(&path, name, &reading())?.ids(None)?;
    while let Some(entry) = ids.next_id()? {
        match entry {
            Ok(row) => match UserId::validate(row.id) {
                Ok(()) => import.accept(row.id)?,
                Err(error) => {
                    import.reject(|| reject(row.reject(error.kind().code(), error.to_string())))?;
                }
            },
            Err(refused) => import.reject(|| reject(refused))?,
        }
    }
    Ok(())
}

fn reject(reject: fanpass_table::Reject) -> RowReject {
    RowReject {
        row: reject.row,
        code: reject.code.to_owned(),
        message: reject.message,
        location: Some(reject.location),
    }
}
