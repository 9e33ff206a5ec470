//! `fanpass segments status`: how far an import is.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::{ImportId, ImportState, ImportStatus, SegmentReceipt, shown};
use serde::Serialize;

use super::buckets::Buckets;
use super::outcome::{self, Stopped, Wait, Waited};
use super::record::ImportRecord;
use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::failure;
use crate::input::RejectedRow;
use crate::printer::{Printer, Report, count};
use crate::quoting::quoted;
use crate::session::Session;

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
        let waited = if self.wait.wait {
            outcome::wait_for(&session, &self.import, None, self.wait, printer).await
        } else {
            let status = session.client.import_status(&self.import).await?;
            Waited { status: Some(status), stopped: None }
        };
        match waited {
            Waited { status: None, stopped: Some(Stopped { why, exit }) } => Err(failure(exit, why)),
            waited => StatusReport::new(&session, self.import, waited).conclude(session, printer).await,
        }
    }
}

/// An import as it stands.
#[derive(Debug, Serialize)]
pub struct StatusReport {
    #[serde(flatten)]
    record: ImportRecord,
    rejects: Vec<RejectedRow>,
    #[serde(skip)]
    id: ImportId,
    #[serde(skip)]
    status: ImportStatus,
    /// Why the wait ended before the import did.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<Stopped>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl StatusReport {
    /// Of an import that was just received; waits for its end if asked to.
    pub async fn after(session: &Session, receipt: SegmentReceipt, wait: Wait, printer: Printer) -> Self {
        let id = receipt.firebase_imported_segment_id;
        let mut waited = Waited { status: None, stopped: None };
        if wait.wait {
            waited = outcome::wait_for(session, &id, None, wait, printer).await;
        }
        if waited.status.is_none() {
            waited.status = Some(ImportStatus::new(receipt.status.unwrap_or(ImportState::Pending)));
        }
        Self::new(session, id, waited)
    }

    fn new(session: &Session, id: ImportId, Waited { status, stopped }: Waited) -> Self {
        let mut status = status.unwrap_or_else(|| ImportStatus::new(ImportState::Pending));
        status.firebase_imported_segment_id.get_or_insert_with(|| id.clone());
        let over = is_over(&status.status);
        let next = (!over).then(|| session.next(&format!("segments status {} --wait", quoted(id.as_str()))));
        let (record, rejects) = (ImportRecord::from(&status), outcome::rejects_of(&status));
        Self { record, rejects, id, status, stopped, next }
    }

    /// Ends the session, prints the report and gives the exit code that it earns.
    pub async fn conclude(self, session: Session, printer: Printer) -> Result<Exit> {
        if self.stopped.is_some() {
            session.leave().await;
        } else {
            session.close().await;
        }
        printer.conclude(&self, Ok(self.exit()))
    }

    /// The exit code that the import has earned so far.
    fn exit(&self) -> Exit {
        if let Some(stopped) = &self.stopped {
            return stopped.exit;
        }
        match &self.status.status {
            status if is_over(status) => outcome::exit_of(status, Buckets::from(&self.status)),
            _ => Exit::Done,
        }
    }
}

const fn is_over(state: &ImportState) -> bool {
    matches!(state, ImportState::Completed | ImportState::Failed | ImportState::Cancelled)
}

impl Report for StatusReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Import {} is {}", self.id, self.status.status)?;
        if let Some(message) = &self.status.message {
            writeln!(out, "  {}", shown(message))?;
        }
        if let Some(at) = &self.status.estimated_completion_at {
            writeln!(out, "  it will presumably have ended by {}", shown(at))?;
        }
        let buckets = Buckets::from(&self.status);
        if self.status.status == ImportState::Completed {
            writeln!(out)?;
            buckets.write(out)?;
        } else if buckets != Buckets::default() {
            writeln!(out)?;
            buckets.write_told(out)?;
        }
        if let Some(changed) = self.status.changed_members {
            writeln!(out, "  members that this changed: {}", count(changed))?;
        }
        outcome::write_rejects(out, &self.rejects, self.status.rejected_rows.unwrap_or_default())?;
        outcome::write_stopped(out, self.stopped.as_ref())?;
        Ok(())
    }

    fn next(&self) -> Option<String> {
        self.next.clone()
    }
}
