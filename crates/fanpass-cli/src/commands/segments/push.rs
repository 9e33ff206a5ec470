//! `fanpass segments push`: a file's ids become a segment's membership, every row accounted for.

use std::io::{self, Write};
use std::path::PathBuf;

use crate::runtime::blocking;
use anyhow::Result;
use clap::Args;
use fanpass_model::{ImportId, ImportState, ImportStatus, SegmentName, shown};
use serde::Serialize;

use super::buckets::{Buckets, repeats};
use super::ids::CheckedIds;
use super::outcome::{self, Stopped, Wait};
use crate::cli::Global;
use crate::commands::sending::IdsRate;
use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::delivery::{SendAs, deliver};
use crate::input::{Input, RejectedRow, reject_file};
use crate::printer::{Printer, Report, count};
use crate::session::{Session, quoted};

/// Read a file here, check each id, and make the segment exactly its ids
///
/// Ids are sent as the file shows them: `00042` and `1e5` stay what they are. Rows without a usable id are reported with
/// their line or cell and left out; the segment then holds the rest, and only the rest.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass segments push season-ticket-holders --file holders.csv --wait\n  \
    fanpass segments push north-stand --file fans.xlsx --sheet North --id fan_id --wait\n  \
    psql -Atc 'select id from fans' | fanpass segments push fans --file - --header absent")]
pub struct Push {
    /// The segment to create or replace
    segment: SegmentName,
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    wait: Wait,
    /// How to send the ids
    #[arg(long = "as", value_name = "WAY", value_enum, default_value_t)]
    send_as: SendAs,
    #[command(flatten)]
    ids: IdsRate,
    /// File for rows that cannot be sent, made when there are any; never overwritten
    #[arg(long, value_name = "FILE", default_value = "rejects.csv", value_parser = reject_file)]
    rejects: PathBuf,
    /// Read and check the file, and send nothing
    #[arg(long, conflicts_with = "wait")]
    dry_run: bool,
}

impl Push {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        if self.dry_run {
            let ids = blocking(|| CheckedIds::read(&self.input, &self.rejects, printer))?;
            return PushReport::read(&self.segment, &ids).print(printer);
        }
        let session = Session::open(global).await?.with_ids_rate(self.ids.ids_rate);
        let ids = blocking(|| CheckedIds::read(&self.input, &self.rejects, printer))?;
        let mut report = PushReport::read(&self.segment, &ids);
        if ids.valid == 0 {
            session.close().await;
            printer.report(&report)?;
            return Err(failure(
                Exit::Refused,
                format!("{} holds no usable id; nothing was sent and the segment is as it was", ids.name),
            ));
        }
        let list = (&ids.spool, ids.valid);
        let receipt = deliver(&session, &self.segment, list, self.send_as, printer).await?.receipt;
        let id = receipt.firebase_imported_segment_id;
        report.received(&id, receipt.status, ids.valid);
        let status = format!("segments status {}", quoted(id.as_str()));
        report.next = Some(session.next(&format!("{status} --wait")));
        if !self.wait.wait {
            session.close().await;
            return report.print(printer);
        }
        let waited = outcome::wait_for(&session, &id, Some(ids.valid), self.wait, printer).await;
        if waited.stopped.is_some() {
            report.stopped = waited.stopped;
            session.leave().await;
            return report.print(printer);
        }
        if let Some(import) = waited.status {
            report.imported(&import, &ids)?;
            let members = format!("segments members {}", quoted(self.segment.as_str()));
            report.next = Some(session.next(if session.offers_extensions() { &members } else { &status }));
        }
        session.close().await;
        report.print(printer)
    }
}

/// What became of each row of the pushed file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PushReport {
    segment: SegmentName,
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    import_id: Option<ImportId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<ImportState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Rows with data in the file.
    read: u64,
    /// Rows whose id can be sent.
    usable: u64,
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
    stopped: Option<Stopped>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl PushReport {
    /// What is known once the file was read.
    fn read(segment: &SegmentName, ids: &CheckedIds) -> Self {
        Self {
            segment: segment.clone(),
            file: ids.name.clone(),
            import_id: None,
            status: None,
            message: None,
            read: ids.read,
            usable: ids.valid,
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

    /// What is known once the service has the ids.
    fn received(&mut self, id: &ImportId, status: Option<ImportState>, sent: u64) {
        self.import_id = Some(id.clone());
        self.complete = status == Some(ImportState::Completed);
        self.status = status;
        self.sent = sent;
    }

    /// What is known once the import is over.
    fn imported(&mut self, status: &ImportStatus, ids: &CheckedIds) -> Result<()> {
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
    fn print(&self, printer: Printer) -> Result<Exit> {
        printer.report(self)?;
        Ok(self.exit())
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
        match (&self.status, self.buckets) {
            (Some(ImportState::Completed), Some(buckets)) => buckets.write(out)?,
            (_, Some(buckets)) => buckets.write_told(out)?,
            (_, None) => writeln!(
                out,
                "  read {} = usable {} + rejected {}",
                count(*read),
                count(read - rejected),
                count(*rejected)
            )?,
        }
        outcome::write_trimmed(out, self.trimmed)?;
        outcome::write_notices(out, &self.notices)?;
        outcome::write_rejects(out, &self.rejects, *rejected)?;
        outcome::write_files(out, &self.rejects_files, false)?;
        if !self.rejects_files.is_empty() {
            writeln!(out, "Mend them in {file} and push it again: a push replaces the whole segment.")?;
        }
        outcome::write_stopped(out, self.stopped.as_ref())?;
        self.next.iter().try_for_each(|next| writeln!(out, "\nNext: {next}"))
    }
}
