//! `fanpass segments show`: one segment's count and last import.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::{SegmentName, SegmentSummary};

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report, count};
use crate::session::Session;

/// Show one segment's count and last import
#[derive(Debug, Args)]
pub struct Show {
    /// The segment
    segment: SegmentName,
}

impl Show {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let segment = session.client.get_segment(&self.segment).await?;
        session.close().await;
        printer.report(&segment)?;
        Ok(Exit::Done)
    }
}

impl Report for SegmentSummary {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "segment  {}", self.segment_name)?;
        writeln!(out, "members  {}", count(self.member_count))?;
        writeln!(out, "import   {}", self.import_id)?;
        writeln!(out, "updated  {}", self.updated_at)
    }
}
