//! What an apply says at its end: each feed's account.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use fanpass_sync::Figures;
use serde::Serialize;

use crate::commands::segments::outcome::{write_files, write_notices, write_undelivered};
use crate::exit::Exit;
use crate::feed::apply::Applied;
use crate::feed::closed::{Closed, is_in_vain, write_figures};
use crate::feed::plan::{FeedPlan, Rows};
use crate::feed::remarks::Remark;
use crate::input::RejectedRow;
use crate::printer::Report;
use crate::session::quoted_path;

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyReport {
    pub dry_run: bool,
    pub forbidden: bool,
    /// Whether some feed cannot be carried out, whoever allows it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub impossible: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<FeedPlan>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub feeds: Vec<FeedReport>,
    /// What sends the rest, if there is one that was not refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
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
    /// Whether it was begun at all; if not, what ended the feed before it comes first.
    begun: bool,
    /// Whether nothing is left to be sent.
    complete: bool,
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Remark>,
    rejects: Vec<RejectedRow>,
    #[serde(skip)]
    listed: u64,
    rejects_files: Vec<PathBuf>,
}

impl ApplyReport {
    /// Adds what became of a feed, and gives the exit code that it earns. `again` is the command that goes on from here.
    pub fn add(&mut self, applied: Applied, again: &str) -> Result<Exit> {
        let Applied { plan, closed } = applied;
        if closed.ends_the_run() || (closed.failure.is_none() && !closed.complete()) {
            self.next = Some(again.to_owned());
        }
        let stopped = closed.why();
        let Closed { figures, rejects, rejects_files, .. } = &closed;
        self.feeds.push(FeedReport {
            feed: plan.feed.clone(),
            file: plan.file,
            added: plan.added,
            changed: plan.changed,
            figures: *figures,
            adds_up: figures.add_up(),
            begun: true,
            complete: closed.complete(),
            resumes: plan.resumes,
            held_back: plan.held_back,
            stopped,
            unverified: closed.unverified.clone(),
            notices: closed.notices.clone(),
            findings: plan.findings,
            rejects: rejects.clone(),
            listed: closed.listed,
            rejects_files: rejects_files.clone(),
        });
        closed.exit(false).map_err(|error| error.context(format!("feed {}", plan.feed)))
    }
}

impl Report for ApplyReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        if !self.plans.is_empty() {
            let why = match self {
                Self { forbidden: true, .. } => "A guard forbids it",
                Self { impossible: true, .. } => "It cannot be carried out",
                _ => "A dry run",
            };
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

    fn next(&self) -> Option<String> {
        self.next.clone()
    }
}

impl FeedReport {
    /// Of a feed that was not begun.
    pub fn of_none(plan: FeedPlan) -> Self {
        let Rows { read, send, unchanged, duplicate, empty, rejected } = plan.rows;
        let figures =
            Figures { read, unchanged, duplicate, empty, rejected, unsent: send, ..Figures::default() };
        Self {
            feed: plan.feed,
            file: plan.file,
            added: plan.added,
            changed: plan.changed,
            figures,
            adds_up: figures.add_up(),
            begun: false,
            complete: false,
            resumes: plan.resumes,
            held_back: plan.held_back,
            stopped: None,
            unverified: None,
            notices: Vec::new(),
            findings: plan.findings,
            rejects: plan.rejects,
            listed: rejected,
            rejects_files: Vec::new(),
        }
    }

    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { feed, file, figures, .. } = self;
        match &self.stopped {
            None if !self.begun => writeln!(out, "{feed}: {file} was not begun; nothing of it was sent")?,
            Some(why) if is_in_vain(figures) => {
                writeln!(out, "{feed}: nothing of {file} was acknowledged: {why}")?;
            }
            None if is_in_vain(figures) => writeln!(out, "{feed}: nothing of {file} was acknowledged")?,
            Some(why) => writeln!(out, "{feed}: stopped in the middle of {file}: {why}")?,
            None => writeln!(out, "{feed}: {file} is applied")?,
        }
        let notes = self.resumes.iter().chain(&self.held_back).chain(&self.unverified);
        notes.into_iter().try_for_each(|note| writeln!(out, "  {note}"))?;
        write_figures(out, figures)?;
        write_notices(out, &self.notices)?;
        write_undelivered(out, &self.rejects, figures.rejected, self.listed)?;
        write_files(out, &self.rejects_files, figures.unsent + figures.rejected > self.listed)?;
        self.rejects_files
            .iter()
            .filter(|_| figures.rejected > 0)
            .try_for_each(|path| writeln!(out, "Mend them, then fanpass rejects retry {}", quoted_path(path)))
    }
}
