//! The rows of a file as updates to send; what need not or cannot be sent goes to the account on the way.

use std::future::poll_fn;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, ready};

use anyhow::Result;
use fanpass_client::UserUpdate;
use fanpass_model::UserProperties;
use fanpass_sync::{Changes, MappedRow, Updates, Verdict, Verdicts};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::{JoinHandle, spawn_blocking};

use super::account::{Origin, Shared, SharedDeliveries, Tag};
use super::attributes::Job;
use super::gone::Gone;
use super::remarks::Lint;

/// Updates that are looked up in the ledger together.
const BATCH: usize = 1024;
/// Updates that are handed over together where there is no ledger: a hand-over wakes the other side.
const BATCH_PLAIN: usize = 128;
/// Batches that wait to be sent, besides the one that is being sent and the one that is being read.
const BATCHES_AHEAD: usize = 1;

/// Rows between two looks at how far the file is read.
const ESTIMATE_STEP: u64 = 4096;
/// Bytes beside which those that are read ahead are few.
const ESTIMATE_FROM: u64 = 4 << 20;

/// What to know of a rejected row before it is mended and sent.
const OVERTAKEN: &str = "; the user has a later row, whose values this one would override once it is mended";

/// An update on its way from the file to the run.
pub type Row = UserUpdate<Tag>;

/// The end of the way: updates as they arrive, in batches.
#[derive(Debug)]
pub struct Arriving {
    batches: Receiver<Vec<Row>>,
    batch: std::vec::IntoIter<Row>,
}

impl Arriving {
    /// The next update; `None` at the end.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Row>> {
        loop {
            if let Some(row) = self.batch.next() {
                return Poll::Ready(Some(row));
            }
            match ready!(self.batches.poll_recv(context)) {
                Some(batch) => self.batch = batch.into_iter(),
                None => return Poll::Ready(None),
            }
        }
    }

    /// Takes no more, and counts what has arrived as not sent.
    pub async fn refuse(mut self, shared: &Shared) {
        self.batches.close();
        self.count_unsent(shared).await;
    }

    /// Takes all, and counts it as not sent.
    pub async fn count_unsent(mut self, shared: &Shared) {
        while let Some(row) = poll_fn(|context| self.poll_next(context)).await {
            shared.lock().account.unsent(&row.tag.origin);
        }
    }
}

/// What is read.
#[derive(Debug)]
pub struct Reading {
    pub job: Job,
    /// What a survey found; without one everything is sent.
    pub changes: Option<Changes>,
    /// Users who are not in the file any more.
    pub gone: Option<Gone>,
}

/// The updates of a file, in its order.
#[derive(Debug)]
struct Source<'a> {
    updates: Updates,
    columns: Arc<[String]>,
    verdicts: Option<Verdicts<'a>>,
    /// Looks at values that no survey has looked at.
    lint: Option<Lint>,
    /// Of the whole file.
    bytes: Option<u64>,
    shared: Shared,
}

impl Source<'_> {
    /// Looks now and then at how far the file is read.
    fn estimate(&self) {
        let rows = self.updates.counts().rows;
        if rows > 0 && rows.is_multiple_of(ESTIMATE_STEP) {
            let bytes = self.updates.table().bytes_read();
            if let Some(rows) = bytes.and_then(|bytes| expected(rows, bytes, self.bytes?)) {
                self.shared.lock().rows_expected = Some(rows);
            }
        }
    }

    /// The next row that is to be sent.
    fn advance(&mut self) -> Result<Option<Row>> {
        loop {
            self.estimate();
            let read = self.updates.next_row()?;
            let mut state = self.shared.lock();
            let account = &mut state.account;
            account.figures.read += u64::from(read.is_some());
            match read {
                None => {
                    state.rows_expected = Some(self.updates.counts().rows);
                    let account = &mut state.account;
                    account.notices = self.updates.table().notices();
                    return Ok(None);
                }
                Some(MappedRow::Empty(..)) => account.figures.empty += 1,
                Some(MappedRow::Reject(mut reject, user)) => {
                    if let (Some(verdicts), Some(_)) = (&mut self.verdicts, &user)
                        && verdicts.next_verdict(&mut UserProperties::new())? == Verdict::Overtaken
                    {
                        reject.message.push_str(OVERTAKEN);
                    }
                    let columns = self.updates.table().columns();
                    account.reject(columns, reject, user.as_ref())?;
                }
                Some(MappedRow::Update(mut update)) => {
                    if let Some(lint) = &mut self.lint {
                        lint.look_at(&update.properties);
                    }
                    let verdict = match &mut self.verdicts {
                        Some(verdicts) => verdicts.next_verdict(&mut update.properties)?,
                        None => Verdict::Send,
                    };
                    match verdict {
                        Verdict::Unchanged => account.figures.unchanged += 1,
                        Verdict::Duplicate | Verdict::Overtaken => account.figures.duplicate += 1,
                        Verdict::Send => {
                            if update.row.columns() != &*self.columns {
                                self.columns = update.row.columns().into();
                            }
                            let (row, user) = (update.row.keep(), update.user.clone());
                            let origin = Origin::Row { columns: Arc::clone(&self.columns), row, user };
                            let tag = Tag { origin, receipt: None };
                            return Ok(Some(UserUpdate::new(tag, update.user, update.properties)));
                        }
                    }
                }
            }
        }
    }
}

