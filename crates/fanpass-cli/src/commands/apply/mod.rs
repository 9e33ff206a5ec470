//! `fanpass apply`: the feeds of a configuration file, or a saved plan, are carried out.

mod report;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use fanpass_sync::{Guard, Ledger};

use self::report::{ApplyReport, FeedReport};
use super::mapping::CheckedBy;
use super::plan::{exit_of_plans, next_of};
use super::sending::{LedgerOptions, Sending};
use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::{Incomplete, exit_of, failure};
use crate::feed::apply::Applying;
use crate::feed::config::{Config, latest_run, read_text};
use crate::feed::plan::{FeedPlan, PLAN_VERSION, Plan as SavedPlan};
use crate::feed::prepare::{Prepared, Preparing};
use crate::feed::recipe::Recipes;
use crate::printer::Printer;
use crate::runtime::blocking;
use crate::session::{IMPORT_TIMEOUT, Session, quoted_path};
use crate::signals::Claim;

/// Carry out the feeds of a configuration file, or a saved plan
///
/// Only what differs from the ledger is sent. All feeds are compared first; if a guard forbids one, nothing is sent, and the
/// rows that were rejected are in their reject files. A run that was interrupted, by Ctrl-C or kill -9, is gone on with by the same command.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass apply season.toml\n  \
    fanpass apply season.plan.json      # refuses if sources, configuration or ledger are not as planned\n  \
    fanpass apply season.toml --allow shrink")]
pub struct Apply {
    /// The configuration file, or a plan that `fanpass plan` saved
    file: PathBuf,
    /// Let a guard pass: empty, shrink, growth or rejects; repeat for more
    #[arg(long, value_name = "GUARD", value_parser = parse_guard)]
    allow: Vec<Guard>,
    #[command(flatten)]
    sending: Sending,
    /// Give up waiting for a segment's import after so many seconds; the import itself goes on
    #[arg(long, value_name = "SECONDS", default_value_t = IMPORT_TIMEOUT.as_secs())]
    timeout: u64,
    /// Compare, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    checked: CheckedBy,
    #[command(flatten)]
    ledger: LedgerOptions,
    /// The command that goes on from here, if it is not an apply of the configuration.
    #[arg(skip)]
    again: Option<String>,
}

fn parse_guard(text: &str) -> Result<Guard, String> {
    Guard::ALL
        .into_iter()
        .find(|guard| guard.as_str() == text)
        .ok_or_else(|| format!("the guards are {}", Guard::ALL.map(Guard::as_str).join(", ")))
}

impl Apply {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let plan = saved_plan(&self.file)?;
        let folder = self.file.parent().unwrap_or(Path::new(""));
        let path = plan.as_ref().map_or_else(|| self.file.clone(), |plan| folder.join(&plan.config));
        let config = self.checked.put_into(Config::read(&path)?);
        self.carry_out(config, plan, global, printer).await
    }

    /// Carries out all feeds of a configuration, with every guard allowed that is named.
    pub async fn carry_out(
        self,
        config: Config,
        plan: Option<SavedPlan>,
        global: &Global,
        printer: Printer,
    ) -> Result<Exit> {
        let global = config.global(global);
        let mut ledger = blocking(|| self.ledger.open(&config.ledger, printer))?;
        let options = self.sending.options(&config.feeds);
        let mut session = Session::open(&global).await?.with_ids_rate(options.ids_per_second);
        session.import_timeout = Duration::from_secs(self.timeout);
        if let Some(planned) = plan.as_ref().and_then(|plan| plan.target.as_deref())
            && planned != session.identity()
        {
            let message =
                format!("the plan is for {planned}: name that FanPass, or plan again; nothing was sent");
            return Err(failure(Exit::Refused, message));
        }
        if self.dry_run {
            self.ledger.check(&ledger, &session.identity())?;
        } else {
            self.ledger.take(&mut ledger, &session)?;
        }
        let mut preparing = Preparing {
            config: &config,
            session: &session,
            ledger: &mut ledger,
            keep: !self.dry_run,
            printer,
        };
        let prepared = preparing.all().await?;
        if let Some(plan) = &plan {
            check_plan(plan, &config, &ledger, &prepared)?;
        }
        let recipes = Recipes { config: &config, global: &global, options };
        let mut report = ApplyReport { dry_run: self.dry_run, ..ApplyReport::default() };
        let forbidden = plans(&prepared).any(|plan| plan.forbidden(&self.allow).next().is_some());
        let impossible = plans(&prepared).any(|plan| plan.impossible.is_some());
        if self.dry_run || forbidden || impossible {
            let run = ledger.list_runs(1)?.first().map(|run| run.id).unwrap_or_default();
            for prepared in prepared {
                let plans =
                    if self.dry_run { prepared.plans } else { prepared.set_aside(&recipes, run).await? };
                report.plans.extend(plans);
            }
            report.forbidden = forbidden;
            report.impossible = impossible;
            let again = self.again.filter(|_| !impossible);
            report.next = again.or_else(|| next_of(&report.plans, &self.allow, &self.file, &session));
            ledger.sweep_lists()?;
            session.close().await;
            printer.report(&report)?;
            return Ok(exit_of_plans(&report.plans, &self.allow));
        }
        let claim = Claim::for_good()?;
        let again = || session.next(&format!("apply {}", quoted_path(&config.path)));
        let again = self.again.unwrap_or_else(again);
        let applying = Applying { recipes, session: &mut session, printer, claim };
        let exit = send(applying, prepared, ledger, &again, &mut report).await?;
        session.close().await;
        printer.report(&report)?;
        exit
    }

    /// What carries out the feed of a reject file.
    pub fn of_rejects(file: PathBuf, dry_run: bool, ledger: LedgerOptions) -> Self {
        Self {
            again: Some(format!("fanpass rejects retry {}", quoted_path(&file))),
            file,
            allow: Guard::ALL.to_vec(),
            sending: Sending::default(),
            timeout: IMPORT_TIMEOUT.as_secs(),
            dry_run,
            checked: CheckedBy::default(),
            ledger,
        }
    }
}

