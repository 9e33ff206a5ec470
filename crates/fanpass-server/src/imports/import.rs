//! One import on its way from rows in any order to a published list.

use std::time::{Duration, Instant};

use fanpass_sorted::{SortError, Sorter};
use fanpass_table::TableError;

use crate::store::{Counts, Publication, RowReject, Store, StoreError, StoreErrorKind};

use super::endings::Ending;
use super::list::ListWriter;
use super::queue::Queue;

/// Refused rows of an import that are kept.
const REJECTS_MAX: usize = 1_000;
/// Rows between two looks at the clock and at the request to stop.
const ROWS_A_STEP: u64 = 4_096;
/// Time between two reports of progress.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// Why an import has no list.
#[derive(Debug)]
pub(super) enum Failure {
    /// It cannot be done; the message says why.
    Refused(String),
    /// The storage failed.
    Storage(StoreError),
    /// The service stops.
    Stopped,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Storage(error)
    }
}

impl From<SortError> for Failure {
    fn from(error: SortError) -> Self {
        Self::Storage(error.into())
    }
}

impl From<TableError> for Failure {
    fn from(error: TableError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// An import under way.
pub(super) struct Import<'a> {
    store: &'a Store,
    sequence: i64,
    queue: Option<&'a Queue>,
    sorter: Sorter,
    counts: Counts,
    rejects: Vec<RowReject>,
    reported: Option<Instant>,
}

impl<'a> Import<'a> {
    pub(super) fn new(store: &'a Store, sequence: i64, chunk_bytes: usize, queue: Option<&'a Queue>) -> Self {
        Self {
            store,
            sequence,
            queue,
            sorter: Sorter::new(&store.folder().temporary(), chunk_bytes),
            counts: Counts::default(),
            rejects: Vec::new(),
            reported: None,
        }
    }

    /// Reads all rows and publishes the ids among them.
    pub(super) fn run(&mut self, read: impl FnOnce(&mut Self) -> Result<(), Failure>) -> Result<(), Failure> {
        read(self)?;
        self.counts.total = Some(self.counts.processed);
        let accepted = self.counts.processed - self.counts.rejected;
        if accepted == 0 {
            let message = "no row holds a usable user id; the segment is as it was before";
            return Err(Failure::Refused(message.to_owned()));
        }
        let sorter = self.sorter.take();
        let mut list = ListWriter::new(self.store, self.sequence);
        let mut written = 0_u64;
        let members = sorter.finish(|id| -> Result<(), Failure> {
            written += 1;
            if written.is_multiple_of(ROWS_A_STEP) {
                self.step()?;
            }
            Ok(list.push(id)?)
        })?;
        let (version, rest) = list.finish()?;
        self.store.publish(Publication {
            import: self.sequence,
            version,
            rest,
            counts: Counts { imported: members, duplicate: accepted - members, ..self.counts },
            rejects: std::mem::take(&mut self.rejects),
        })?;
        Ok(())
    }

    pub(super) fn accept(&mut self, id: &str) -> Result<(), Failure> {
        self.sorter.push(id.as_bytes())?;
        self.count()
    }

    pub(super) fn reject(&mut self, reject: impl FnOnce() -> RowReject) -> Result<(), Failure> {
        self.counts.rejected += 1;
        if self.rejects.len() < REJECTS_MAX {
            self.rejects.push(reject());
        }
        self.count()
    }

    fn count(&mut self) -> Result<(), Failure> {
        self.counts.processed += 1;
        if self.counts.processed.is_multiple_of(ROWS_A_STEP) { self.step() } else { Ok(()) }
    }

    /// Stops if that is asked for, and says from time to time how far it is.
    fn step(&mut self) -> Result<(), Failure> {
        if self.queue.is_some_and(Queue::is_stopped) {
            return Err(Failure::Stopped);
        }
        if self.reported.is_none_or(|last| last.elapsed() >= HEARTBEAT) {
            self.reported = Some(Instant::now());
            self.store.report_progress(self.sequence, self.counts)?;
        }
        Ok(())
    }

    /// Whoever sent the import learns what to do; paths and causes are for the log.
    pub(super) fn failed_in_storage(&mut self, error: &StoreError) -> Ending {
        tracing::error!(%error, sequence = self.sequence, "an import failed in the storage");
        let why = match error.kind() {
            StoreErrorKind::Full => "its disk is full",
            _ => "its log says why",
        };
        self.failed(format!(
            "the service could not store the list: {why}; the segment is as it was before, send it again"
        ))
    }

    /// The end of an import that changed nothing, for the reason in `message`.
    pub(super) fn failed(&mut self, message: String) -> Ending {
        // Its runs may be what filled the disk; saying so needs a little of it.
        drop(self.sorter.take());
        let (sequence, counts) = (self.sequence, self.counts);
        Ending { sequence, message, counts, rejects: std::mem::take(&mut self.rejects) }
    }
}
