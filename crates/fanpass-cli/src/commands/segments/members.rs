//! `fanpass segments members`: a segment's user ids, streamed.

use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::pin::pin;

use anyhow::Result;
use clap::Args;
use fanpass_model::SegmentName;
use futures_util::TryStreamExt as _;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, shown};
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
        let terminal = io::stdout().is_terminal();
        let mut out = BufWriter::new(io::stdout());
        let mut members = pin!(session.client.members(&self.segment));
        let mut left = self.limit.unwrap_or(u64::MAX);
        while left > 0 {
            let Some(id) = members.try_next().await? else { break };
            if printer.json() {
                serde_json::to_writer(&mut out, &id)?;
                writeln!(out)?;
            } else {
                // A file gets each id byte for byte, a person what it holds.
                if terminal { writeln!(out, "{}", shown(id.as_str()))? } else { writeln!(out, "{id}")? }
            }
            left -= 1;
        }
        out.flush()?;
        session.close().await;
        Ok(Exit::Done)
    }
}