/// The plan of each feed.
fn plans(prepared: &[Prepared]) -> impl Iterator<Item = &FeedPlan> {
    prepared.iter().flat_map(|prepared| &prepared.plans)
}

/// Sends one feed after the other, until something ends them all; `again` is the command that goes on from there.
async fn send(
    mut applying: Applying<'_>,
    prepared: Vec<Prepared>,
    mut ledger: Ledger,
    again: &str,
    report: &mut ApplyReport,
) -> Result<Result<Exit>> {
    let (mut exit, mut sent) = (Ok(Exit::Done), false);
    let mut feeds = prepared.into_iter();
    for feed in feeds.by_ref() {
        let (applied, left) = applying.one(feed, ledger).await?;
        ledger = left;
        let over = applied.iter().any(|applied| applied.closed.ends_the_run());
        for applied in applied {
            sent |= applied.closed.has_sent();
            exit = worse(exit, report.add(applied, again));
        }
        if over {
            break;
        }
    }
    report.feeds.extend(feeds.flat_map(|feed| feed.plans).map(FeedReport::of_none));
    ledger.sweep_lists()?;
    // What was refused has changed nothing, but what another feed has sent is in.
    Ok(match exit {
        Err(error) if sent && exit_of(&error) == Exit::Refused => Err(error.context(Incomplete::Feeds)),
        Ok(Exit::Refused) if sent => Ok(Exit::Incomplete),
        exit => exit,
    })
}

/// The outcome that a script must look at first: an error, then the greater code.
fn worse(one: Result<Exit>, other: Result<Exit>) -> Result<Exit> {
    match (one, other) {
        (Err(error), _) | (_, Err(error)) => Err(error),
        (Ok(one), Ok(other)) => Ok(if other.code() > one.code() { other } else { one }),
    }
}

/// The plan in a file; `None` if it is a configuration file.
fn saved_plan(path: &Path) -> Result<Option<SavedPlan>> {
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

/// Refuses a plan of which anything is not so any more.
fn check_plan(plan: &SavedPlan, config: &Config, ledger: &Ledger, prepared: &[Prepared]) -> Result<()> {
    let refuse = |what: String| {
        Err(failure(Exit::Refused, format!("{what} since the plan was made: plan again; nothing was sent")))
    };
    if plan.config_digest != config.digest {
        return refuse(format!("{} was changed", config.path.display()));
    }
    if plan.latest_run != latest_run(ledger)? {
        return refuse("another run has changed what the ledger knows".to_owned());
    }
    let (planned, found) = (plan.feeds.len(), plans(prepared).count());
    if planned != found {
        let message = format!(
            "the plan has {planned} feeds and its configuration {found}: plan again; nothing was sent"
        );
        return Err(failure(Exit::Refused, message));
    }
    for (planned, found) in plan.feeds.iter().zip(plans(prepared)) {
        if planned.digest != found.digest {
            return refuse(format!("{} was changed", found.file));
        }
        if !planned.agrees(found) {
            return refuse(format!("what feed {} would change is another", found.feed));
        }
    }
    Ok(())
}
