//! `fanpass segments list`: all segments by name.

use std::io::{self, Write};
use std::pin::pin;

use anyhow::Result;
use clap::Args;
use fanpass_model::SegmentSummary;
use futures_util::TryStreamExt as _;
use serde::Serialize;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report, count, table};
use crate::session::Session;

/// List segments by name
#[derive(Debug, Args)]
pub struct List {
    /// Stop after so many segments
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    limit: usize,
}

impl List {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let mut segments = Vec::new();
        let mut found = pin!(session.client.segments());
        while let Some(segment) = found.try_next().await? {
            if segments.len() == self.limit {
                printer.note(&format!("there are more than {} segments; --limit shows more", self.limit));
                break;
            }
            segments.push(segment);
        }
        printer.report(&ListReport { segments })?;
        session.close().await;
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
struct ListReport {
    segments: Vec<SegmentSummary>,
}

impl Report for ListReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.segments.is_empty() {
            return writeln!(out, "There are no segments yet.");
        }
        let rows = self.segments.iter().map(|segment| {
            [segment.segment_name.to_string(), count(segment.member_count), segment.updated_at.clone()]
        });
        table(out, ["segment", "members", "updated"], rows)
    }
}
