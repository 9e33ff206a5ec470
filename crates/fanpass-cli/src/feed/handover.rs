//! Updates on their way to the run, in batches, each cut down to what the ledger does not know to be there already.

use std::future::poll_fn;
use std::sync::PoisonError;
use std::task::{Context, Poll, ready};

use anyhow::Result;
use fanpass_client::UserUpdate;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::account::{Origin, Shared, SharedDeliveries, Tag};

/// Updates that are looked up in the ledger together.
const BATCH: usize = 1024;
/// Updates that are handed over together where there is no ledger: a hand-over wakes the other side.
const BATCH_PLAIN: usize = 128;
/// Batches that wait to be sent, besides the one that is being sent and the one that is being read.
const BATCHES_AHEAD: usize = 1;

/// An update on its way from the file to the run.
pub type Row = UserUpdate<Tag>;

/// The way from the file to the run.
pub fn channel() -> (Sender<Vec<Row>>, Arriving) {
    let (rows, batches) = mpsc::channel(BATCHES_AHEAD);
    (rows, Arriving { batches, batch: Vec::new().into_iter() })
}

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

/// Hands the updates to the run, each cut down to what the ledger does not know to be there already.
pub fn hand_over(updates: impl Iterator<Item = Row>, shared: &Shared, rows: &Sender<Vec<Row>>) -> Result<()> {
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
