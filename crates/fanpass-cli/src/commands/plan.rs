//! `fanpass plan`: what the feeds of a configuration file would change.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf, absolute};

use anyhow::{Context as _, Result};
use clap::Args;
use fanpass_sync::Guard;
use serde::{Deserialize, Serialize};

use super::apply::report::{FeedReport, write_left_behind};
use super::mapping::CheckedBy;
use super::sending::LedgerOptions;
use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::config::{Config, latest_run};
use crate::feed::left_behind::left_behind;
use crate::feed::plan::{FeedPlan, PLAN_VERSION, Plan as SavedPlan};
use crate::feed::prepare::Preparing;
use crate::printer::{Printer, Report};
use crate::private_file::{PrivateFile, write_private};
use crate::quoting::quoted_path;
use crate::runtime::blocking;
use crate::session::Session;

/// Show what the feeds of a configuration file would change, and save that as a plan
///
/// Each source is compared with the ledger; nothing is sent. The plan is saved beside the configuration file, readable by
/// you alone, as it holds samples of ids; `fanpass apply` acts on it only if everything is still as it was planned.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass plan season.toml\n  \
    fanpass apply season.plan.json\n\n\
A configuration file:\n  \
    target = { profile = \"club\" }          # or local = true, or domain = \"…\"\n  \
    guards = { shrink = 20, rejects = 10 }  # percent\n\n  \
    [[segment]]\n  \
    name = \"season-ticket-holders\"\n  \
    file = \"exports/holders.csv\"\n  \
    mode = \"mirror-owned\"                  # or add (default), remove, replace\n\n  \
    [[attributes]]\n  \
    name = \"crm\"\n  \
    file = \"exports/fans.csv\"\n  \
    map = [\"tier=custom.loyalty_tier\"]")]
pub struct Plan {
    /// The configuration file
    file: PathBuf,
    /// Where to save the plan, over an older one if need be; by default beside the configuration file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Save nothing
    #[arg(long, conflicts_with = "out")]
    dry_run: bool,
    #[command(flatten)]
    checked: CheckedBy,
    #[command(flatten)]
    ledger: LedgerOptions,
}

impl Plan {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let config = self.checked.put_into(Config::read(&self.file)?);
        let global = config.global(global);
        let mut ledger = blocking(|| self.ledger.open(&config.ledger, printer))?;
        // Once the ledger is there, nothing that a run needs can be taken for a free place.
        let saved = self.out.clone().unwrap_or_else(|| self.file.with_extension("plan.json"));
        if !self.dry_run {
            try_place(&saved)?;
        }
        let session = Session::open(&global).await?;
        self.ledger.check(&ledger, &session.identity())?;
        let mut preparing =
            Preparing { config: &config, session: &session, ledger: &mut ledger, keep: false, printer };
        let prepared = match preparing.all().await {
            Ok(prepared) => prepared,
            Err(error) => {
                session.close().await;
                return Err(error);
            }
        };
        let plan = SavedPlan {
            version: PLAN_VERSION,
            config: config.path.clone(),
            config_digest: config.digest.clone(),
            target: Some(session.identity()),
            latest_run: latest_run(&ledger)?,
            feeds: prepared.into_iter().flat_map(|prepared| prepared.plans).collect(),
        };
        let saved = if self.dry_run { None } else { Some(self.save(&plan, saved)?) };
        let next = saved.as_deref().and_then(|path| next_of(&plan.feeds, &[], path, &session));
        session.close().await;
        let exit = exit_of_plans(&plan.feeds, &[]);
        let notices = left_behind(&config, &ledger)?;
        let feeds = plan.feeds.into_iter().map(FeedReport::of_none).collect();
        printer.conclude(&PlanReport { config: config.path, feeds, notices, saved, next }, Ok(exit))
    }

    fn save(&self, plan: &SavedPlan, path: PathBuf) -> Result<PathBuf> {
        // Side by side they can be moved together.
        let config = match self.file.file_name() {
            Some(name) if path.parent() == self.file.parent() => PathBuf::from(name),
            _ => absolute(&self.file)?,
        };
        let plan = &SavedPlan { config, ..plan.clone() };
        write_private(&path, &serde_json::to_vec_pretty(plan)?)?;
        Ok(path)
    }
}

/// Tries whether a plan can be saved at `path`, before the feeds are compared.
fn try_place(path: &Path) -> Result<()> {
    refuse_other(path)?;
    let advice =
        |error| format!("{error:#}; name another place for the plan with --out FILE; nothing was sent");
    PrivateFile::begin(path).map(drop).map_err(|error| failure(Exit::Refused, advice(error)))
}

/// Refuses to write a plan over a file that is none.
fn refuse_other(path: &Path) -> Result<()> {
    /// What every plan has, of whatever version.
    #[derive(Deserialize)]
    struct AnyPlan {
        #[serde(rename = "planVersion")]
        _version: u32,
    }
    let about = || format!("cannot look at {}, where the plan is to be saved", path.display());
    if !path.try_exists().with_context(about)? {
        return Ok(());
    }
    let read = |file| serde_json::from_reader::<_, AnyPlan>(BufReader::new(file)).is_ok();
    // Opened, a pipe or a terminal would be waited for.
    if path.is_file() && read(File::open(path).with_context(about)?) {
        return Ok(());
    }
    let message = format!(
        "{} is there, and no plan: name another file with --out; nothing was written",
        path.display()
    );
    Err(failure(Exit::Refused, message))
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanReport {
    config: PathBuf,
    feeds: Vec<FeedReport>,
    /// What is to be known of feeds that are not among them any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    saved: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What carries out the plans of the file at `path`, if they change anything and that is possible.
pub fn next_of(plans: &[FeedPlan], allowed: &[Guard], path: &Path, session: &Session) -> Option<String> {
    let breached: BTreeSet<&str> =
        plans.iter().flat_map(|plan| plan.forbidden(&[])).map(|breach| breach.guard.as_str()).collect();
    let allow = breached.iter().fold(String::new(), |allow, guard| allow + " --allow " + guard);
    let forbidden = plans.iter().any(|plan| plan.forbidden(allowed).next().is_some());
    let look = if forbidden { "look at what is forbidden, then " } else { "" };
    let apply = session.next(&format!("apply {}{allow}", quoted_path(path)));
    let possible = plans.iter().all(|plan| plan.impossible.is_none());
    (possible && plans.iter().any(|plan| !plan.is_empty())).then(|| format!("{look}{apply}"))
}

/// What a program is told of plans that were not carried out.
pub fn exit_of_plans(plans: &[FeedPlan], allowed: &[Guard]) -> Exit {
    if plans.iter().any(|plan| plan.forbidden(allowed).next().is_some()) {
        Exit::Guarded
    } else if plans.iter().any(|plan| plan.impossible.is_some()) {
        Exit::Refused
    } else if plans.iter().any(|plan| plan.rows.rejected > 0) {
        Exit::Rejects
    } else {
        Exit::Done
    }
}

impl Report for PlanReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Plan of {}; nothing was sent", self.config.display())?;
        for feed in &self.feeds {
            writeln!(out)?;
            feed.plan().human(out)?;
        }
        write_left_behind(out, &self.notices)?;
        if let Some(saved) = &self.saved {
            writeln!(out, "\nSaved as {}", saved.display())?;
        }
        Ok(())
    }

    fn next(&self) -> Option<String> {
        self.next.clone()
    }
}
