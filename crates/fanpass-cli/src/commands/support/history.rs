//! The runs of a ledger as far as they may be told: how each ended and its figures, no names of feeds or files.

use std::path::Path;

use anyhow::Result;
use fanpass_sync::{Figures, History, Run, Standing};
use serde::Serialize;

use crate::commands::runs::{history_of, time};

/// Runs that are told.
const RUNS: u32 = 50;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunFigures {
    id: String,
    begun: String,
    /// `done`, `stopped`, `under way` or `interrupted`; a reason could name a segment or a user.
    outcome: &'static str,
    figures: Option<Figures>,
}

impl RunFigures {
    fn of(run: Run, history: &History) -> Result<Self> {
        let standing = history.standing(&run)?;
        let end = run.ended.map(|(_, end)| end);
        let outcome = match (standing, &end) {
            (Standing::UnderWay, _) => "under way",
            (_, None) => "interrupted",
            (_, Some(end)) if end.stopped.is_some() => "stopped",
            _ => "done",
        };
        let figures = end.map(|end| end.figures);
        Ok(Self { id: run.id.to_string(), begun: time(run.begun), outcome, figures })
    }
}

/// The latest runs of the ledger at `path`, or of a configuration file's.
pub fn look(path: &Path) -> Result<Vec<RunFigures>> {
    let history = history_of(path)?;
    history.list(RUNS)?.into_iter().map(|run| RunFigures::of(run, &history)).collect()
}
