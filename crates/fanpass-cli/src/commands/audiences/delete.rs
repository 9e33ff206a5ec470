//! `fanpass audiences delete`: a saved audience.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::{Audience, AudienceName};
use serde::Serialize;

use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::failure::failure;
use crate::printer::{Printer, Report};
use crate::quoting::quoted;
use crate::session::Session;

/// Delete a saved audience; segments and users stay as they are
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass audiences delete gold-holders --yes")]
pub struct Delete {
    /// The audience
    audience: AudienceName,
    /// Delete it; without this nothing is sent
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    dry_run: DryRun,
}

impl Delete {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        if self.dry_run.dry_run {
            let intent = Intent::to(format!("delete audience {}", self.audience));
            printer.report(&intent.if_only("there is such an audience", false))?;
            return Ok(Exit::Done);
        }
        if !self.yes {
            let name = quoted(self.audience.as_str());
            let message = format!(
                "whoever asks for the audience would find none; if that is meant: fanpass audiences delete {name} --yes"
            );
            return Err(failure(Exit::Usage, message));
        }
        let session = Session::open(global).await?;
        let deleted = session.client.delete_audience(&self.audience).await?;
        let name = quoted(deleted.audience_name.as_str());
        let description =
            deleted.description.as_deref().map(|text| format!(" --description={}", quoted(text)));
        let save = format!(
            "audiences save {name} {}{}",
            quoted(&deleted.expression),
            description.unwrap_or_default()
        );
        let again = session.next(&save);
        session.close().await;
        printer.report(&DeleteReport { audience: deleted, again })?;
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
struct DeleteReport {
    #[serde(flatten)]
    audience: Audience,
    /// The command that brings it back.
    again: String,
}

impl Report for DeleteReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Deleted audience {}", self.audience.audience_name)?;
        writeln!(out, "\nTo have it back: {}", self.again)
    }
}
