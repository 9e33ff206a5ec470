//! `fanpass segments push`: a file's ids become a segment's membership, every row accounted for.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use fanpass_model::SegmentName;

use super::ids::CheckedIds;
use super::outcome::{self, Wait};
use super::report::PushReport;
use crate::cli::Global;
use crate::commands::sending::IdsRate;
use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::delivery::{SendAs, deliver};
use crate::input::{Input, reject_file};
use crate::printer::Printer;
use crate::quoting::quoted;
use crate::runtime::blocking;
use crate::session::Session;

/// Read a file here, check each id, and make the segment exactly its ids
///
/// Ids are sent as the file shows them: `00042` and `1e5` stay what they are. Rows without a usable id are reported with
/// their line or cell and left out; the segment then holds the rest, and only the rest.
#[derive(Debug, Args)]
#[command(override_usage = "fanpass segments push [OPTIONS] <SEGMENT> <FILE>")]
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
    /// File for rows that cannot be sent, made with its folder when there are any; never overwritten
    #[arg(long, value_name = "FILE", default_value = "rejects.csv", value_parser = reject_file)]
    rejects: PathBuf,
    /// Read and check the file, and send nothing
    #[arg(long, conflicts_with = "wait")]
    dry_run: bool,
}

impl Push {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let read = || blocking(|| CheckedIds::read(&self.input, &self.rejects, printer));
        if self.dry_run {
            return self.unsent(&read()?, printer);
        }
        let session = Session::open(global).await?.with_ids_rate(self.ids.ids_rate);
        let ids = read()?;
        if ids.valid == 0 {
            session.close().await;
            return self.unsent(&ids, printer);
        }
        let mut report = PushReport::read(&self.segment, &ids);
        let list = (&ids.spool, ids.valid);
        session.ids.take(ids.valid).await;
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
            report.next = Some(if session.offers_extensions() {
                session.next_about("segments members", self.segment.as_str())
            } else {
                session.next(&status)
            });
        }
        session.close().await;
        report.print(printer)
    }

    /// Reports what was read of a file of which nothing is sent, because nothing is to be, or can be.
    fn unsent(&self, ids: &CheckedIds, printer: Printer) -> Result<Exit> {
        let mut report = PushReport::read(&self.segment, ids);
        report.unsent(ids, self.dry_run)?;
        if ids.valid > 0 {
            return report.print(printer);
        }
        let outcome = if self.dry_run {
            "a push would send nothing"
        } else {
            "nothing was sent and the segment is as it was"
        };
        let refused = failure(Exit::Refused, format!("{} holds no usable id; {outcome}", ids.name));
        printer.conclude(&report, Err(refused))
    }
}
