//! What a push of a segment says at its end, and the exit code that it has earned.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use fanpass_model::{ImportId, ImportState, ImportStatus, SegmentName, shown};
use serde::Serialize;

use super::buckets::{Buckets, repeats};
use super::ids::CheckedIds;
use super::outcome::{self, Stopped};
use crate::exit::Exit;
use crate::input::RejectedRow;
use crate::printer::{Printer, Report, count};
use crate::runtime::blocking;

/// What became of each row of the pushed file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PushReport {
    segment: SegmentName,
    file: String,
    dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    import_id: Option<ImportId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<ImportState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Rows with data in the file.
    read: u64,
    /// Rows that would be sent, each user once; only where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    usable: Option<u64>,
    /// Rows whose id was sent.
    sent: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    imported: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate: Option<u64>,
    rejected: u64,
    trimmed: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<String>,
    /// `null` while it is not known, or the service never tells enough.
    adds_up: Option<bool>,
    /// Whether the service has told that the import is completed.
    complete: bool,
    #[serde(skip)]
    buckets: Option<Buckets>,
    rejects: Vec<RejectedRow>,
    rejects_files: Vec<PathBuf>,
    /// Why the wait ended before the import did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stopped: Option<Stopped>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

impl PushReport {
    /// What is known once the file was read.
    pub(super) fn read(segment: &SegmentName, ids: &CheckedIds) -> Self {
        Self {
            segment: segment.clone(),
            file: ids.name.clone(),
            dry_run: false,
            import_id: None,
            status: None,
            message: None,
            read: ids.read,
            usable: None,
            sent: 0,
            imported: None,
            duplicate: None,
            rejected: ids.rejected,
            trimmed: ids.trimmed,
            notices: ids.notices.clone(),
            adds_up: None,
            complete: false,
            buckets: None,
            rejects: ids.rejects.clone(),
            rejects_files: ids.rejects_files.clone(),
            stopped: None,
            next: None,
        }
    }

    /// What is known of a file of which nothing is sent.
    pub(super) fn unsent(&mut self, ids: &CheckedIds, dry_run: bool) -> Result<()> {
        let repeats = blocking(|| repeats(ids.spool.path()))?;
        let usable = ids.valid - repeats;
        (self.dry_run, self.usable, self.duplicate) = (dry_run, Some(usable), Some(repeats));
        self.adds_up = Some(ids.read == usable + repeats + ids.rejected);
        Ok(())
    }

    /// What is known once the service has the ids.
    pub(super) fn received(&mut self, id: &ImportId, status: Option<ImportState>, sent: u64) {
        self.import_id = Some(id.clone());
        self.complete = status == Some(ImportState::Completed);
        self.status = status;
        self.sent = sent;
    }

    /// What is known once the import is over.
    pub(super) fn imported(&mut self, status: &ImportStatus, ids: &CheckedIds) -> Result<()> {
        self.complete = status.status == ImportState::Completed;
        let untold = self.complete && status.duplicate_rows.is_none() && status.imported_rows.is_some();
        let repeats = if untold { Some(blocking(|| repeats(ids.spool.path()))?) } else { None };
        let buckets = Buckets::of_sent(status, self.sent, repeats).and_rejected(self.rejected);
        self.status = Some(status.status.clone());
        self.message.clone_from(&status.message);
        self.imported = buckets.imported;
        self.duplicate = buckets.duplicate;
        self.rejected = self.rejected.saturating_add(status.rejected_rows.unwrap_or_default());
        self.rejects.extend(outcome::rejects_of(status));
        self.adds_up = buckets.add_up().filter(|_| self.complete);
        self.buckets = Some(buckets);
        Ok(())
    }

    /// Prints the report and gives the exit code that it earns.
    pub(super) fn print(&self, printer: Printer) -> Result<Exit> {
        printer.conclude(self, Ok(self.exit()))
    }

    fn exit(&self) -> Exit {
        if let Some(stopped) = &self.stopped {
            return stopped.exit;
        }
        match (&self.status, self.buckets) {
            (Some(status), Some(buckets)) => outcome::exit_of(status, buckets),
            _ if self.rejected > 0 => Exit::Rejects,
            _ => Exit::Done,
        }
    }
}

impl Report for PushReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { segment, file, read, sent, rejected, .. } = self;
        match (&self.import_id, &self.status, self.buckets) {
            (_, Some(ImportState::Completed), Some(_)) if self.adds_up == Some(true) => {
                writeln!(out, "Segment {segment} is now the ids of {file}\n")?;
            }
            (_, Some(ImportState::Completed), Some(_)) => {
                writeln!(out, "The service says that {file} was imported into segment {segment}\n")?;
            }
            (_, Some(ImportState::Failed), _) => {
                let why = self.message.as_deref().unwrap_or("the service does not say why");
                writeln!(out, "The import failed and segment {segment} is as it was: {}\n", shown(why))?;
            }
            (Some(id), Some(ImportState::Completed), None) => {
                writeln!(out, "Sent {} ids of {file}; import {id} is completed\n", count(*sent))?;
            }
            (Some(id), ..) => {
                writeln!(out, "Sent {} ids of {file}; import {id} is under way\n", count(*sent))?;
            }
            (None, ..) => writeln!(out, "Read {file}; nothing was sent\n")?,
        }
        let [read, sent, rejected_rows] = [*read, *sent, *rejected].map(count);
        match (&self.status, self.buckets, self.usable, self.duplicate) {
            (Some(ImportState::Completed), Some(buckets), ..) => buckets.write(out)?,
            (_, Some(buckets), ..) => buckets.write_told(out)?,
            (_, None, Some(usable), Some(duplicate)) => {
                let [usable, duplicate] = [usable, duplicate].map(count);
                writeln!(
                    out,
                    "  read {read} = usable {usable} + duplicate {duplicate} + rejected {rejected_rows}"
                )?;
            }
            _ => writeln!(out, "  read {read} = sent {sent} + rejected {rejected_rows}")?,
        }
        outcome::write_trimmed(out, self.trimmed)?;
        outcome::write_notices(out, &self.notices)?;
        outcome::write_rejects(out, &self.rejects, *rejected)?;
        outcome::write_files(out, &self.rejects_files, false)?;
        if !self.rejects_files.is_empty() {
            writeln!(out, "Mend them in {file} and push it again: a push replaces the whole segment.")?;
        }
        outcome::write_stopped(out, self.stopped.as_ref())?;
        Ok(())
    }

    fn next(&self) -> Option<String> {
        self.next.clone()
    }

    fn has_sent(&self) -> bool {
        self.import_id.is_some()
    }
}
