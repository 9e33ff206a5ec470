//! What a bulk push says at its end, and the exit code that it has earned.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;

use super::account::{Account, Figures};
use super::source::State;
use crate::commands::segments::outcome::{write_files, write_rejects};
use crate::exit::Exit;
use crate::input::RejectedRow;
use crate::printer::{Printer, Report};
use crate::session::quoted;

/// Closes the account of `file`: makes the reject file appear, prints the report and gives the exit code.
pub fn conclude(file: String, dry_run: bool, state: State, printer: Printer) -> Result<Exit> {
    let State { account, failure } = state;
    let failure = match failure {
        // Nothing was done that an account could be given of.
        Some(error) if account.figures.read == 0 => return Err(error),
        failure => failure,
    };
    let Account { figures, shown, stopped, files, memory } = account;
    memory.finish()?;
    let rejects_files = files.finish()?;
    let (exit, stopped) = stopped.map_or((None, None), |(exit, why)| (Some(exit), Some(why)));
    let next = match (&stopped, rejects_files.first()) {
        (Some(_), _) => {
            Some("push the same file again: what was sent already is set to the same values".to_owned())
        }
        (None, Some(path)) => {
            Some(format!("mend {0} and push it with the same options, --file {0}", quoted_path(path)))
        }
        (None, None) => None,
    };
    let adds_up = figures.add_up();
    let report = PushReport { file, dry_run, figures, adds_up, stopped, rejects: shown, rejects_files, next };
    printer.report(&report)?;
    match failure {
        Some(error) => Err(error.context("the file could not be read to its end")),
        None if !adds_up => Ok(Exit::Mismatch),
        None => Ok(exit.unwrap_or_else(|| exit_of(figures, dry_run))),
    }
}

fn exit_of(figures: Figures, dry_run: bool) -> Exit {
    if figures.unsent > 0 && !dry_run {
        Exit::Unreachable
    } else if figures.rejected > 0 {
        Exit::Rejects
    } else {
        Exit::Done
    }
}

/// What became of each row of the pushed file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PushReport {
    file: String,
    dry_run: bool,
    #[serde(flatten)]
    figures: Figures,
    adds_up: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<String>,
    rejects: Vec<RejectedRow>,
    rejects_files: Vec<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl Report for PushReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { file, figures, .. } = self;
        match (self.dry_run, &self.stopped) {
            (true, _) => writeln!(out, "Read {file}; nothing was sent\n")?,
            (false, Some(why)) => writeln!(out, "Stopped in the middle of {file}: {why}\n")?,
            (false, None) => writeln!(out, "Pushed {file}\n")?,
        }
        figures.write(out)?;
        write_rejects(out, &self.rejects, figures.rejected)?;
        write_files(out, &self.rejects_files)?;
        self.next.iter().try_for_each(|next| writeln!(out, "\nNext: {next}"))
    }
}

fn quoted_path(path: &Path) -> String {
    quoted(&path.display().to_string())
}
