//! `fanpass audit`: who called what, when, with what result.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_client::AuditFilter;
use fanpass_model::{AuditList, AuditRecord};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde::Serialize;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report, table};
use crate::session::Session;

/// Show the records of calls, newest first
///
/// Every call of an operation leaves one, a refused one too. Users stand in them under a hash of their id.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass audit --operation importSegment --limit 20\n  \
    fanpass audit --subject nightly-export --csv > audit.csv")]
pub struct Audit {
    /// Only calls with tokens of this subject
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<String>,
    /// Only calls of this operation, such as `updateUser`
    #[arg(long, value_name = "OPERATION")]
    operation: Option<String>,
    /// Only calls about this segment, attribute, token or hashed user
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// Records to show at most
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// Print CSV with a header
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

impl Audit {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let filter = AuditFilter { subject: self.subject, operation: self.operation, target: self.target };
        let session = Session::open(global).await?;
        let records: Vec<AuditRecord> = session.client.audit(&filter).take(self.limit).try_collect().await?;
        session.close().await;
        if self.csv {
            write_csv(&records, io::stdout().lock())?;
        } else {
            printer.report(&AuditReport(AuditList::new(records)))?;
        }
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct AuditReport(AuditList);

impl Report for AuditReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let rows = self.0.records.iter().map(|record| {
            [
                record.at.clone(),
                record.operation.clone(),
                record.status.to_string(),
                or_dash(&record.subject),
                or_dash(&record.target),
                or_dash(&record.outcome),
            ]
        });
        table(out, ["when", "operation", "status", "subject", "target", "outcome"], rows)
    }
}

fn write_csv(records: &[AuditRecord], out: impl Write) -> Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "sequence",
        "at",
        "requestId",
        "subject",
        "jti",
        "operation",
        "status",
        "target",
        "fileSha256",
        "outcome",
    ])?;
    for record in records {
        let (sequence, status) = (record.sequence.to_string(), record.status.to_string());
        let AuditRecord { at, request_id, subject, jti, operation, target, file_sha256, outcome, .. } =
            record;
        let text = |cell: &Option<String>| cell.clone().unwrap_or_default();
        csv.write_record([
            sequence,
            at.clone(),
            text(request_id),
            text(subject),
            text(jti),
            operation.clone(),
            status,
            text(target),
            text(file_sha256),
            text(outcome),
        ])?;
    }
    Ok(csv.flush()?)
}
