//! What an apply says at its end: each feed's account.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use fanpass_sync::Figures;
use serde::Serialize;

use crate::commands::segments::outcome::{write_files, write_notices, write_rejects};
use crate::exit::Exit;
use crate::feed::apply::Applied;
use crate::feed::closed::{Closed, write_figures};
use crate::feed::plan::FeedPlan;
use crate::input::RejectedRow;
use crate::printer::Report;
use crate::session::quoted;

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyReport {
    pub dry_run: bool,
    pub forbidden: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<FeedPlan>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub feeds: Vec<FeedReport>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedReport {
    feed: String,
    file: String,
    added: u64,
    changed: u64,
    #[serde(flatten)]
    figures: Figures,
    adds_up: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    resumes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_back: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unverified: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<String>,
    rejects: Vec<RejectedRow>,
    rejects_files: Vec<PathBuf>,
}

impl ApplyReport {
    /// Adds what became of a feed, and gives the exit code that it earns.
    pub fn add(&mut self, applied: Applied) -> Result<Exit> {
        let Applied { plan, closed } = applied;
        let stopped = closed.why();
        let Closed { figures, rejects, rejects_files, .. } = &closed;
        self.feeds.push(FeedReport {
            feed: plan.feed.clone(),
            file: plan.file,
            added: plan.added,
            changed: plan.changed,
            figures: *figures,
            adds_up: figures.add_up(),
            resumes: plan.resumes,
            held_back: plan.held_back,
            stopped,
            unverified: closed.unverified.clone(),
            notices: closed.notices.clone(),
            rejects: rejects.clone(),
            rejects_files: rejects_files.clone(),
        });
        closed.exit(false).map_err(|error| error.context(format!("feed {}", plan.feed)))
    }
}

impl Report for ApplyReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        if !self.plans.is_empty() {
            let why = if self.forbidden { "A guard forbids it" } else { "A dry run" };
            writeln!(out, "{why}; nothing was sent")?;
        }
        for plan in &self.plans {
            writeln!(out)?;
            plan.human(out)?;
        }
        for (at, feed) in self.feeds.iter().enumerate() {
            if at > 0 {
                writeln!(out)?;
            }
            feed.human(out)?;
        }
        Ok(())
    }
}

impl FeedReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { feed, file, figures, .. } = self;
        match &self.stopped {
            Some(why) => writeln!(out, "{feed}: stopped in the middle of {file}: {why}")?,
            None => writeln!(out, "{feed}: {file} is applied")?,
        }
        let notes = self.resumes.iter().chain(&self.held_back).chain(&self.unverified);
        notes.into_iter().try_for_each(|note| writeln!(out, "  {note}"))?;
        write_figures(out, figures)?;
        write_notices(out, &self.notices)?;
        write_rejects(out, &self.rejects, figures.rejected)?;
        write_files(out, &self.rejects_files)?;
        self.rejects_files.iter().try_for_each(|path| {
            writeln!(out, "Next: mend it, then fanpass rejects retry {}", quoted(&path.display().to_string()))
        })
    }
}
