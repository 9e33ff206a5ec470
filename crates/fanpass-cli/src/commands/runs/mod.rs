//! `fanpass runs`: what a ledger remembers of its runs.

mod list;
mod show;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;
use clap::{Args, Subcommand};
use fanpass_sync::{Figures, History, Run, Standing};
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
    fn open(&self) -> Result<History> {
        history_of(&self.ledger)
    }
}

/// The runs of a ledger that is there, or of that of a configuration file, whoever uses it.
pub fn history_of(path: &Path) -> Result<History> {
    let path = if path.extension().is_some_and(|extension| extension == "toml") {
        Config::read(path)?.ledger
    } else {
        path.to_owned()
    };
    if !path.exists() {
        let message = format!("there is no ledger {}: a push or apply makes it", path.display());
        return Err(failure(Exit::NotFound, message));
    }
    Ok(History::open(&path)?)
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

impl RunRecord {
    fn of(run: Run, history: &History) -> Result<Self> {
        let standing = history.standing(&run)?;
        let (ended, end) = run.ended.map_or((None, None), |(at, end)| (Some(time(at)), Some(end)));
        let outcome = match (standing, end.as_ref().and_then(|end| end.stopped.as_ref())) {
            (Standing::Ended, Some(why)) => format!("stopped: {why}"),
            (Standing::Ended, None) => "done".to_owned(),
            (Standing::UnderWay, _) => "under way".to_owned(),
            (Standing::TakenOver(run), _) => format!("interrupted; run {run} went on from it"),
            _ => "interrupted".to_owned(),
        };
        Ok(Self {
            id: run.id.to_string(),
            feed: run.start.label,
            file: run.start.source,
            digest: run.start.digest,
            begun: time(run.begun),
            ended,
            outcome,
            figures: end.as_ref().map(|end| end.figures),
            rejects: end.and_then(|end| end.rejects),
        })
    }

    fn write(&self, out: &mut dyn Write, name: &str, value: &str) -> io::Result<()> {
        writeln!(out, "{name:<9} {value}")
    }
}

/// To the second, in UTC.
pub fn time(at: SystemTime) -> String {
    Timestamp::try_from(at)
        .map_or_else(|_| "unknown".to_owned(), |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
