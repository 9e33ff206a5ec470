//! `fanpass audiences save`: an expression under a name.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use fanpass_model::{Audience, AudienceName, PreviewAudienceRequest, SaveAudienceRequest};
use serde::Serialize;

use super::faults::explained;
use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::printer::{Printer, Report};
use crate::session::Session;

/// Save an expression under a name, in the place of what stood there
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    fanpass audiences save gold-holders 'segment(\"season-ticket-holders\") && custom.loyalty_tier == \"gold\"'")]
pub struct Save {
    /// The audience
    audience: AudienceName,
    /// The expression; `audiences preview --help` says what it may hold
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    expression: String,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    #[command(flatten)]
    dry_run: DryRun,
}

impl Save {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        if self.dry_run.dry_run {
            printer.report(&self.intent(global).await?)?;
            return Ok(Exit::Done);
        }
        let session = Session::open(global).await?;
        let mut request = SaveAudienceRequest::new(self.audience, self.expression);
        request.description = self.description;
        let saved = session.client.save_audience(&request).await;
        let audience = saved.map_err(|error| explained(error, &request.expression))?;
        let next = session.next_about("audiences export", audience.audience_name.as_str());
        session.close().await;
        printer.report(&SaveReport { audience, next })?;
        Ok(Exit::Done)
    }

    /// What it would do, as far as that can be told without doing it.
    async fn intent(&self, global: &Global) -> Result<Intent> {
        let session = Session::to_read(global)?;
        if let Some(session) = &session {
            let mut request = PreviewAudienceRequest::new(self.expression.clone());
            request.limit = Some(1);
            let previewed = session.client.preview_audience(&request).await;
            previewed.map_err(|error| explained(error, &self.expression))?;
        }
        let intent = Intent::to(format!("save audience {}", self.audience));
        Ok(intent.if_only("the expression names what there is", session.is_some()))
    }
}

#[derive(Debug, Serialize)]
struct SaveReport {
    #[serde(flatten)]
    audience: Audience,
    next: String,
}

impl Report for SaveReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Saved audience {}", self.audience.audience_name)
    }

    fn next(&self) -> Option<String> {
        Some(self.next.clone())
    }
}
