//! Where an import's rows come from, and the loop in which a worker runs one import after another.

use std::fs;
use std::io;
use std::sync::Arc;

use fanpass_model::UserId;
use fanpass_table::Table;

use crate::store::{RowReject, SpooledFile, Store, Unfinished};

use super::ImportOptions;
use super::endings::Endings;
use super::failure::{Failure, guarded};
use super::import::{Import, ratio};
use super::queue::{Halt, Queue, Ticket};

/// Starts of an import after which it is given up.
const ATTEMPTS_MAX: u32 = 3;

/// Runs imports until the queue ends.
pub(super) fn work(store: &Store, queue: &Arc<Queue>, endings: &Endings, options: &ImportOptions) {
    while let Some((job, ticket)) = queue.take() {
        let Some(job) = set_aside_if_held(store, &ticket, job) else { continue };
        let mut import = Import::new(store, &ticket, options, &job.segment, job.mode);
        let failure = guarded(|| run_queued(&mut import, &job, options)).err();
        if let Some(Failure::Halted(Halt::Stopped)) = failure {
            if let Err(error) = store.release_job(job.sequence) {
                tracing::error!(%error, sequence = job.sequence, "an import could not be put back; it is left to the next start");
            }
            continue;
        }
        let ending = failure.and_then(|failure| import.ending(&failure));
        // First of all: the upload may be what filled the disk, and its end needs a little of it.
        job.file.iter().for_each(|file| remove(store, &file.spool));
        if let Some(ending) = ending {
            // What failed is tried again.
            let _ = endings.end(store, ending);
        }
        forget(store, options);
    }
}

/// Orders the records to be forgotten that have been kept long enough.
pub(super) fn forget(store: &Store, options: &ImportOptions) {
    if let Ok(before) = store.clock().now().checked_sub(options.records_kept) {
        store.forget_jobs(before.as_microsecond());
    }
}

/// Leaves an import that is to look stuck under way and undone.
fn set_aside_if_held(store: &Store, ticket: &Ticket, job: Unfinished) -> Option<Unfinished> {
    if !ticket.is_held(&job) {
        return Some(job);
    }
    match store.begin_job(job.sequence) {
        Ok(Some(_)) => ticket.set_aside(job),
        Ok(None) | Err(_) => Some(job),
    }
}

fn run_queued(import: &mut Import<'_>, job: &Unfinished, options: &ImportOptions) -> Result<(), Failure> {
    // It would take its upload for lost.
    import.store().folder().check_place().map_err(|_| Failure::Halted(Halt::Stopped))?;
    let Some(file) = &job.file else {
        let message = "the service stopped before the list was stored; send it again";
        return Err(Failure::Refused(message.to_owned()));
    };
    match import.store().begin_job(job.sequence)? {
        None => Err(Failure::Halted(Halt::Cancelled)),
        Some(attempts) if attempts > ATTEMPTS_MAX => {
            let message =
                format!("given up: the service stopped {ATTEMPTS_MAX} times while it read the file");
            Err(Failure::Refused(message))
        }
        Some(_) => import.run(|import| read_file(file, options, import)),
    }
}

/// Removes an upload that no import needs any more.
pub(super) fn remove(store: &Store, spool: &str) {
    let path = store.folder().spool().join(spool);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, path = %path.display(), "an upload that was imported stays until the next start");
        }
        _ => {}
    }
}

fn read_file(file: &SpooledFile, options: &ImportOptions, import: &mut Import<'_>) -> Result<(), Failure> {
    let path = import.store().folder().spool().join(&file.spool);
    // Removed by an earlier run that could not say any more how the import ended.
    if !path.exists() {
        let message = "the service could not store the list; the segment is as it was before, send it again";
        return Err(Failure::Refused(message.to_owned()));
    }
    let name = file.file_name.as_deref().unwrap_or("the file");
    let length = fs::metadata(&path).map(|metadata| metadata.len()).unwrap_or_default();
    let mut ids = Table::open_named(&path, name, &options.reading())?.ids(None)?;
    loop {
        import.has_read(|| Some(ratio(ids.table().bytes_read()?, length)));
        let Some(entry) = ids.next_id()? else { return Ok(()) };
        match entry {
            Ok(row) => match UserId::validate(row.id) {
                Ok(()) => import.accept(row.id)?,
                Err(error) => {
                    import.reject(|| reject(*row.reject(error.kind().code(), error.to_string())))?;
                }
            },
            Err(refused) => import.reject(|| reject(*refused))?,
        }
    }
}

fn reject(reject: fanpass_table::Reject) -> RowReject {
    RowReject {
        row: reject.row,
        code: reject.code.to_owned(),
        message: reject.message,
        location: Some(reject.location),
    }
}
