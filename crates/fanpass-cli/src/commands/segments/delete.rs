//! `fanpass segments delete`: a segment with all of its versions.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::{DeletedSegment, SegmentName};

use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::failure::failure;
use crate::printer::{Printer, Report, count};
use crate::quoting::quoted;
use crate::session::Session;

/// Delete a segment with all of its versions; it cannot be rolled back
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass segments delete away-2019 --yes")]
pub struct Delete {
    /// The segment
    segment: SegmentName,
    /// Delete it; without this nothing is sent
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    dry_run: DryRun,
}

impl Delete {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        if self.dry_run.dry_run {
            let intent = Intent::to(format!("delete segment {} with all of its versions", self.segment));
            printer.report(&intent.if_only("there is such a segment", false))?;
            return Ok(Exit::Done);
        }
        if !self.yes {
            let name = quoted(self.segment.as_str());
            let message = format!(
                "a deleted segment cannot be had back; if that is meant: fanpass segments delete {name} --yes"
            );
            return Err(failure(Exit::Usage, message));
        }
        let session = Session::open(global).await?;
        let deleted = session.client.delete_segment(&self.segment).await?;
        session.close().await;
        printer.report(&deleted)?;
        Ok(Exit::Done)
    }
}

impl Report for DeletedSegment {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Deleted segment {}", self.segment_name)?;
        writeln!(out, "  members  {}", count(self.member_count))
    }
}
