//! `fanpass segments versions` and `rollback`: what a segment was before, and back to it.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::{RollbackRequest, SegmentName, SegmentVersion, SegmentVersionList};
use serde::Serialize;

use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::printer::{Printer, Report, count, table};
use crate::session::Session;

/// List the versions of a segment that are kept, newest first
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass segments versions season-ticket-holders")]
pub struct Versions {
    /// The segment
    segment: SegmentName,
}

impl Versions {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let versions = session.client.list_versions(&self.segment).await?;
        session.close().await;
        printer.report(&versions)?;
        Ok(Exit::Done)
    }
}

impl Report for SegmentVersionList {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.versions.iter().map(|version| {
            [
                version.version.to_string(),
                count(version.member_count),
                version.mode.to_string(),
                version.published_at.clone(),
                if version.served { "served" } else { "" }.to_owned(),
            ]
        });
        table(out, ["version", "members", "by", "published", ""], rows)
    }
}

/// Serve an earlier version of a segment again, at once
///
/// What is served then is a new version, so that a rollback can be rolled back.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass segments rollback season-ticket-holders\n  \
    fanpass segments rollback season-ticket-holders --to 7 --dry-run")]
pub struct Rollback {
    /// The segment
    segment: SegmentName,
    /// The version to serve, as `versions` numbers it; the one before the present one otherwise
    #[arg(long, value_name = "VERSION")]
    to: Option<u64>,
    #[command(flatten)]
    dry_run: DryRun,
}

impl Rollback {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        if self.dry_run.dry_run {
            let to = self.to.map_or_else(|| "the version before".to_owned(), |to| format!("version {to}"));
            let intent = Intent::to(format!("roll segment {} back to {to}", self.segment));
            printer.report(&intent.if_only("there is such a version", false))?;
            return Ok(Exit::Done);
        }
        let session = Session::open(global).await?;
        let mut request = RollbackRequest::new(self.segment.clone());
        request.version = self.to;
        let version = session.client.roll_back_segment(&request).await?;
        let next = session.next_about("segments versions", self.segment.as_str());
        session.close().await;
        printer.report(&RolledBack { segment_name: self.segment, version, next })?;
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RolledBack {
    segment_name: SegmentName,
    #[serde(flatten)]
    version: SegmentVersion,
    next: String,
}

impl Report for RolledBack {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { segment_name, version, .. } = self;
        let members = count(version.member_count);
        writeln!(out, "Segment {segment_name} is what it was before, as version {}", version.version)?;
        writeln!(out, "  members  {members}")
    }

    fn next(&self) -> Option<String> {
        Some(self.next.clone())
    }
}
