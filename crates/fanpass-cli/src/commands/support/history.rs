//! The runs of a ledger as far as they may be told: how each ended and its figures, no names of feeds or files.

use std::path::Path;

use anyhow::Result;
use fanpass_sync::{Figures, Run};
use serde::Serialize;

use crate::commands::runs::{open_ledger, time};

/// Runs that are told.
const RUNS: u32 = 50;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunFigures {
    id: String,
    begun: String,
    /// `done`, `stopped` or `interrupted`; a reason could name a segment or a user.
    outcome: &'static str,
    figures: Option<Figures>,
}

impl From<Run> for RunFigures {
    fn from(run: Run) -> Self {
        let end = run.ended.map(|(_, end)| end);
        let outcome = match &end {
            None => "interrupted",
            Some(end) if end.stopped.is_some() => "stopped",
            Some(_) => "done",
        };
        let figures = end.map(|end| end.figures);
        Self { id: run.id.to_string(), begun: time(run.begun), outcome, figures }
    }
}

/// The latest runs of the ledger at `path`, or of a configuration file's.
pub fn look(path: &Path) -> Result<Vec<RunFigures>> {
    Ok(open_ledger(path)?.list_runs(RUNS)?.into_iter().map(Into::into).collect())
}
