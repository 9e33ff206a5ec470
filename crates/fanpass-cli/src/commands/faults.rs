//! `fanpass faults`: what calls to a service meet on demand, so that a client can be tested against it.

use std::io::{self, Write};

use anyhow::Result;
use clap::{Args, Subcommand};
use fanpass_model::{FaultPlan, FaultReport};
use fanpass_server::FaultRule;

use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::printer::{Printer, Report};
use crate::session::Session;

/// Show, set and clear the faults that a service started with --faults makes calls meet
#[derive(Debug, Subcommand)]
pub enum Command {
    Show(Show),
    Set(Set),
    Clear(Clear),
}

/// Show which faults calls meet, and how many have met one
#[derive(Debug, Args)]
pub struct Show {}

/// Make calls meet faults; takes the place of all rules before and counts calls from 1 again
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  fanpass faults set 429=0.1 latency=20ms --seed 7 --domain http://127.0.0.1:8787"
)]
pub struct Set {
    /// Faults with the share of calls that meet them: 429=0.1, 503=0.05, latency=20ms, reset-after-commit=0.01 …
    #[arg(required = true, value_name = "RULE")]
    rules: Vec<FaultRule>,
    /// Decides, with the number of a call, which faults it meets
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    dry_run: DryRun,
}

/// Make no call meet a fault any more, and let go of imports that are stuck
#[derive(Debug, Args)]
pub struct Clear {
    #[command(flatten)]
    dry_run: DryRun,
}

impl Command {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        if let Some(would) = self.dry_run() {
            let intent = Intent::to(would).if_only("the service was started with --faults", false);
            printer.report(&intent)?;
            return Ok(Exit::Done);
        }
        let session = Session::open(global).await?;
        let report = match self {
            Self::Show(_) => session.client.get_faults().await?,
            Self::Set(Set { rules, seed, .. }) => {
                let mut plan = FaultPlan::new(rules.iter().map(ToString::to_string).collect());
                plan.seed = Some(seed);
                session.client.set_faults(&plan).await?
            }
            Self::Clear(_) => session.client.clear_faults().await?,
        };
        session.close().await;
        printer.report(&report)?;
        Ok(Exit::Done)
    }

    /// What it would do, if it is to do nothing.
    fn dry_run(&self) -> Option<String> {
        match self {
            Self::Set(Set { rules, seed, dry_run: DryRun { dry_run: true } }) => {
                let rules: Vec<_> = rules.iter().map(ToString::to_string).collect();
                Some(format!("make calls meet {}, seed {seed}", rules.join(" ")))
            }
            Self::Clear(Clear { dry_run: DryRun { dry_run: true } }) => {
                Some("make no call meet a fault any more".to_owned())
            }
            _ => None,
        }
    }
}

impl Report for FaultReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        if !self.enabled {
            return writeln!(out, "No call ever meets a fault: the service was not started with --faults");
        }
        if self.rules.is_empty() {
            writeln!(out, "No call meets a fault, unless it asks for one")?;
        } else {
            writeln!(out, "Calls meet faults, seed {}:", self.seed)?;
            for rule in &self.rules {
                writeln!(out, "  {rule}")?;
            }
        }
        writeln!(out, "Since then {} of {} calls met one", self.injected, self.requests)?;
        match self.stuck_imports {
            0 => Ok(()),
            stuck => writeln!(out, "{stuck} imports are stuck; `fanpass faults clear` lets go of them"),
        }
    }
}
