//! `fanpass segments members`: a segment's user ids, streamed.

use std::pin::pin;

use anyhow::Result;
use clap::Args;
use fanpass_client::Error;
use fanpass_model::{SegmentName, UserId};
use futures_util::{Stream, TryStreamExt as _};

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::session::Session;

/// Print a segment's user ids, one a line, in byte order
///
/// With --json each line is a JSON string. Any number of ids takes the same memory.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass segments members season-ticket-holders > ids.txt")]
pub struct Members {
    /// The segment
    segment: SegmentName,
    /// Stop after so many ids
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

impl Members {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        write_ids(session.client.members(&self.segment), self.limit, printer).await?;
        session.close().await;
        Ok(Exit::Done)
    }
}

/// Writes ids as they come, one a line, at most `limit`.
pub async fn write_ids(
    ids: impl Stream<Item = Result<UserId, Error>>,
    limit: Option<u64>,
    printer: Printer,
) -> Result<()> {
    let mut out = printer.lines();
    let mut ids = pin!(ids);
    let mut left = limit.unwrap_or(u64::MAX);
    while left > 0 {
        let Some(id) = ids.try_next().await? else { break };
        out.write(id.as_str(), &id)?;
        left -= 1;
    }
    out.finish()
}
