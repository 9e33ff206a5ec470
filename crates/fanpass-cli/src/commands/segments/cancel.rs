//! `fanpass segments cancel`: ends an import that has not ended.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::ImportId;
use serde::Serialize;

use super::record::ImportRecord;
use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::printer::{Printer, Report};
use crate::session::Session;

/// End an import that has not ended; its segment stays as it was
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass segments cancel 0197f3a0-5c00-7000-8000-000000000001")]
pub struct Cancel {
    /// The import's id, as `push`, `import` and `imports` print it
    import: ImportId,
    #[command(flatten)]
    dry_run: DryRun,
}

impl Cancel {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        if self.dry_run.dry_run {
            let intent = Intent::to(format!("cancel import {}", self.import));
            printer.report(&intent.if_only("there is such an import and it has not ended", false))?;
            return Ok(Exit::Done);
        }
        let session = Session::open(global).await?;
        let status = session.client.cancel_import(&self.import).await?;
        session.close().await;
        printer.report(&Cancelled { id: self.import, record: ImportRecord::from(&status) })?;
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
struct Cancelled {
    #[serde(skip)]
    id: ImportId,
    #[serde(flatten)]
    record: ImportRecord,
}

impl Report for Cancelled {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Cancelled import {}; its segment is as it was", self.id)
    }
}
