//! How an import came out: waiting for it, its rejected rows in words, and the exit code that it earns.

use std::io::{self, Write};
use std::path::PathBuf;
use std::pin::pin;

use anyhow::Result;
use clap::Args;
use fanpass_client::{Client, WaitOptions};
use fanpass_model::{ImportId, ImportState, ImportStatus};
use futures_util::StreamExt as _;

use super::buckets::Buckets;
use crate::exit::Exit;
use crate::input::RejectedRow;
use crate::printer::{Printer, count};
use crate::progress::Progress;

/// Rejected rows that are printed for a person; JSON has more.
const REJECTS_PRINTED: usize = 10;

/// Whether to wait for the end of an import.
#[derive(Debug, Clone, Copy, Args)]
pub struct Wait {
    /// Wait until the import is over, and account for every row
    #[arg(long)]
    pub wait: bool,
    /// Give up waiting after so many seconds; the import itself goes on
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, requires = "wait")]
    pub timeout: u64,
}

/// Polls an import until it is over, showing how far it is; `rows` is how many there are, where that is known before
/// the service says it.
pub async fn wait_for(
    client: &Client,
    id: &ImportId,
    rows: Option<u64>,
    wait: Wait,
    printer: Printer,
) -> Result<ImportStatus> {
    let progress = Progress::new(printer, "importing");
    let options =
        WaitOptions { timeout: std::time::Duration::from_secs(wait.timeout), ..WaitOptions::default() };
    let mut updates = pin!(client.wait_for_import(id, options));
    let mut last = None;
    while let Some(update) = updates.next().await {
        let status = update?;
        if let Some(done) = status.processed_rows {
            match status.total_rows.or(rows) {
                Some(total) => progress.set_of(done, total),
                None => progress.set(done),
            }
        }
        last = Some(status);
    }
    last.ok_or_else(|| anyhow::anyhow!("the service never told how far import {id} is"))
}

/// The exit code of an import that was waited for.
pub fn exit_of(status: &ImportState, buckets: Buckets) -> Exit {
    if *status != ImportState::Completed {
        return Exit::ImportFailed;
    }
    match buckets.add_up() {
        Some(false) => Exit::Mismatch,
        None => Exit::Unverified,
        Some(true) if buckets.rejected > Some(0) => Exit::Rejects,
        Some(true) => Exit::Done,
    }
}

/// The rows that a service refused.
pub fn rejects_of(status: &ImportStatus) -> Vec<RejectedRow> {
    let row = |error: &fanpass_model::RowError| RejectedRow {
        location: error.location.clone().unwrap_or_else(|| format!("row {}", error.row)),
        code: error.code.clone(),
        message: error.message.clone(),
        column: None,
    };
    status.errors.iter().map(row).collect()
}

/// How many ids were not sent quite as they stand.
pub fn write_trimmed(out: &mut dyn Write, trimmed: u64) -> io::Result<()> {
    match trimmed {
        0 => Ok(()),
        1 => writeln!(out, "  white space was trimmed from 1 id"),
        trimmed => writeln!(out, "  white space was trimmed from {} ids", count(trimmed)),
    }
}

/// Where rejected rows were written.
pub fn write_files(out: &mut dyn Write, files: &[PathBuf]) -> io::Result<()> {
    files.iter().try_for_each(|path| writeln!(out, "\nRows that did not arrive, and why: {}", path.display()))
}

/// The first rejected rows, one a line.
pub fn write_rejects(out: &mut dyn Write, rejects: &[RejectedRow], rejected: u64) -> io::Result<()> {
    if rejects.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nRejected rows:")?;
    for RejectedRow { location, code, message, .. } in rejects.iter().take(REJECTS_PRINTED) {
        writeln!(out, "  {location}  {message} ({code})")?;
    }
    let printed = u64::try_from(rejects.len().min(REJECTS_PRINTED)).unwrap_or(u64::MAX);
    if rejected > printed {
        writeln!(out, "  and {} more; --json lists up to a thousand", count(rejected - printed))?;
    }
    Ok(())
}
