//! The account of a run: each row of the file in exactly one bucket, and those that did not arrive in a file.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use fanpass_client::{Delivery, StopReason};
use fanpass_model::UserId;
use fanpass_sync::{Deliveries, Figures, Receipt, RejectFiles};
use fanpass_table::{KeptRow, Reject};

use super::remarks::Remark;
use crate::exit::Exit;
use crate::failure::exit_of_client;
use crate::input::RejectedRow;

/// Rejects that are kept to be shown; all are counted, and all are in the reject file.
pub const REJECTS_SHOWN: usize = 1000;

/// The ledger of a run, which its two ends share.
pub type SharedDeliveries = Arc<Mutex<Deliveries>>;

/// An update on its way, with what it takes to account for it.
#[derive(Debug)]
pub struct Tag {
    pub origin: Origin,
    /// What the ledger remembers once it is acknowledged.
    pub receipt: Option<Receipt>,
}

/// Where an update comes from.
#[derive(Debug)]
pub enum Origin {
    /// A row of the file, with what it takes to write it into the reject file.
    Row { columns: Arc<[String]>, row: KeptRow, user: UserId },
    /// A user who is not in the file any more.
    Gone,
}

/// What became of the rows so far.
#[derive(Debug)]
pub struct Account {
    pub figures: Figures,
    pub shown: Vec<RejectedRow>,
    /// Rows in the reject files: those that were rejected, and those that were sent and never acknowledged.
    pub listed: u64,
    /// What ended the run early, and why.
    pub stopped: Option<(Exit, String)>,
    /// Rows that did not arrive.
    pub files: RejectFiles,
    /// What was acknowledged before, and now.
    pub deliveries: Option<SharedDeliveries>,
    /// Users who are not in the file any more and still have the feed's attributes.
    pub gone_left: u64,
    /// What is to be known of how the file was read.
    pub notices: Vec<String>,
    /// What is to be known of the values, if no survey has told.
    pub findings: Vec<Remark>,
}

impl Account {
    /// An empty account whose reject file, if one is needed, will be at `path`.
    pub fn new(path: PathBuf, deliveries: Option<SharedDeliveries>) -> Self {
        Self {
            figures: Figures::default(),
            shown: Vec::new(),
            listed: 0,
            stopped: None,
            files: RejectFiles::new(path),
            deliveries,
            gone_left: 0,
            notices: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// A row that cannot be sent as it stands, with its user where the id is not at fault.
    pub fn reject(&mut self, columns: &[String], reject: Box<Reject>, user: Option<&UserId>) -> Result<()> {
        self.figures.rejected += 1;
        self.keep(columns, reject, user)
    }

    /// What became of an update that was handed to the push.
    pub fn settle(&mut self, tag: Tag, delivery: Delivery) -> Result<()> {
        let Tag { origin, receipt } = tag;
        let acknowledged = matches!(delivery, Delivery::Sent | Delivery::Superseded);
        if let (Origin::Row { .. }, Some(receipt), true) = (&origin, &receipt, acknowledged) {
            self.figures.cleared += receipt.cleared();
        }
        let noted = match (receipt, &self.deliveries) {
            (Some(receipt), Some(deliveries)) => {
                let mut deliveries = deliveries.lock().unwrap_or_else(PoisonError::into_inner);
                deliveries.settle(receipt, acknowledged)
            }
            _ => Ok(()),
        };
        // Each row has its bucket, whatever the ledger can take.
        let settled = match origin {
            Origin::Row { columns, row, user } => self.settle_row(&columns, &row, &user, delivery),
            Origin::Gone => {
                *if acknowledged { &mut self.figures.removed } else { &mut self.gone_left } += 1;
                Ok(())
            }
        };
        noted?;
        settled
    }

    fn settle_row(
        &mut self,
        columns: &[String],
        row: &KeptRow,
        user: &UserId,
        delivery: Delivery,
    ) -> Result<()> {
        let figures = &mut self.figures;
        let (code, message) = match delivery {
            Delivery::Sent => {
                figures.sent += 1;
                return Ok(());
            }
            // Beside a ledger only rows are sent of which something counts.
            Delivery::Superseded if self.deliveries.is_some() => {
                figures.sent += 1;
                return Ok(());
            }
            Delivery::Superseded => {
                figures.duplicate += 1;
                return Ok(());
            }
            Delivery::NotSent(_) => {
                figures.unsent += 1;
                return Ok(());
            }
            Delivery::Rejected(error) => {
                figures.rejected += 1;
                ("refused", error.to_string())
            }
            Delivery::Failed(error) => {
                figures.unsent += 1;
                // What the service's failure has stopped is pushed again as a whole.
                if self.stopped.as_ref().is_some_and(|(exit, _)| *exit != Exit::Interrupted) {
                    return Ok(());
                }
                ("not_acknowledged", error.to_string())
            }
        };
        self.keep(columns, row.reject(code, message), Some(user))
    }

    /// An update that is fine and was not sent, because the run stopped: the file is to be pushed again.
    pub fn unsent(&mut self, origin: &Origin) {
        match origin {
            Origin::Row { .. } => self.figures.unsent += 1,
            Origin::Gone => self.gone_left += 1,
        }
    }

    /// Says that the push has stopped, if it has.
    pub fn stopped_by(&mut self, reason: Option<StopReason>) {
        if let Some(reason) = reason {
            let exit = reason.error().map_or(Exit::Interrupted, |error| exit_of_client(error.kind()));
            self.stop(exit, &reason.to_string());
        }
    }

    /// Says why the run ends before its file does; the first reason stands.
    pub fn stop(&mut self, exit: Exit, why: &str) {
        self.stopped.get_or_insert_with(|| (exit, why.to_owned()));
    }

    fn keep(&mut self, columns: &[String], reject: Box<Reject>, user: Option<&UserId>) -> Result<()> {
        self.files.write(columns, &reject, user)?;
        self.listed += 1;
        if self.shown.len() < REJECTS_SHOWN {
            self.shown.push((*reject).into());
        }
        Ok(())
    }
}

/// An account that the source and the receiver of outcomes share.
#[derive(Debug, Clone)]
pub struct Shared(Arc<Mutex<State>>);

/// The account, and what ended it early.
#[derive(Debug)]
pub struct State {
    pub account: Account,
    pub failure: Option<anyhow::Error>,
    /// How many rows the file has, where they were counted.
    pub rows: Option<u64>,
}

impl State {
    /// Says what ended it early; the first reason stands.
    pub fn fail(&mut self, error: impl Into<anyhow::Error>) {
        self.failure.get_or_insert_with(|| error.into());
    }

    /// Whether all was tried, and nobody is left who is gone and still has something.
    pub fn is_whole(&self) -> bool {
        let Account { stopped, gone_left, .. } = &self.account;
        self.failure.is_none() && stopped.is_none() && *gone_left == 0
    }
}

impl Shared {
    pub fn new(account: Account) -> Self {
        Self(Arc::new(Mutex::new(State { account, failure: None, rows: None })))
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
