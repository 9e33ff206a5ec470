//! Where an import's rows come from, and the loop in which a worker runs one import after another.

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fanpass_model::UserId;
use fanpass_table::Table;

use crate::store::{RowReject, SpooledFile, Store, StoreError, StoreErrorKind, Unfinished};

use super::ImportOptions;
use super::endings::{Ending, Endings};
use super::import::{Failure, Import};
use super::queue::Queue;

/// Starts of an import after which it is given up.
const ATTEMPTS_MAX: u32 = 3;

/// Runs imports until the queue ends.
pub(super) fn work(store: &Store, queue: &Queue, endings: &Endings, options: &ImportOptions) {
    while let Some(job) = queue.take() {
        let Some(job) = set_aside_if_held(store, queue, job) else { continue };
        match run_queued(store, queue, &job, options) {
            Err(error) if error.kind() == StoreErrorKind::Stopped => {}
            Ok(ending) => {
                // First of all: the upload may be what filled the disk, and its end needs a little of it.
                job.file.iter().for_each(|file| remove(store, file));
                if let Some(ending) = ending {
                    endings.end(store, ending);
                }
            }
            Err(error) => {
                tracing::error!(%error, sequence = job.sequence, "an import could not be put back; it is left to the next start");
            }
        }
        queue.done(&job.segment);
    }
}

/// Leaves an import that is to look stuck under way and undone.
fn set_aside_if_held(store: &Store, queue: &Queue, job: Unfinished) -> Option<Unfinished> {
    if !queue.is_held(&job) {
        return Some(job);
    }
    match store.begin_job(job.sequence) {
        Ok(_) => queue.set_aside(job),
        Err(_) => Some(job),
    }
}

/// Runs an import; gives back how it ends, if it did not publish its list.
fn run_queued(
    store: &Store,
    queue: &Queue,
    job: &Unfinished,
    options: &ImportOptions,
) -> Result<Option<Ending>, StoreError> {
    let mut import = Import::new(store, job.sequence, options.chunk_bytes, Some(queue));
    let Some(file) = &job.file else {
        let message = "the service stopped before the list was stored; send it again";
        return Ok(Some(import.failed(message.to_owned())));
    };
    match store.begin_job(job.sequence) {
        Ok(attempts) if attempts > ATTEMPTS_MAX => {
            let message =
                format!("given up: the service stopped {ATTEMPTS_MAX} times while it read the file");
            return Ok(Some(import.failed(message)));
        }
        Ok(_) => {}
        Err(error) if error.kind() == StoreErrorKind::Stopped => return Err(error),
        Err(error) => return Ok(Some(import.failed_in_storage(&error))),
    }
    // A fault in a parser costs its own import and no other.
    let read = |import: &mut Import<'_>| read_file(store, file, options, import);
    let outcome = catch_unwind(AssertUnwindSafe(|| import.run(read)));
    Ok(match outcome {
        Ok(Ok(())) => None,
        Ok(Err(Failure::Stopped)) => {
            return Err(store.release_job(job.sequence).err().unwrap_or_else(StoreError::stopped));
        }
        Ok(Err(Failure::Refused(message))) => Some(import.failed(message)),
        Ok(Err(Failure::Storage(error))) => Some(import.failed_in_storage(&error)),
        Err(_) => Some(import.failed("the file made its reader fail; please report it".to_owned())),
    })
}

fn remove(store: &Store, file: &SpooledFile) {
    let path = store.folder().spool().join(&file.spool);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, path = %path.display(), "an upload that was imported stays until the next start");
        }
        _ => {}
    }
}

/// Runs an import of rows at hand.
pub(super) fn run_inline<R, I>(
    store: &Store,
    endings: &Endings,
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
        Err(Failure::Refused(message)) => {
            endings.end(store, import.failed(message));
            Ok(())
        }
        Err(Failure::Storage(error)) => {
            endings.end(store, import.failed_in_storage(&error));
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

fn read_file(
    store: &Store,
    file: &SpooledFile,
    options: &ImportOptions,
    import: &mut Import<'_>,
) -> Result<(), Failure> {
    let path = store.folder().spool().join(&file.spool);
    // Removed by an earlier run that could not say any more how the import ended.
    if !path.exists() {
        let message = "the service could not store the list; the segment is as it was before, send it again";
        return Err(Failure::Refused(message.to_owned()));
    }
    let name = file.file_name.as_deref().unwrap_or("the file");
    let mut ids = Table::open_named(&path, name, &options.reading())?.ids(None)?;
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
