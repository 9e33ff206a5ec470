//! One import on its way from rows in any order to a published list.

use std::time::{Duration, Instant};

use fanpass_sorted::Sorter;

use crate::store::{
    Counts, Ended, Mode, Progress, Publication, Published, RowReject, Stage, Store, StoreError,
    StoreErrorKind,
};

use super::ImportOptions;
use super::change::{self, Made};
use super::endings::Ending;
use super::estimate;
use super::failure::Failure;
use super::queue::{Halt, Ticket};

/// Refused rows that are kept together.
const REJECTS_A_STEP: usize = 1_000;
/// Bytes that refused rows which are kept may have on average.
const REJECT_BYTES: u64 = 1_024;
/// Rows between two looks at the clock and at the request to stop.
const ROWS_A_STEP: u64 = 4_096;
/// What is said of an import that met a fault of ours.
const PANICKED: &str = "the service failed at this import, by a fault of its own; the segment is as it was before, please report it";
/// Time between two reports of progress.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// An import under way.
pub(super) struct Import<'a> {
    store: &'a Store,
    ticket: &'a Ticket,
    options: &'a ImportOptions,
    segment: &'a str,
    mode: Mode,
    stage: Stage,
    sorter: Sorter,
    counts: Counts,
    /// Refused rows behind those that were kept.
    rejects: Vec<RowReject>,
    kept: u64,
    /// What those that are kept take.
    reject_bytes: u64,
    /// How much of its file is read, and of its list written, from 0 to 1.
    read: f64,
    written: f64,
    begun: Instant,
    reported: Option<Instant>,
}

impl<'a> Import<'a> {
    pub(super) fn new(
        store: &'a Store,
        ticket: &'a Ticket,
        options: &'a ImportOptions,
        segment: &'a str,
        mode: Mode,
    ) -> Self {
        Self {
            store,
            ticket,
            options,
            segment,
            mode,
            stage: Stage::Validating,
            sorter: Sorter::new(&store.folder().temporary(), options.chunk_bytes),
            counts: Counts::default(),
            rejects: Vec::new(),
            kept: 0,
            reject_bytes: 0,
            read: 0.0,
            written: 0.0,
            begun: Instant::now(),
            reported: None,
        }
    }

    /// Reads all rows and publishes what the ids among them make of the segment.
    pub(super) fn run(&mut self, read: impl FnOnce(&mut Self) -> Result<(), Failure>) -> Result<(), Failure> {
        read(self)?;
        self.counts.total = Some(self.counts.processed);
        let accepted = self.counts.processed - self.counts.rejected;
        if accepted == 0 {
            let message = "no row holds a usable user id; the segment is as it was before";
            return Err(Failure::Refused(message.to_owned()));
        }
        self.stage = Stage::Applying;
        self.read = 1.0;
        self.report()?;
        let sorter = self.sorter.take();
        let made = change::make(self, sorter, accepted)?;
        let Made { content, members, distinct, changed } = made;
        let publication = Publication {
            import: self.ticket.sequence,
            content,
            members,
            counts: Counts { imported: distinct, duplicate: accepted - distinct, changed, ..self.counts },
            rejects: (self.kept, std::mem::take(&mut self.rejects)),
        };
        match self.store.publish(publication, self.options.versions_kept)? {
            Published::Served | Published::Superseded => Ok(()),
            Published::Cancelled => Err(Failure::Halted(Halt::Cancelled)),
            Published::Overtaken(message) => Err(Failure::Overtaken(message)),
        }
    }

