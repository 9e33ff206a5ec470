//! `fanpass runs list`: the latest runs.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::{RunRecord, Which};
use crate::exit::Exit;
use crate::printer::{Printer, Report, count, table};

/// List the latest runs, the newest first
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  fanpass runs list --ledger season.toml\n  fanpass runs list --ledger fans.ledger"
)]
pub struct List {
    #[command(flatten)]
    which: Which,
    /// Runs at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,
}

impl List {
    pub fn run(self, printer: Printer) -> Result<Exit> {
        let history = self.which.open()?;
        let runs = history.list(self.limit)?.into_iter().map(|run| RunRecord::of(run, &history));
        printer.report(&Runs { runs: runs.collect::<Result<_>>()? })?;
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
struct Runs {
    runs: Vec<RunRecord>,
}

impl Report for Runs {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let row = |run: &RunRecord| {
            let figure = |of: fn(&fanpass_sync::Figures) -> u64| {
                run.figures.as_ref().map_or_else(String::new, |figures| count(of(figures)))
            };
            [
                run.id.clone(),
                run.begun.clone(),
                run.feed.clone(),
                figure(|figures| figures.read),
                figure(|figures| figures.sent),
                figure(|figures| figures.rejected),
                run.outcome.clone(),
            ]
        };
        table(out, ["run", "begun", "feed", "read", "sent", "rejected", "outcome"], self.runs.iter().map(row))
    }
}
