//! A run in the ledger's history: what it goes on from, and how it ended.

use std::time::SystemTime;

use anyhow::Result;
use fanpass_sync::{Ledger, RejectsOf, RunEnd, RunId, RunStart};

use super::closed::Closed;
use crate::source::SourceFile;

/// A run under way.
#[derive(Debug)]
pub struct Run {
    id: RunId,
    label: String,
    /// What it goes on from, for people, if the run before it was interrupted.
    pub resumes: Option<String>,
}

impl Run {
    /// Notes that a run of that label begins on a file of that digest.
    pub fn begin(ledger: &mut Ledger, label: &str, source: &SourceFile, digest: String) -> Result<Self> {
        let resumes = resumes(ledger, label, &digest)?;
        let start = RunStart { label: label.to_owned(), source: source.name.clone(), digest };
        let id = ledger.begin_run(&start, SystemTime::now())?;
        Ok(Self { id, label: start.label, resumes })
    }

    /// Where rows come from that it rejects; `owned` says whether its feed mirrors.
    pub fn rejects(&self, owned: bool) -> RejectsOf {
        RejectsOf { feed: self.label.clone(), run: self.id, owned }
    }

    /// Notes how it ended.
    pub fn end(&self, ledger: &mut Ledger, closed: &Closed) -> Result<()> {
        let end = RunEnd {
            figures: closed.figures,
            stopped: closed.why(),
            rejects: closed.rejects_files.first().cloned(),
        };
        Ok(ledger.end_run(self.id, &end, SystemTime::now())?)
    }
}

/// What a run of that label would go on from.
pub fn resumes(ledger: &Ledger, label: &str, digest: &str) -> Result<Option<String>> {
    let Some(interrupted) = ledger.interrupted_run(label)? else { return Ok(None) };
    let changed = if interrupted.start.digest == digest { "" } else { "; the file has changed since" };
    Ok(Some(format!(
        "run {} was interrupted: what it had acknowledged is not sent again{changed}",
        interrupted.id
    )))
}
