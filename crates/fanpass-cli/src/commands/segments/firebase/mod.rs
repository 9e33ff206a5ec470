//! `fanpass segments firebase-export`: segments as the tables that Firebase imports through BigQuery.

mod labels;
mod merge;
mod parquet;
mod report;
mod tables;

use std::path::PathBuf;
use std::pin::pin;

use anyhow::Result;
use clap::{Args, ValueEnum};
use fanpass_model::{SegmentName, UserId, shown};
use futures_util::TryStreamExt as _;
use jiff::Timestamp;

use self::labels::{LabelOf, Labelled, labelled};
use self::merge::{Memberships, merged};
use self::report::ExportReport;
use self::tables::Tables;
use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::ids::PROGRESS_STEP;
use crate::printer::{Printer, count};
use crate::progress::Progress;
use crate::session::Session;

/// Write segments as the tables of Firebase's imported segments, to be loaded into BigQuery
///
/// For segments whose user ids are Firebase installation ids. Writes SegmentMemberships, a row for each id with the labels of
/// all its segments, and SegmentMetadata, in the place of what is there once both are whole. Any number of ids takes the
/// same memory.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass segments firebase-export --segment vip --segment newsletter --out firebase\n  \
    fanpass segments firebase-export --segment 'North Stand' --label 'North Stand=north' --out firebase --format jsonl\n\n\
Then load both files into the dataset firebase_imported_segments, such as\n  \
    bq load --replace --source_format=PARQUET firebase_imported_segments.SegmentMemberships firebase/SegmentMemberships.parquet")]
pub struct FirebaseExport {
    /// A segment to export; repeat for more
    #[arg(long = "segment", value_name = "SEGMENT", required = true)]
    segments: Vec<SegmentName>,
    /// The label of a segment: 1 to 64 letters, digits, `_` and `-`; its name when not said
    #[arg(long = "label", value_name = "SEGMENT=LABEL")]
    labels: Vec<LabelOf>,
    /// Folder for the files, made when it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How the files are written
    #[arg(long, value_enum, default_value_t = Format::Parquet)]
    format: Format,
    /// Write nothing if any id does not look like an installation id
    #[arg(long)]
    strict: bool,
}

/// What the files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Parquet, with Snappy
    Parquet,
    /// A JSON object a line
    Jsonl,
}

impl FirebaseExport {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let segments = labelled(&self.segments, &self.labels)?;
        let tables = Tables::begin(&self.out, self.format, now())?;
        let session = Session::open(global).await?;
        let written = self.write(&session, &segments, tables, printer).await;
        session.close().await;
        let report = written?;
        printer.conclude(&report, Ok(if report.adds_up { Exit::Done } else { Exit::Mismatch }))
    }

    async fn write(
        &self,
        session: &Session,
        segments: &[Labelled],
        mut tables: Tables,
        printer: Printer,
    ) -> Result<ExportReport> {
        let progress = Progress::new(printer, "exporting");
        let mut report = ExportReport::new(segments);
        let mut rows = pin!(merged(&session.client, segments));
        while let Some(Memberships { user, segments: of }) = rows.try_next().await? {
            report.add(&user, &of);
            tables.add(&user, of.iter().filter_map(|&at| Some(segments.get(at)?.label.as_str())))?;
            if report.rows.is_multiple_of(PROGRESS_STEP) {
                progress.set(report.rows);
            }
        }
        if self.strict && report.other_ids > 0 {
            return Err(not_installations(&report));
        }
        let (files, labels) = tables.finish(segments)?;
        report.files = files;
        report.adds_up = labels == report.memberships && labels == report.members();
        Ok(report)
    }
}

/// The time of the export, as exact as BigQuery keeps it.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

/// Whether an id has the form of a Firebase installation id: 22 characters of URL-safe base64 of which the first four bits
/// are 0111.
fn is_installation(id: &UserId) -> bool {
    let id = id.as_str().as_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    id.len() == 22 && matches!(id.first(), Some(b'c'..=b'f')) && id.iter().all(plain)
}

fn not_installations(report: &ExportReport) -> anyhow::Error {
    let samples: Vec<_> = report.other_samples.iter().map(|id| shown(id.as_str()).into_owned()).collect();
    let message = format!(
        "{} of {} ids do not look like Firebase installation ids, such as {}; nothing was written: export segments of \
         installation ids, or leave out --strict",
        count(report.other_ids),
        count(report.rows),
        samples.join(", ")
    );
    failure(Exit::Refused, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installation_ids_are_told_by_their_form() {
        let is = |id: &str| is_installation(&UserId::new(id).unwrap());
        for id in ["cAAAAAAAAAAAAAAAAAAAAA", "fQ8_-z0123456789abcdef", "dxxxxxxxxxxxxxxxxxxxxx"] {
            assert!(is(id), "{id}");
        }
        for id in [
            "gAAAAAAAAAAAAAAAAAAAAA",
            "cAAAAAAAAAAAAAAAAAAAA",
            "cAAAAAAAAAAAAAAAAAAAAAA",
            "c+AAAAAAAAAAAAAAAAAAAA",
            "00042",
        ] {
            assert!(!is(id), "{id}");
        }
    }
}
