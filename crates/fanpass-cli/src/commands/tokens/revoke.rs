//! `fanpass tokens revoke`: ends a token at once.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use fanpass_model::TokenSummary;
use futures_util::TryStreamExt as _;

use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::failure::failure;
use crate::printer::{Printer, Report};
use crate::session::Session;

/// Revoke a token at once
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass tokens revoke 0197f3a0-5c00-7000-8000-000000000001 --dry-run")]
pub struct Revoke {
    /// The token's id, as `tokens list` shows it
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    id: String,
    #[command(flatten)]
    dry_run: DryRun,
}

impl Revoke {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        if self.dry_run.dry_run {
            printer.report(&intent(&self.id, global).await?)?;
            return Ok(Exit::Done);
        }
        let session = Session::open(global).await?;
        let token = session.client.revoke_token(&self.id).await?;
        session.close().await;
        printer.report(&token)?;
        Ok(Exit::Done)
    }
}

/// What a revocation would do, as far as that can be told without doing it.
async fn intent(id: &str, global: &Global) -> Result<Intent> {
    let tokens = match Session::to_read(global)? {
        Some(session) => Some(session.client.tokens().try_collect::<Vec<_>>().await?),
        None => None,
    };
    let found = tokens.as_ref().map(|tokens| tokens.iter().find(|token| token.jti == id));
    let (would, warning) = match found {
        None => (format!("revoke token {id}"), None),
        Some(Some(TokenSummary { subject, revoked_at, .. })) => {
            let warning = revoked_at.as_ref().map(|at| format!("it was revoked at {at} already"));
            (format!("revoke token {id} of {subject}"), warning)
        }
        Some(None) => {
            let message = format!("there is no token {id}: see `fanpass tokens list`; nothing was sent");
            return Err(failure(Exit::NotFound, message));
        }
    };
    Ok(Intent::to(would).if_only("there is such a token", tokens.is_some()).but(warning))
}

impl Report for TokenSummary {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Revoked token {} of {}", self.jti, self.subject)
    }
}
