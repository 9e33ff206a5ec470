//! How an import came out: waiting for it, its rejected rows in words, and the exit code that it earns.

use std::io::{self, Write};
use std::path::PathBuf;
use std::pin::pin;

use clap::Args;
use fanpass_client::{ErrorKind, WaitOptions};
use fanpass_model::{ImportId, ImportState, ImportStatus, shown};
use futures_util::StreamExt as _;
use serde::Serialize;

use super::buckets::Buckets;
use crate::exit::Exit;
use crate::failure::exit_of_client;
use crate::input::RejectedRow;
use crate::printer::{Printer, count};
use crate::progress::Progress;
use crate::session::Session;
use crate::signals::Claim;

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

/// What waiting for an import came to.
#[derive(Debug)]
pub struct Waited {
    /// The last that the service told of it.
    pub status: Option<ImportStatus>,
    /// What ended the wait before the import was over.
    pub stopped: Option<Stopped>,
}

/// Why a wait ended early, and the exit code for that; JSON has the reason.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Stopped {
    pub why: String,
    #[serde(skip)]
    pub exit: Exit,
}

/// Polls an import until it is over, showing how far it is; `rows` is how many there are, where that is known before
/// the service says it. Whatever ends the wait earlier, what is known by then is not lost.
pub async fn wait_for(
    session: &Session,
    id: &ImportId,
    rows: Option<u64>,
    wait: Wait,
    printer: Printer,
) -> Waited {
    let claim = Claim::new();
    let progress = Progress::new(printer, "importing");
    let options =
        WaitOptions { timeout: std::time::Duration::from_secs(wait.timeout), ..WaitOptions::default() };
    let mut updates = pin!(session.client.wait_for_import(id, options));
    let mut last = None;
    loop {
        let update = tokio::select! {
            update = updates.next() => update,
            () = claim.stopped() => {
                let why = format!("interrupted; {}", session.goes_on());
                return Waited { status: last, stopped: Some(Stopped { why, exit: Exit::Interrupted }) };
            }
        };
        let status = match update {
            None => return Waited { status: last, stopped: None },
            Some(Ok(status)) => status,
            Some(Err(error)) => {
                let why = if error.kind() == ErrorKind::TimedOut {
                    format!("it is not over after {} s; {}", wait.timeout, session.goes_on())
                } else {
                    error.to_string()
                };
                let exit = exit_of_client(error.kind());
                return Waited { status: last, stopped: Some(Stopped { why, exit }) };
            }
        };
        if let Some(done) = status.processed_rows {
            match status.total_rows.or(rows) {
                Some(total) => progress.set_of(done, total),
                None => progress.set(done),
            }
        }
        last = Some(status);
    }
}

/// Why the wait ended early, on a line of its own.
pub fn write_stopped(out: &mut dyn Write, stopped: Option<&Stopped>) -> io::Result<()> {
    stopped.iter().try_for_each(|Stopped { why, .. }| writeln!(out, "\nStopped waiting: {why}"))
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
    write_notices(out, trimming(trimmed).as_slice())
}

/// What is to be known of ids from which white space was trimmed, if there are any.
pub fn trimming(trimmed: u64) -> Option<String> {
    match trimmed {
        0 => None,
        1 => Some("white space was trimmed from 1 id".to_owned()),
        trimmed => Some(format!("white space was trimmed from {} ids", count(trimmed))),
    }
}

/// What is to be known of how the file was read.
pub fn write_notices(out: &mut dyn Write, notices: &[String]) -> io::Result<()> {
    notices.iter().try_for_each(|notice| writeln!(out, "  {notice}"))
}

/// Where rejected rows were written; `more` says that they are not all that did not arrive.
pub fn write_files(out: &mut dyn Write, files: &[PathBuf], more: bool) -> io::Result<()> {
    let what = if more { "Some of the rows" } else { "Rows" };
    files
        .iter()
        .try_for_each(|path| writeln!(out, "\n{what} that did not arrive, and why: {}", path.display()))
}

/// The first rejected rows, one a line.
pub fn write_rejects(out: &mut dyn Write, rejects: &[RejectedRow], rejected: u64) -> io::Result<()> {
    write_rows(out, "Rejected rows", rejects, rejected)
}

/// The first rows of a reject file, one a line: `rejected` of them were rejected, and others never acknowledged.
pub fn write_undelivered(
    out: &mut dyn Write,
    rows: &[RejectedRow],
    rejected: u64,
    listed: u64,
) -> io::Result<()> {
    let what = match rejected {
        _ if rejected == listed => "Rejected rows",
        0 => "Rows that were sent and never acknowledged",
        _ => "Rows that were rejected, or sent and never acknowledged",
    };
    write_rows(out, what, rows, listed)
}

fn write_rows(out: &mut dyn Write, what: &str, rows: &[RejectedRow], all: u64) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{what}:")?;
    for RejectedRow { location, code, message, column } in rows.iter().take(REJECTS_PRINTED) {
        let [location, message, code] = [location, message, code].map(|text| shown(text));
        let column =
            column.as_deref().map(|column| format!("column {:?}: ", shown(column))).unwrap_or_default();
        writeln!(out, "  {location}  {column}{message} ({code})")?;
    }
    let printed = u64::try_from(rows.len().min(REJECTS_PRINTED)).unwrap_or(u64::MAX);
    if all > printed {
        writeln!(out, "  and {} more; --json lists up to a thousand", count(all - printed))?;
    }
    Ok(())
}
