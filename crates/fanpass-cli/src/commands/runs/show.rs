//! `fanpass runs show`: one run, with all its figures.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_sync::RunId;

use super::{RunRecord, Which};
use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::closed::write_figures;
use crate::printer::{Printer, Report};
use crate::quoting::quoted_path;

/// Show one run with all its figures
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass runs show 12 --ledger season.toml")]
pub struct Show {
    /// The run's number, as `fanpass runs list` shows it
    run: RunId,
    #[command(flatten)]
    which: Which,
}

impl Show {
    pub fn run(self, printer: Printer) -> Result<Exit> {
        let history = self.which.open()?;
        let Some(run) = history.find(self.run)? else {
            let ledger = quoted_path(&self.which.ledger);
            let message =
                format!("there is no run {}: `fanpass runs list --ledger {ledger}` has them", self.run);
            return Err(failure(Exit::NotFound, message));
        };
        printer.report(&RunRecord::of(run, &history)?)?;
        Ok(Exit::Done)
    }
}

impl Report for RunRecord {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        self.write(out, "run", &self.id)?;
        self.write(out, "feed", &self.feed)?;
        self.write(out, "file", &self.file)?;
        self.write(out, "sha-256", &self.digest)?;
        self.write(out, "begun", &self.begun)?;
        self.ended.iter().try_for_each(|ended| self.write(out, "ended", ended))?;
        self.write(out, "outcome", &self.outcome)?;
        if let Some(rejects) = &self.rejects {
            self.write(out, "rejects", &rejects.display().to_string())?;
        }
        if let Some(figures) = &self.figures {
            writeln!(out)?;
            write_figures(out, figures)?;
        }
        Ok(())
    }
}