    pub(super) const fn store(&self) -> &'a Store {
        self.store
    }

    pub(super) const fn sequence(&self) -> i64 {
        self.ticket.sequence
    }

    pub(super) const fn segment(&self) -> &'a str {
        self.segment
    }

    pub(super) const fn mode(&self) -> Mode {
        self.mode
    }

    pub(super) const fn delta_max(&self) -> usize {
        self.options.delta_max
    }

    pub(super) fn accept(&mut self, id: &str) -> Result<(), Failure> {
        self.sorter.push(id.as_bytes())?;
        self.count()
    }

    pub(super) fn reject(&mut self, reject: impl FnOnce() -> RowReject) -> Result<(), Failure> {
        self.counts.rejected += 1;
        let most = self.options.rejects_kept;
        let waiting = u64::try_from(self.rejects.len()).unwrap_or(u64::MAX);
        // Once they take too many bytes no more are kept, so that those that are kept are the first.
        if self.kept + waiting < most && self.reject_bytes < most.saturating_mul(REJECT_BYTES) {
            let reject = reject();
            self.reject_bytes += reject.bytes();
            self.rejects.push(reject);
            if self.rejects.len() == REJECTS_A_STEP {
                let rejects = std::mem::replace(&mut self.rejects, Vec::with_capacity(REJECTS_A_STEP));
                self.store.keep_rejects(self.ticket.sequence, self.kept, rejects)?;
                self.kept += waiting + 1;
            }
        }
        self.count()
    }

    /// How much of the file is read, from 0 to 1; asked for now and then.
    pub(super) fn has_read(&mut self, share: impl FnOnce() -> Option<f64>) {
        if self.counts.processed.is_multiple_of(ROWS_A_STEP)
            && let Some(share) = share()
        {
            self.read = share;
        }
    }

    /// Says that `number` ids of at most `most` are written.
    pub(super) fn wrote(&mut self, number: u64, most: u64) -> Result<(), Failure> {
        if !number.is_multiple_of(ROWS_A_STEP) {
            return Ok(());
        }
        self.written = ratio(number, most);
        self.step()
    }

    fn count(&mut self) -> Result<(), Failure> {
        self.counts.processed += 1;
        if self.counts.processed.is_multiple_of(ROWS_A_STEP) { self.step() } else { Ok(()) }
    }

    /// Stops if that is asked for, and says from time to time how far it is.
    fn step(&mut self) -> Result<(), Failure> {
        if let Some(halt) = self.ticket.halt() {
            return Err(Failure::Halted(halt));
        }
        if self.reported.is_none_or(|last| last.elapsed() >= HEARTBEAT) { self.report() } else { Ok(()) }
    }

    fn report(&mut self) -> Result<(), Failure> {
        self.reported = Some(Instant::now());
        let left = estimate::left(self.begun.elapsed(), estimate::done(self.read, self.written));
        let estimated_at = left.and_then(|left| self.store.clock().now().checked_add(left).ok());
        let (stage, counts) = (self.stage, self.counts);
        let estimated_at = estimated_at.map(jiff::Timestamp::as_microsecond);
        self.store.report_progress(self.ticket.sequence, Progress { stage, counts, estimated_at })?;
        Ok(())
    }

    /// The end of an import that has no list, unless it is ended or is to go on at the next start.
    pub(super) fn ending(&mut self, failure: &Failure) -> Option<Ending> {
        match failure {
            Failure::Halted(_) => None,
            Failure::Refused(message) | Failure::Overtaken(message) => Some(self.failed(message.clone())),
            Failure::Storage(error) => Some(self.failed_in_storage(error)),
            Failure::Panicked => Some(self.failed(PANICKED.to_owned())),
        }
    }

    /// Whoever sent the import learns what to do; paths and causes are for the log.
    fn failed_in_storage(&mut self, error: &StoreError) -> Ending {
        tracing::error!(%error, sequence = self.ticket.sequence, "an import failed in the storage");
        let why = match error.kind() {
            StoreErrorKind::Full => "its disk is full",
            _ => "its log says why",
        };
        self.failed(format!(
            "the service could not store the list: {why}; the segment is as it was before, send it again"
        ))
    }

    /// The end of an import that changed nothing, for the reason in `message`.
    fn failed(&mut self, message: String) -> Ending {
        // Its runs may be what filled the disk; saying so needs a little of it.
        drop(self.sorter.take());
        let (kept, rejects) = (self.kept, std::mem::take(&mut self.rejects));
        let (message, counts) = (Some(message), self.counts);
        let ended = Ended { stage: Stage::Failed, message, counts, kept, rejects };
        Ending { sequence: self.ticket.sequence, ended }
    }
}

/// `part` of `whole`, from 0 to 1. Exact to 32 bits, which is more than an estimate needs.
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    let scale = whole.checked_ilog2().map_or(0, |bits| bits.saturating_sub(31));
    let narrow = |number: u64| f64::from(u32::try_from(number >> scale).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { narrow(part) / narrow(whole) }
}
