//! `fanpass segments import`: a file goes up as it is, and the service reads it.

use std::path::Path;

use anyhow::Result;
use clap::Args;
use fanpass_client::Upload;
use fanpass_model::SegmentName;

use super::outcome::Wait;
use super::status::StatusReport;
use crate::cli::Global;
use crate::commands::check::Check;
use crate::exit::Exit;
use crate::input::FileOption;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::quoting::quoted;
use crate::session::Session;

/// Upload a file as it is, and let the service read it
///
/// The service picks the column of ids, so the file should have one column, or one whose header is recognised. Use
/// `segments push` to name the column and to see every problem before anything is sent.
#[derive(Debug, Args)]
#[command(override_usage = "fanpass segments import [OPTIONS] <SEGMENT> <FILE>")]
#[command(mut_arg("file", |file| file.help("CSV, XLSX, XLS or ZIP file; `-` sends standard input as CSV")))]
#[command(
    after_help = "Example:\n  fanpass segments import season-ticket-holders --file holders.xlsx --wait"
)]
pub struct Import {
    /// The segment to create or replace
    segment: SegmentName,
    #[command(flatten)]
    file: FileOption,
    #[command(flatten)]
    wait: Wait,
    /// Read the file here as our service does, and send nothing
    #[arg(long, conflicts_with = "wait")]
    dry_run: bool,
}

impl Import {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        if self.dry_run {
            let send = format!("segments import {}", quoted(self.segment.as_str()));
            return Check::before(send, self.file.path().to_owned()).run(global, printer).await;
        }
        let session = Session::open(global).await?;
        let receipt = session.client.import_segment(&self.segment, upload(self.file.path(), printer)).await?;
        StatusReport::after(&session, receipt, self.wait, printer).await.conclude(session, printer).await
    }
}

/// A file, or standard input, on its way to the service as it is.
pub fn upload(file: &Path, printer: Printer) -> Upload {
    if file.as_os_str() == "-" {
        return Upload::reader("standard-input.csv", tokio::io::stdin(), None);
    }
    let length = std::fs::metadata(file).map(|metadata| metadata.len()).unwrap_or_default();
    let progress = Progress::bytes(printer, "uploading", length);
    Upload::path(file).watched(move |bytes| progress.advance(bytes))
}
