//! `fanpass segments status`: how far an import is.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::{ImportId, ImportState, ImportStatus, SegmentReceipt};
use serde::Serialize;

use super::buckets::Buckets;
use super::outcome::{self, Wait};
use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report};
use crate::session::{Session, quoted};

/// Show how far an import is
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass segments status 0197f3a0-5c00-7000-8000-000000000001 --wait")]
pub struct Status {
    /// The import's id, as `push` and `import` print it
    import: ImportId,
    #[command(flatten)]
    wait: Wait,
}

impl Status {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let status = if self.wait.wait {
            outcome::wait_for(&session.client, &self.import, None, self.wait, printer).await?
        } else {
            session.client.import_status(&self.import).await?
        };
        let report = StatusReport::new(&session, self.import, status);
        session.close().await;
        printer.report(&report)?;
        Ok(report.exit())
    }
}

/// An import as it stands.
#[derive(Debug, Serialize)]
pub struct StatusReport {
    #[serde(skip)]
    id: ImportId,
    #[serde(flatten)]
    status: ImportStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl StatusReport {
    /// Of an import that was just received; waits for its end if asked to.
    pub async fn after(
        session: &Session,
        receipt: SegmentReceipt,
        wait: Wait,
        printer: Printer,
    ) -> Result<Self> {
        let id = receipt.firebase_imported_segment_id;
        let status = if wait.wait {
            outcome::wait_for(&session.client, &id, None, wait, printer).await?
        } else {
            let mut status = ImportStatus::new(receipt.status.unwrap_or(ImportState::Pending));
            status.firebase_imported_segment_id = Some(id.clone());
            status
        };
        Ok(Self::new(session, id, status))
    }

    fn new(session: &Session, id: ImportId, status: ImportStatus) -> Self {
        let over = matches!(status.status, ImportState::Completed | ImportState::Failed);
        let next = (!over).then(|| session.next(&format!("segments status {} --wait", quoted(id.as_str()))));
        Self { id, status, next }
    }

    /// The exit code that the import has earned so far.
    pub fn exit(&self) -> Exit {
        match self.status.status {
            ImportState::Completed | ImportState::Failed => {
                outcome::exit_of(&self.status.status, Buckets::from(&self.status))
            }
            _ => Exit::Done,
        }
    }
}

impl Report for StatusReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Import {} is {}", self.id, self.status.status)?;
        if let Some(message) = &self.status.message {
            writeln!(out, "  {message}")?;
        }
        let buckets = Buckets::from(&self.status);
        if self.status.status == ImportState::Completed {
            writeln!(out)?;
            buckets.write(out)?;
        } else if buckets != Buckets::default() {
            writeln!(out)?;
            buckets.write_told(out)?;
        }
        outcome::write_rejects(
            out,
            &outcome::rejects_of(&self.status),
            self.status.rejected_rows.unwrap_or_default(),
        )?;
        self.next.iter().try_for_each(|next| writeln!(out, "\nNext: {next}"))
    }
}
