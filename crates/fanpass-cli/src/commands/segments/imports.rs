//! `fanpass segments imports`: imports as they stand, newest first.

use std::io::{self, Write};
use std::pin::pin;

use anyhow::Result;
use clap::Args;
use fanpass_model::{ImportMode, ImportStage, SegmentName};
use futures_util::TryStreamExt as _;
use serde::Serialize;

use super::record::ImportRecord;
use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report, count, table};
use crate::session::Session;

/// List imports, newest first
///
/// Rollbacks and deletions of segments stand among them.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass segments imports --segment season-ticket-holders --limit 10")]
pub struct Imports {
    /// Only imports of this segment
    #[arg(long, value_name = "SEGMENT")]
    segment: Option<SegmentName>,
    /// Stop after so many imports
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
}

impl Imports {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let mut imports = Vec::new();
        let mut found = pin!(session.client.imports(self.segment.as_ref()));
        while let Some(import) = found.try_next().await? {
            if imports.len() == self.limit {
                printer.note(&format!("there are more than {} imports; --limit shows more", self.limit));
                break;
            }
            imports.push(ImportRecord::from(&import));
        }
        printer.report(&ImportsReport { imports })?;
        session.close().await;
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
struct ImportsReport {
    imports: Vec<ImportRecord>,
}

impl Report for ImportsReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.imports.is_empty() {
            return writeln!(out, "There are no imports yet.");
        }
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let figure = |figure: Option<u64>| figure.map_or_else(String::new, count);
        let rows = self.imports.iter().map(|import| {
            [
                text(import.import_id.as_ref().map(AsRef::as_ref)),
                text(import.segment.as_ref().map(AsRef::as_ref)),
                text(import.mode.as_ref().map(ImportMode::as_str)),
                text(import.stage.as_ref().map(ImportStage::as_str)),
                figure(import.imported),
                figure(import.rejected),
                text(import.created_at.as_deref()),
            ]
        });
        table(out, ["import", "segment", "mode", "stage", "imported", "rejected", "received"], rows)
    }
}
