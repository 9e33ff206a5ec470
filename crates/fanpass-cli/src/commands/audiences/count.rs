//! `fanpass audiences count`: how many users a saved audience has.

use anyhow::Result;
use clap::Args;
use fanpass_model::AudienceName;

use crate::cli::Global;
use crate::commands::segments::Counted;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::session::Session;

/// Count the users of a saved audience
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass audiences count gold-holders")]
pub struct Count {
    /// The audience
    audience: AudienceName,
}

impl Count {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let count = session.client.count_audience_members(&self.audience).await?;
        session.close().await;
        printer.report(&Counted { count })?;
        Ok(Exit::Done)
    }
}
