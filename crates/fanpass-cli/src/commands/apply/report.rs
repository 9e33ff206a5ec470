//! What an apply says at its end: each feed's account.

use std::io::{self, Write};

use anyhow::Result;
use fanpass_sync::Figures;
use serde::Serialize;

use crate::commands::segments::outcome::{write_files, write_notices, write_undelivered};
use crate::exit::Exit;
use crate::feed::apply::Applied;
use crate::feed::closed::{Closed, is_in_vain, write_figures};
use crate::feed::plan::FeedPlan;
use crate::feed::prepare::about;
use crate::feed::rows_of_plan::Rows;
use crate::printer::Report;
use crate::quoting::quoted_path;

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyReport {
    pub dry_run: bool,
    pub forbidden: bool,
    /// Whether some feed cannot be carried out, whoever allows it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub impossible: bool,
    pub feeds: Vec<FeedReport>,
    /// What is to be known of feeds that are not among them any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// What sends the rest, if there is one that was not refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A feed's plan and what was done of it, in one form whether anything was or not.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedReport {
    #[serde(flatten)]
    plan: FeedPlan,
    adds_up: bool,
    /// Whether it was begun at all.
    begun: bool,
    /// Whether nothing is left to be sent.
    complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unverified: Option<String>,
    #[serde(skip)]
    figures: Figures,
    #[serde(skip)]
    listed: u64,
}

impl ApplyReport {
    /// Adds what became of a feed, and gives the exit code that it earns. `again` is the command that goes on from here.
    pub fn add(&mut self, applied: Applied, again: &str) -> Result<Exit> {
        let Applied { plan, closed } = applied;
        if closed.ends_the_run() || (closed.failure.is_none() && !closed.complete()) {
            self.next = Some(again.to_owned());
        }
        let feed = plan.feed.clone();
        self.feeds.push(FeedReport::new(plan, &closed));
        closed.exit(false).map_err(about(&feed))
    }

    /// Whether no feed was to be sent.
    const fn only_plans(&self) -> bool {
        self.dry_run || self.forbidden || self.impossible
    }
}

impl Report for ApplyReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.only_plans() {
            let why = match self {
                Self { forbidden: true, .. } => "A guard forbids it",
                Self { impossible: true, .. } => "It cannot be carried out",
                _ => "A dry run",
            };
            writeln!(out, "{why}; nothing was sent")?;
        }
        for (at, feed) in self.feeds.iter().enumerate() {
            if at > 0 || self.only_plans() {
                writeln!(out)?;
            }
            if self.only_plans() { feed.plan.human(out)? } else { feed.human(out)? }
        }
        write_left_behind(out, &self.notices)
    }

    fn next(&self) -> Option<String> {
        self.next.clone()
    }

    fn has_sent(&self) -> bool {
        self.feeds.iter().any(|feed| feed.figures.has_sent())
    }
}

/// Writes what is to be known of feeds that are not named any more.
pub fn write_left_behind(out: &mut dyn Write, notices: &[String]) -> io::Result<()> {
    notices.iter().try_for_each(|notice| writeln!(out, "\nnotice: {notice}"))
}

impl FeedReport {
    /// Of a feed that was begun.
    fn new(mut plan: FeedPlan, closed: &Closed) -> Self {
        let figures = closed.figures;
        // Rows take members out in one mode, and figures count those as rows.
        if plan.segment.is_none() || !closed.has_sent() {
            plan.removed = figures.removed;
        }
        plan.cleared = figures.cleared;
        plan.rows = figures.into();
        plan.rejects.clone_from(&closed.rejects);
        plan.rejects_files.clone_from(&closed.rejects_files);
        plan.samples.clear();
        Self {
            plan,
            adds_up: figures.add_up(),
            begun: true,
            complete: closed.complete(),
            stopped: closed.why(),
            unverified: closed.unverified.clone(),
            figures,
            listed: closed.listed,
        }
    }

    /// Of a feed that was not begun.
    pub fn of_none(plan: FeedPlan) -> Self {
        let Rows { read, sent, unchanged, duplicate, empty, rejected, unsent } = plan.rows;
        let figures =
            Figures { read, sent, unchanged, duplicate, empty, rejected, unsent, removed: 0, cleared: 0 };
        Self {
            plan,
            adds_up: figures.add_up(),
            begun: false,
            complete: false,
            stopped: None,
            unverified: None,
            figures,
            listed: rejected,
        }
    }

    /// The plan as it was, or as it turned out.
    pub const fn plan(&self) -> &FeedPlan {
        &self.plan
    }

    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { plan, figures, .. } = self;
        let FeedPlan { feed, file, rejects, rejects_files, .. } = plan;
        match &self.stopped {
            None if !self.begun => writeln!(out, "{feed}: {file} was not begun; nothing of it was sent")?,
            Some(why) if is_in_vain(figures) => {
                writeln!(out, "{feed}: nothing of {file} was acknowledged: {why}")?;
            }
            None if is_in_vain(figures) => writeln!(out, "{feed}: nothing of {file} was acknowledged")?,
            Some(why) => writeln!(out, "{feed}: stopped in the middle of {file}: {why}")?,
            None => writeln!(out, "{feed}: {file} is applied")?,
        }
        let notes = plan.resumes.iter().chain(&plan.held_back).chain(&self.unverified);
        notes.into_iter().try_for_each(|note| writeln!(out, "  {note}"))?;
        write_figures(out, figures)?;
        write_notices(out, &plan.notices)?;
        write_undelivered(out, rejects, figures.rejected, self.listed)?;
        write_files(out, rejects_files, figures.unsent + figures.rejected > self.listed)?;
        rejects_files
            .iter()
            .filter(|_| figures.rejected > 0)
            .try_for_each(|path| writeln!(out, "Mend them, then fanpass rejects retry {}", quoted_path(path)))
    }
}
