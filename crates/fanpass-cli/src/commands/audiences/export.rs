//! `fanpass audiences export`: the user ids of a saved audience, streamed.

use anyhow::Result;
use clap::Args;
use fanpass_model::AudienceName;

use crate::cli::Global;
use crate::commands::segments::write_ids;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::session::Session;

/// Print the user ids of a saved audience, one a line, in byte order
///
/// With --json each line is a JSON string. Any number of ids takes the same memory.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass audiences export gold-holders > ids.txt")]
pub struct Export {
    /// The audience
    audience: AudienceName,
    /// Stop after so many ids
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

impl Export {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        write_ids(session.client.audience_members(&self.audience), self.limit, printer).await?;
        session.close().await;
        Ok(Exit::Done)
    }
}
