//! `fanpass ga4`: what of the platform attributes is on its way to Google Analytics 4, and what did not get there.

use std::io::{self, Write};

use anyhow::Result;
use clap::{Args, Subcommand};
use fanpass_model::{DeadLetter, DeadLetterList, ForwardingStatus, RetriedDeadLetters, UserId, shown};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde::Serialize;

use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::printer::{Printer, Report, count, counted, table};
use crate::session::Session;

/// Show what is forwarded to Google Analytics 4, and try again what it did not take
///
/// A service forwards where it was started with ga4.measurement_id or ga4.firebase_app_id.
#[derive(Debug, Subcommand)]
pub enum Command {
    Status(Status),
    Dead(Dead),
    Retry(Retry),
}

/// Show how much is on its way, for how long, and how much has arrived
#[derive(Debug, Args)]
pub struct Status {}

/// List the attributes that GA4 did not take or would not keep, newest first
///
/// One that changes again is sent anew and is none any more.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass ga4 dead --limit 20")]
pub struct Dead {
    /// Dead letters to show at most
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
}

/// Put dead letters on their way again, with the values that the attributes have now
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  fanpass ga4 retry\n  fanpass ga4 retry --user 00042")]
pub struct Retry {
    /// Only those of this user
    #[arg(long, value_name = "ID")]
    user: Option<UserId>,
    #[command(flatten)]
    dry_run: DryRun,
}

impl Command {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        if let Self::Retry(Retry { user, dry_run: DryRun { dry_run: true } }) = &self {
            let whose = user.as_ref().map_or_else(String::new, |user| format!(" of {user}"));
            let intent = Intent::to(format!("put all dead letters{whose} on their way to GA4"))
                .if_only("the token in use may administer", false);
            printer.report(&intent)?;
            return Ok(Exit::Done);
        }
        let session = Session::open(global).await?;
        match self {
            Self::Status(_) => {
                let status = session.client.get_forwarding().await?;
                let next = (status.dead > 0).then(|| session.next("ga4 dead"));
                printer.report(&StatusReport { status, next })?;
            }
            Self::Dead(Dead { limit }) => {
                let letters: Vec<DeadLetter> =
                    session.client.dead_letters().take(limit).try_collect().await?;
                let next = (!letters.is_empty()).then(|| session.next("ga4 retry"));
                printer.report(&DeadReport { list: DeadLetterList::new(letters), next })?;
            }
            Self::Retry(Retry { user, .. }) => {
                let retried = session.client.retry_dead_letters(user.as_ref()).await?;
                printer.report(&RetryReport { retried, next: session.next("ga4 status") })?;
            }
        }
        session.close().await;
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
struct StatusReport {
    #[serde(flatten)]
    status: ForwardingStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl Report for StatusReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let status = &self.status;
        match (&status.stream, status.debug) {
            (Some(stream), false) => writeln!(out, "Forwards to {stream}")?,
            (Some(stream), true) => {
                writeln!(out, "Sends to the validation server for {stream}; nothing is kept there")?;
            }
            (None, _) => writeln!(out, "Forwards nothing: start the service with ga4.measurement_id")?,
        }
        writeln!(out, "  users on their way  {}", count(status.waiting))?;
        if let Some(oldest) = &status.oldest_at {
            writeln!(out, "  oldest change       {oldest}, {} s ago", count(status.lag_seconds))?;
        }
        writeln!(out, "  values delivered    {} since the service started", count(status.delivered))?;
        writeln!(out, "  dead letters        {}", count(status.dead))?;
        if let Some(until) = &status.paused_until {
            writeln!(out, "  paused until        {until}")?;
        }
        if let Some(reason) = &status.last_failure {
            writeln!(out, "  last failure        {}", shown(reason))?;
        }
        Ok(())
    }

    fn next(&self) -> Option<String> {
        self.next.clone()
    }
}

#[derive(Debug, Serialize)]
struct DeadReport {
    #[serde(flatten)]
    list: DeadLetterList,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl Report for DeadReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.list.dead_letters.is_empty() {
            return writeln!(out, "There are no dead letters");
        }
        let rows = self.list.dead_letters.iter().map(|letter| {
            [letter.at.clone(), letter.user_id.to_string(), letter.key.to_string(), letter.reason.clone()]
        });
        table(out, ["since", "user", "attribute", "reason"], rows)
    }

    fn next(&self) -> Option<String> {
        self.next.clone()
    }
}

#[derive(Debug, Serialize)]
struct RetryReport {
    #[serde(flatten)]
    retried: RetriedDeadLetters,
    next: String,
}

impl Report for RetryReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "On the way again: {}", counted(self.retried.retried, "dead letter"))
    }

    fn next(&self) -> Option<String> {
        Some(self.next.clone())
    }
}
