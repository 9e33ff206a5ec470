//! `fanpass runs`: what a ledger remembers of its runs.

mod list;
mod show;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;
use clap::{Args, Subcommand};
use fanpass_sync::{Busy, Figures, Ledger, Run};
use jiff::Timestamp;
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::config::Config;
use crate::printer::Printer;

/// Look at what a ledger remembers of its runs
#[derive(Debug, Subcommand)]
pub enum Command {
    List(list::List),
    Show(show::Show),
}

impl Command {
    pub fn run(self, printer: Printer) -> Result<Exit> {
        match self {
            Self::List(command) => command.run(printer),
            Self::Show(command) => command.run(printer),
        }
    }
}

/// Whose runs are meant.
#[derive(Debug, Args)]
struct Which {
    /// A ledger, or a configuration file (.toml) whose ledger it is
    #[arg(long, value_name = "FILE")]
    ledger: PathBuf,
}

impl Which {
    fn open(&self) -> Result<Ledger> {
        open_ledger(&self.ledger)
    }
}

/// Opens a ledger that is there, or that of a configuration file.
pub fn open_ledger(path: &Path) -> Result<Ledger> {
    let path = if path.extension().is_some_and(|extension| extension == "toml") {
        Config::read(path)?.ledger
    } else {
        path.to_owned()
    };
    if !path.exists() {
        let message = format!("there is no ledger {}: a push or apply makes it", path.display());
        return Err(failure(Exit::NotFound, message));
    }
    Ok(Ledger::open(&path, Busy::Refuse)?)
}

/// A run as people and programs read it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RunRecord {
    id: String,
    feed: String,
    file: String,
    digest: String,
    begun: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    figures: Option<Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejects: Option<PathBuf>,
}

impl From<Run> for RunRecord {
    fn from(run: Run) -> Self {
        let (ended, end) = run.ended.map_or((None, None), |(at, end)| (Some(time(at)), Some(end)));
        let outcome = match &end {
            None => "interrupted, or under way".to_owned(),
            Some(end) => end.stopped.clone().map_or("done".to_owned(), |why| format!("stopped: {why}")),
        };
        Self {
            id: run.id.to_string(),
            feed: run.start.label,
            file: run.start.source,
            digest: run.start.digest,
            begun: time(run.begun),
            ended,
            outcome,
            figures: end.as_ref().map(|end| end.figures),
            rejects: end.and_then(|end| end.rejects),
        }
    }
}

impl RunRecord {
    fn write(&self, out: &mut dyn Write, name: &str, value: &str) -> io::Result<()> {
        writeln!(out, "{name:<9} {value}")
    }
}

/// To the second, in UTC.
pub fn time(at: SystemTime) -> String {
    Timestamp::try_from(at)
        .map_or_else(|_| "unknown".to_owned(), |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
