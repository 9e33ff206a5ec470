//! The rows of a file as updates to send; what cannot be sent goes to the account on the way.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use fanpass_client::UserUpdate;
use fanpass_sync::{MappedRow, Mapping, Updates};
use tokio::sync::mpsc::Sender;
use tokio::task::{JoinHandle, spawn_blocking};

use super::account::{Account, SentRow};
use super::memory::{BATCH, Memory};
use crate::input::Input;

/// A row on its way from the file to the run.
pub type Row = UserUpdate<SentRow>;

/// An account that the source and the receiver of outcomes share.
#[derive(Debug, Clone)]
pub struct Shared(Arc<Mutex<State>>);

/// The account, and what ended the reading of the file early.
#[derive(Debug)]
pub struct State {
    pub account: Account,
    pub failure: Option<anyhow::Error>,
}

impl Shared {
    pub fn new(rejects: PathBuf, memory: Memory) -> Self {
        Self(Arc::new(Mutex::new(State { account: Account::new(rejects, memory), failure: None })))
    }

    /// The state once nobody else has it.
    pub fn into_state(self) -> Result<State> {
        let state = Arc::into_inner(self.0).context("the account is still being written")?;
        Ok(state.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The updates of a file, in its order.
#[derive(Debug)]
struct Source {
    updates: Updates,
    columns: Arc<[String]>,
    shared: Shared,
}

impl Source {
    fn new(updates: Updates, shared: Shared) -> Self {
        let columns = updates.table().columns().into();
        Self { updates, columns, shared }
    }

    /// The next row that can be sent.
    fn advance(&mut self) -> Result<Option<Row>> {
        loop {
            let read = self.updates.next_row()?;
            let mut state = self.shared.lock();
            let account = &mut state.account;
            account.figures.read += u64::from(read.is_some());
            match read {
                None => return Ok(None),
                Some(MappedRow::Empty(_)) => account.figures.empty += 1,
                Some(MappedRow::Reject(reject)) => {
                    let columns = self.updates.table().columns();
                    account.reject(columns, reject)?;
                }
                Some(MappedRow::Update(update)) => {
                    if update.row.columns() != &*self.columns {
                        self.columns = update.row.columns().into();
                    }
                    let row = update.row.reject(None, "", "");
                    let row = SentRow { columns: Arc::clone(&self.columns), row, sent: None };
                    return Ok(Some(UserUpdate::new(row, update.user, update.properties)));
                }
            }
        }
    }
}

impl Iterator for Source {
    type Item = Row;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().unwrap_or_else(|error| {
            self.shared.lock().failure = Some(error);
            None
        })
    }
}

/// Reads the file on a thread of its own: a table stays on the thread that opened it, and files block.
pub fn read(input: Input, mapping: Mapping, shared: Shared, rows: Sender<Row>) -> JoinHandle<()> {
    spawn_blocking(move || {
        let opened = input.open().and_then(|opened| Ok((Updates::new(opened.table, mapping)?, opened.spool)));
        let read = opened
            .and_then(|(updates, _spool)| hand_over(Source::new(updates, shared.clone()), &shared, &rows));
        if let Err(error) = read {
            shared.lock().failure = Some(error);
        }
    })
}

/// Hands the rows to the run: all of them, or what the ledger does not know to be there already.
fn hand_over(mut source: Source, shared: &Shared, rows: &Sender<Row>) -> Result<()> {
    let memory = shared.lock().account.memory.clone();
    let batch = if memory.is_some() { BATCH } else { 1 };
    loop {
        let taken: Vec<Row> = source.by_ref().take(batch).collect();
        if taken.is_empty() {
            return Ok(());
        }
        for row in if memory.is_some() { changed(taken, &memory, shared)? } else { taken } {
            // A receiver that is closed wants no more.
            if rows.blocking_send(row).is_err() {
                shared.lock().account.unsent();
            }
        }
        if rows.is_closed() {
            return Ok(());
        }
    }
}

/// The rows that differ from what was acknowledged, cut down to what differs.
fn changed(rows: Vec<Row>, memory: &Memory, shared: &Shared) -> Result<Vec<Row>> {
    let updates: Vec<_> = rows.iter().map(|row| (row.user.clone(), row.properties.clone())).collect();
    let changes = memory.changes(&updates)?;
    let mut different = Vec::new();
    for (mut row, change) in rows.into_iter().zip(changes) {
        if change.is_empty() {
            shared.lock().account.figures.unchanged += 1;
        } else {
            row.tag.sent = Some((row.user.clone(), change.clone()));
            row.properties = change;
            different.push(row);
        }
    }
    Ok(different)
}