/// The rows of all its bytes, if they are as long as those that were read; `None` while what is read ahead is much beside
/// them, and once all is read, as the rows themselves are counted soon.
fn expected(rows: u64, bytes: u64, of: u64) -> Option<u64> {
    let all = u128::from(rows) * u128::from(of) / u128::from(bytes).max(1);
    u64::try_from(all).ok().filter(|_| (ESTIMATE_FROM..of).contains(&bytes))
}

impl Iterator for Source<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().unwrap_or_else(|error| {
            self.shared.lock().fail(error);
            None
        })
    }
}

/// Reads the file on a thread of its own: a table stays on the thread that opened it, and files block.
pub fn read(reading: Reading, shared: Shared) -> (Arriving, JoinHandle<()>) {
    let (rows, batches) = mpsc::channel(BATCHES_AHEAD);
    let reading = spawn_blocking(move || {
        if let Err(error) = read_all(reading, &shared, &rows) {
            shared.lock().fail(error);
        }
    });
    (Arriving { batches, batch: Vec::new().into_iter() }, reading)
}

fn read_all(reading: Reading, shared: &Shared, rows: &Sender<Vec<Row>>) -> Result<()> {
    let Reading { job, changes, gone } = reading;
    let updates = job.updates()?;
    let columns = updates.table().columns().into();
    let bytes = job.source.bytes();
    let verdicts = changes.as_ref().map(Changes::verdicts).transpose()?;
    let lint = changes.is_none().then(|| job.lint.clone());
    let mut source = Source { updates, columns, verdicts, lint, bytes, shared: shared.clone() };
    hand_over(&mut source, shared, rows)?;
    shared.lock().account.findings = source.lint.map(|lint| lint.of_values()).unwrap_or_default();
    if shared.lock().failure.is_none() {
        job.source.check_unchanged()?;
    }
    // Who is gone is certain only if the file was read to its end.
    let (Some(gone), false) = (gone, shared.lock().failure.is_some() || rows.is_closed()) else {
        return Ok(());
    };
    let tag = || Tag { origin: Origin::Gone, receipt: None };
    let updates = gone.updates()?.map_while(|update| match update {
        Ok((user, lost)) => Some(UserUpdate::new(tag(), user, lost)),
        Err(error) => {
            shared.lock().fail(error);
            None
        }
    });
    hand_over(updates, shared, rows)
}

/// Hands the updates to the run, each cut down to what the ledger does not know to be there already.
fn hand_over(updates: impl Iterator<Item = Row>, shared: &Shared, rows: &Sender<Vec<Row>>) -> Result<()> {
    let deliveries = shared.lock().account.deliveries.clone();
    let mut updates = updates.fuse();
    let batch = if deliveries.is_some() { BATCH } else { BATCH_PLAIN };
    loop {
        let mut taken: Vec<Row> = updates.by_ref().take(batch).collect();
        if taken.is_empty() {
            return Ok(());
        }
        if let Some(deliveries) = &deliveries {
            taken = changed(taken, deliveries, shared)?;
        }
        // A receiver that is closed wants no more.
        if let Err(refused) = rows.blocking_send(taken) {
            let account = &mut shared.lock().account;
            refused.0.iter().for_each(|row| account.unsent(&row.tag.origin));
        }
        if rows.is_closed() {
            return Ok(());
        }
    }
}

/// The updates that differ from what was acknowledged, cut down to what differs.
fn changed(rows: Vec<Row>, deliveries: &SharedDeliveries, shared: &Shared) -> Result<Vec<Row>> {
    let (updates, tags): (Vec<_>, Vec<_>) =
        rows.into_iter().map(|row| ((row.user, row.properties), row.tag)).unzip();
    let taken = deliveries.lock().unwrap_or_else(PoisonError::into_inner).take(updates);
    let taken = taken.inspect_err(|_| {
        let account = &mut shared.lock().account;
        for tag in &tags {
            account.unsent(&tag.origin);
        }
    })?;
    let mut different = Vec::with_capacity(taken.len());
    for (mut tag, taken) in tags.into_iter().zip(taken) {
        if taken.change.is_empty() {
            let figures = &mut shared.lock().account.figures;
            match tag.origin {
                Origin::Row { .. } => figures.unchanged += 1,
                Origin::Gone => figures.removed += 1,
            }
        } else {
            tag.receipt = Some(taken.receipt);
            different.push(UserUpdate::new(tag, taken.user, taken.change));
        }
    }
    Ok(different)
}

#[cfg(test)]
mod tests {
    use super::expected;

    #[test]
    fn rows_are_expected_by_the_bytes_that_those_before_took() {
        let mib = |mib: u64| mib << 20;
        assert_eq!(expected(100, mib(10), mib(50)), Some(500));
        assert_eq!(expected(100, mib(1), mib(50)), None, "most of it may wait in a buffer");
        assert_eq!(expected(100, mib(10), mib(10)), None, "all is read");
        assert_eq!(expected(100, mib(50), mib(10)), None, "a file that was cut meanwhile");
        assert_eq!(expected(u64::MAX, mib(4), u64::MAX), None);
    }
}
