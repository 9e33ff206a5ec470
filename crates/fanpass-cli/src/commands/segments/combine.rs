//! `fanpass segments combine`: users by the segments they are in and are not in, streamed or counted.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::{CombineRequest, SegmentName};
use serde::Serialize;

use super::members::write_ids;
use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report, counted};
use crate::session::Session;

/// Print the users that are in some segments and not in others, one a line, in byte order
///
/// With --json each line is a JSON string. Any number of ids takes the same memory.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass segments combine --all season-ticket-holders --all newsletter --none bought-cup-final > ids.txt\n  \
    fanpass segments combine --any north-stand --any south-stand --count")]
pub struct Combine {
    /// A segment that a user has to be in; may be said again
    #[arg(long, value_name = "SEGMENT", required_unless_present = "any")]
    all: Vec<SegmentName>,
    /// A segment of which a user has to be in one; may be said again
    #[arg(long, value_name = "SEGMENT")]
    any: Vec<SegmentName>,
    /// A segment that a user may not be in; may be said again
    #[arg(long, value_name = "SEGMENT")]
    none: Vec<SegmentName>,
    /// Count the users instead
    #[arg(long)]
    count: bool,
    /// Stop after so many ids
    #[arg(long, value_name = "N", conflicts_with = "count")]
    limit: Option<u64>,
}

impl Combine {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let Self { all, any, none, .. } = self;
        let request = CombineRequest { all, any, none, ..CombineRequest::default() };
        let session = Session::open(global).await?;
        if self.count {
            let users = session.client.count_combined(&request).await?;
            printer.report(&Counted { count: users })?;
        } else {
            write_ids(session.client.combined(&request), self.limit, printer).await?;
        }
        session.close().await;
        Ok(Exit::Done)
    }
}

/// How many users there are.
#[derive(Debug, Serialize)]
pub struct Counted {
    pub count: u64,
}

impl Report for Counted {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", counted(self.count, "user"))
    }
}
