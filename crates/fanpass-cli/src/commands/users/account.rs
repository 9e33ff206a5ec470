//! The account of a bulk push: each row of the file in exactly one bucket, and those that did not arrive in a file.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use fanpass_client::{Delivery, StopReason};
use fanpass_sync::RejectFiles;
use fanpass_table::Reject;
use serde::Serialize;

use super::memory::{Memory, Update};
use crate::exit::Exit;
use crate::failure::exit_of_client;
use crate::input::RejectedRow;
use crate::printer::count;

/// Rejects that are kept to be shown; all are counted, and all are in the reject file.
const REJECTS_SHOWN: usize = 1000;

/// Where a row stands, with what it takes to write it into the reject file.
#[derive(Debug)]
pub struct SentRow {
    pub columns: Arc<[String]>,
    pub row: Reject,
    /// What is sent of it, for the ledger.
    pub sent: Option<Update>,
}

/// What became of the rows so far.
#[derive(Debug)]
pub struct Account {
    pub figures: Figures,
    pub shown: Vec<RejectedRow>,
    /// What ended the run early, and why.
    pub stopped: Option<(Exit, String)>,
    /// Rows that did not arrive.
    pub files: RejectFiles,
    /// What was acknowledged before, and now.
    pub memory: Memory,
}

/// Rows by what became of them.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Rows with data in the file.
    pub read: u64,
    /// Rows whose update was acknowledged.
    pub sent: u64,
    /// Rows of which the ledger knows that the service has all of it.
    pub unchanged: u64,
    /// Rows that were merged into a later row of the same user, whose update was acknowledged.
    pub merged: u64,
    /// Rows without anything to send.
    pub empty: u64,
    /// Rows that have to be mended.
    pub rejected: u64,
    /// Rows that were not sent, or never acknowledged; they are fine and can be pushed again.
    pub unsent: u64,
}

impl Figures {
    /// Whether each row is in exactly one bucket.
    pub fn add_up(self) -> bool {
        self.read == self.sent + self.unchanged + self.merged + self.empty + self.rejected + self.unsent
    }

    /// One line a bucket, and the sum that they make.
    pub fn write(self, out: &mut dyn Write) -> io::Result<()> {
        let Self { read, sent, unchanged, merged, empty, rejected, unsent } = self;
        let rows = [
            ("read", read),
            ("sent", sent),
            ("unchanged", unchanged),
            ("merged", merged),
            ("empty", empty),
            ("rejected", rejected),
            ("unsent", unsent),
        ];
        let width = count(read).len();
        for (name, figure) in rows {
            writeln!(out, "  {name:<10}{:>width$}", count(figure))?;
        }
        if self.add_up() {
            writeln!(
                out,
                "  every row is accounted for: read = sent + unchanged + merged + empty + rejected + unsent"
            )
        } else {
            writeln!(
                out,
                "  THE COUNTS DO NOT ADD UP: read is not sent + unchanged + merged + empty + rejected + unsent"
            )
        }
    }
}

impl Account {
    /// An empty account whose reject file, if one is needed, will be at `path`.
    pub fn new(path: PathBuf, memory: Memory) -> Self {
        Self {
            figures: Figures::default(),
            shown: Vec::new(),
            stopped: None,
            files: RejectFiles::new(path),
            memory,
        }
    }

    /// A row that cannot be sent as it stands.
    pub fn reject(&mut self, columns: &[String], reject: Reject) -> Result<()> {
        self.figures.rejected += 1;
        self.keep(columns, reject)
    }

    /// What became of a row that was handed to the push.
    pub fn settle(&mut self, row: SentRow, delivery: Delivery) -> Result<()> {
        let SentRow { columns, mut row, sent } = row;
        if let Some(sent) = sent {
            let acknowledged = matches!(delivery, Delivery::Sent | Delivery::Superseded);
            self.memory.settle(sent, acknowledged)?;
        }
        let (code, message) = match delivery {
            Delivery::Sent => {
                self.figures.sent += 1;
                return Ok(());
            }
            Delivery::Superseded => {
                self.figures.merged += 1;
                return Ok(());
            }
            Delivery::Rejected(error) => {
                self.figures.rejected += 1;
                ("refused", error.to_string())
            }
            Delivery::Failed(error) => {
                self.figures.unsent += 1;
                ("not_acknowledged", error.to_string())
            }
            Delivery::NotSent(reason) => {
                match reason {
                    StopReason::Cancelled => self.stop(Exit::Interrupted, "it was interrupted"),
                    StopReason::Halted(error) => self.stop(exit_of_client(error.kind()), &error.to_string()),
                }
                self.unsent();
                return Ok(());
            }
        };
        row.code = code;
        row.message = message;
        self.keep(&columns, row)
    }

    /// Says why the run ends before its file does; the first reason stands.
    pub fn stop(&mut self, exit: Exit, why: &str) {
        self.stopped.get_or_insert_with(|| (exit, why.to_owned()));
    }

    /// A row that is fine and was not sent, because the run stopped: the file is to be pushed again.
    pub fn unsent(&mut self) {
        self.figures.unsent += 1;
    }

    fn keep(&mut self, columns: &[String], reject: Reject) -> Result<()> {
        self.files.write(columns, &reject)?;
        if self.shown.len() < REJECTS_SHOWN {
            self.shown.push(reject.into());
        }
        Ok(())
    }
}
