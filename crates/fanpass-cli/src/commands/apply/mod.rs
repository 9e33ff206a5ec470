//! `fanpass apply`: the feeds of a configuration file, or a saved plan, are carried out.

mod planned;
pub mod report;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use fanpass_sync::{Guard, Ledger};

use self::planned::{check_plan, saved_plan};
use self::report::{ApplyReport, FeedReport};
use super::mapping::CheckedBy;
use super::plan::{exit_of_plans, next_of};
use super::sending::{LedgerOptions, Sending};
use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::{Incomplete, at_ledger, exit_of, failure};
use crate::feed::apply::Applying;
use crate::feed::config::Config;
use crate::feed::keepers::keep;
use crate::feed::left_behind::left_behind;
use crate::feed::plan::{FeedPlan, Plan as SavedPlan};
use crate::feed::prepare::{Prepared, Preparing};
use crate::feed::recipe::Recipes;
use crate::printer::Printer;
use crate::quoting::quoted_path;
use crate::runtime::blocking;
use crate::session::{IMPORT_TIMEOUT, Session};
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
    /// Let a guard pass; repeat for more
    #[arg(long, value_name = "GUARD", value_parser = guard())]
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

/// The guards by their names, which completions offer.
fn guard() -> impl TypedValueParser<Value = Guard> {
    let of = |name: String| Guard::ALL.into_iter().find(|guard| guard.as_str() == name).ok_or("no guard");
    PossibleValuesParser::new(Guard::ALL.map(Guard::as_str)).try_map(of)
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
            check_plan(plan, &config, &ledger, &plans(&prepared).collect::<Vec<_>>())?;
        }
        let recipes = Recipes { config: &config, global: &global, options };
        let notices = left_behind(&config, &ledger)?;
        let mut report = ApplyReport { dry_run: self.dry_run, notices, ..ApplyReport::default() };
        let forbidden = plans(&prepared).any(|plan| plan.forbidden(&self.allow).next().is_some());
        let impossible = plans(&prepared).any(|plan| plan.impossible.is_some());
        if self.dry_run || forbidden || impossible {
            let mut plans = Vec::new();
            for prepared in prepared {
                plans.extend(if self.dry_run {
                    prepared.plans
                } else {
                    prepared.set_aside(&recipes, &mut ledger).await?
                });
            }
            report.forbidden = forbidden;
            report.impossible = impossible;
            let again = self.again.filter(|_| !impossible);
            report.next = again.or_else(|| next_of(&plans, &self.allow, &self.file, &session));
            ledger.sweep_lists()?;
            session.close().await;
            let exit = exit_of_plans(&plans, &self.allow);
            report.feeds.extend(plans.into_iter().map(FeedReport::of_none));
            return printer.conclude(&report, Ok(exit));
        }
        keep(&config, &mut ledger)?;
        let claim = Claim::for_good()?;
        let again = || session.next(&format!("apply {}", quoted_path(&config.path)));
        let again = self.again.unwrap_or_else(again);
        let applying = Applying { recipes, session: &mut session, printer, claim };
        let exit = send(applying, prepared, ledger, &again, &mut report).await;
        session.close().await;
        printer.conclude(&report, exit)
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
    ledger: Ledger,
    again: &str,
    report: &mut ApplyReport,
) -> Result<Exit> {
    let (mut exit, mut sent) = (Ok(Exit::Done), false);
    let mut feeds = prepared.into_iter();
    let mut open = Some(ledger);
    while let Some(ledger) = open.take() {
        let Some(feed) = feeds.next() else {
            open = Some(ledger);
            break;
        };
        let (applied, left) = applying.one(feed, ledger).await;
        open = left;
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
    if let Some(mut ledger) = open {
        let ended = ledger.sweep_lists().and_then(|()| ledger.check_place()).map_err(anyhow::Error::from);
        exit = worse(exit, ended.map(|()| Exit::Done).map_err(at_ledger(&applying.recipes.config.ledger)));
    }
    // What was refused has changed nothing, but what another feed has sent is in.
    let is_incomplete = |exit: Exit| sent && exit != exit.once_sent();
    match exit {
        Err(error) if is_incomplete(exit_of(&error)) => Err(Incomplete::Feeds.by(error)),
        Ok(exit) if is_incomplete(exit) => Ok(Exit::Incomplete),
        exit => exit,
    }
}

/// The outcome that a script must look at first: an error, then the greater code.
fn worse(one: Result<Exit>, other: Result<Exit>) -> Result<Exit> {
    match (one, other) {
        (Err(error), _) | (_, Err(error)) => Err(error),
        (Ok(one), Ok(other)) => Ok(if other.code() > one.code() { other } else { one }),
    }
}
