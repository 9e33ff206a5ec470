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
use crate::source::SourceFile;

/// Updates that are looked up in the ledger together.
const BATCH: usize = 1024;
/// Updates that are handed over together where there is no ledger: a hand-over wakes the other side.
const BATCH_PLAIN: usize = 128;
/// Batches that wait to be sent, besides the one that is being sent and the one that is being read.
const BATCHES_AHEAD: usize = 1;

/// Rows between two looks at whether they are still to be counted.
const COUNT_STEP: u64 = 4096;

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
    /// Whether rows are counted before they are read, to show how many are left.
    pub count: bool,
}

/// The updates of a file, in its order.
#[derive(Debug)]
struct Source<'a> {
    updates: Updates,
    columns: Arc<[String]>,
    verdicts: Option<Verdicts<'a>>,
    /// Looks at values that no survey has looked at.
    lint: Option<Lint>,
    shared: Shared,
}

impl Source<'_> {
    /// The next row that is to be sent.
    fn advance(&mut self) -> Result<Option<Row>> {
        loop {
            let read = self.updates.next_row()?;
            let mut state = self.shared.lock();
            let account = &mut state.account;
            account.figures.read += u64::from(read.is_some());
            match read {
                None => {
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
    let Reading { job, changes, gone, count } = reading;
    if count {
        let rows = count_rows(&job.source, || !rows.is_closed());
        shared.lock().rows = rows;
    }
    let updates = job.updates()?;
    let columns = updates.table().columns().into();
    let verdicts = changes.as_ref().map(Changes::verdicts).transpose()?;
    let lint = changes.is_none().then(|| job.lint.clone());
    let mut source = Source { updates, columns, verdicts, lint, shared: shared.clone() };
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

/// How many rows a file has, as long as that is wanted; `None` if it cannot be read, which is told once it is read to be sent.
fn count_rows(source: &SourceFile, wanted: impl Fn() -> bool) -> Option<u64> {
    let mut table = source.table().ok()?;
    let mut rows = 0_u64;
    while table.next_row().ok()?.is_some() {
        rows += 1;
        if rows.is_multiple_of(COUNT_STEP) && !wanted() {
            return None;
        }
    }
    Some(rows)
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
    use std::fs;

    use fanpass_table::Options;

    use super::*;

    #[test]
    fn rows_are_counted_as_they_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fans.csv");
        let rows = "1,gold\n\n,silver\n2,gold,more\n".repeat(2000);
        fs::write(&path, format!("fan_id,tier\n{rows}")).unwrap();
        let source = SourceFile::new(&path, Options::default()).unwrap();
        assert_eq!(count_rows(&source, || true), Some(6000), "rejected rows too, and no blank ones");
        assert_eq!(count_rows(&source, || false), None, "nobody waits for it any more");
        fs::remove_file(&path).unwrap();
        assert_eq!(count_rows(&source, || true), None);
    }
}
