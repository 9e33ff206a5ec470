//! A saved plan, and whether everything is still as it was planned.

use std::path::Path;

use anyhow::Result;
use fanpass_sync::{Ledger, Run};

use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::config::{Config, read_text};
use crate::feed::plan::{FeedPlan, PLAN_VERSION, Plan as SavedPlan};

/// The plan in a file; `None` if it is a configuration file.
pub fn saved_plan(path: &Path) -> Result<Option<SavedPlan>> {
    let text = read_text(path)?;
    let is_json = path.extension().is_some_and(|extension| extension == "json");
    if !is_json && !text.trim_start().starts_with('{') {
        return Ok(None);
    }
    let wrong = |why: String| failure(Exit::Usage, format!("{} is no plan: {why}", path.display()));
    let plan: SavedPlan = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if plan.version != PLAN_VERSION {
        return Err(wrong(format!("it is of version {}, and this tool knows {PLAN_VERSION}", plan.version)));
    }
    Ok(Some(plan))
}

/// Refuses a plan of which anything is not so any more, where it is not a broken off run of its own that has changed it.
pub fn check_plan(plan: &SavedPlan, config: &Config, ledger: &Ledger, found: &[&FeedPlan]) -> Result<()> {
    let refuse = |what: String| {
        Err(failure(Exit::Refused, format!("{what} since the plan was made: plan again; nothing was sent")))
    };
    if plan.config_digest != config.digest {
        return refuse(format!("{} was changed", config.path.display()));
    }
    let Some(own) = own_runs(plan, ledger)? else {
        return refuse("another run has changed what the ledger knows".to_owned());
    };
    if plan.feeds.len() != found.len() {
        let message = format!(
            "the plan has {} feeds and its configuration {}: plan again; nothing was sent",
            plan.feeds.len(),
            found.len()
        );
        return Err(failure(Exit::Refused, message));
    }
    // What the plan's own run has sent is not to be sent any more, by whichever feed; who is in a segment that it has not come
    // to is as it was.
    let is_changed = |feed: &FeedPlan| {
        if feed.segment.is_some() { latest_of(feed, &own).is_some() } else { !own.is_empty() }
    };
    for (planned, found) in plan.feeds.iter().zip(found) {
        if planned.digest != found.digest {
            return refuse(format!("{} was changed", found.file));
        }
        if !is_changed(planned) && !planned.agrees(found) {
            return refuse(format!("what feed {} would change is another", found.feed));
        }
    }
    Ok(())
}

/// The runs since the plan, if they are all of its feeds with the same files, and left something of it to be done.
fn own_runs(plan: &SavedPlan, ledger: &Ledger) -> Result<Option<Vec<Run>>> {
    let planned = plan.latest_run.as_deref().map(str::parse).transpose();
    let Some(mut runs) = planned.ok().map(|latest| ledger.runs_from(latest)).transpose()? else {
        return Ok(None);
    };
    if let Some(latest) = &plan.latest_run {
        if runs.first().is_none_or(|run| run.id.to_string() != *latest) {
            return Ok(None);
        }
        runs.remove(0);
    }
    let is_own = |run: &Run| {
        let start = &run.start;
        plan.feeds.iter().any(|feed| (&feed.feed, &feed.digest) == (&start.label, &start.digest))
    };
    let is_left = |feed: &FeedPlan| !latest_of(feed, &runs).is_some_and(is_whole);
    let goes_on = runs.iter().all(is_own) && plan.feeds.iter().any(is_left);
    Ok((runs.is_empty() || goes_on).then_some(runs))
}

fn latest_of<'a>(feed: &FeedPlan, runs: &'a [Run]) -> Option<&'a Run> {
    runs.iter().rfind(|run| run.start.label == feed.feed)
}

fn is_whole(run: &Run) -> bool {
    run.ended.as_ref().is_some_and(|(_, end)| end.stopped.is_none() && end.figures.unsent == 0)
}
