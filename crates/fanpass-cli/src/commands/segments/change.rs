//! `fanpass segments add` and `remove`: some users, beside those that are in a segment.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use fanpass_model::{ImportMode, SegmentName, UserId};

use super::import::upload;
use super::outcome::Wait;
use super::status::StatusReport;
use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::printer::{Printer, counted};
use crate::session::Session;

/// Add users to a segment, beside those that are in it
///
/// For this project's service; another FanPass only replaces whole segments.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass segments add season-ticket-holders 00042 fan-7\n  \
    fanpass segments add season-ticket-holders --file new-holders.csv --wait")]
pub struct Add {
    #[command(flatten)]
    change: Change,
}

/// Remove users from a segment
///
/// For this project's service; another FanPass only replaces whole segments.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass segments remove season-ticket-holders 00042 fan-7\n  \
    fanpass segments remove season-ticket-holders --file left.csv --wait")]
pub struct Remove {
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Args)]
struct Change {
    /// The segment
    segment: SegmentName,
    /// Ids of users
    #[arg(value_name = "ID", required_unless_present = "file", conflicts_with_all = ["file", "wait"])]
    ids: Vec<UserId>,
    /// CSV, XLSX, XLS or ZIP file of ids, which the service reads; `-` sends standard input as CSV
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    dry_run: DryRun,
}

impl Add {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        self.change.run(ImportMode::Append, "add", "to", global, printer).await
    }
}

impl Remove {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        self.change.run(ImportMode::Remove, "remove", "from", global, printer).await
    }
}

impl Change {
    async fn run(
        self,
        mode: ImportMode,
        verb: &str,
        preposition: &str,
        global: &Global,
        printer: Printer,
    ) -> Result<Exit> {
        let Self { segment, ids, file, mut wait, dry_run } = self;
        if dry_run.dry_run {
            let whom = match &file {
                Some(file) => format!("the users of {}", file.display()),
                None => counted(u64::try_from(ids.len()).unwrap_or(u64::MAX), "user"),
            };
            let intent = Intent::to(format!("{verb} {whom} {preposition} segment {segment}"));
            printer.report(&intent.if_only("the service is one that adds and removes", false))?;
            return Ok(Exit::Done);
        }
        let session = Session::open(global).await?;
        let client = &session.client;
        let receipt = if let Some(file) = file {
            client.change_segment_by_file(&segment, mode, upload(&file, printer)).await?
        } else {
            // It is over with the answer; how it came out is asked for.
            wait.wait = true;
            client.change_segment(&segment, mode, &ids).await?
        };
        StatusReport::after(&session, receipt, wait, printer).await.conclude(session, printer).await
    }
}
