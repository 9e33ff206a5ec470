//! `fanpass snapshot`: a data folder in one file, while the service runs.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use fanpass_server::store::{self, Manifest};
use serde::Serialize;

use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::printer::{Printer, Report};
use crate::private_file::refuse_homeless;
use crate::quoting::quoted_path;

/// Write everything in the data folder into one file, as it stands at one moment
///
/// The service may run on. An earlier snapshot of that name is replaced, in one step, once the new one is whole; anything else
/// is left alone. It may not lie in the data folder. It holds the signing key: keep it as you keep the folder.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass snapshot fans-2026-08-01.zip --data /var/lib/fanpass")]
pub struct Snapshot {
    /// File to write
    file: PathBuf,
    #[command(flatten)]
    dry_run: DryRun,
}

impl Snapshot {
    pub fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        refuse_homeless(&self.file)?;
        if self.dry_run.dry_run {
            store::may_snapshot(&global.data, &self.file)?;
            let (data, file) = (global.data.display(), self.file.display());
            let intent = Intent::to(format!("write what {data} holds into {file}"))
                .if_only(format!("{data} is a service's data folder, and the file is outside of it"), true)
                .if_only("there is room for the file", false);
            printer.report(&intent)?;
            return Ok(Exit::Done);
        }
        let manifest = store::snapshot(&global.data, &self.file)?;
        let next = format!("fanpass restore {} --data NEW-FOLDER", quoted_path(&self.file));
        printer.report(&SnapshotReport { file: self.file, manifest, next })?;
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SnapshotReport {
    file: PathBuf,
    #[serde(flatten)]
    manifest: Manifest,
    next: String,
}

impl Report for SnapshotReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Wrote the data folder into {}\n", self.file.display())?;
        for file in &self.manifest.files {
            writeln!(out, "  {:12}  {} bytes", file.name, file.bytes)?;
        }
        writeln!(out, "\nTo have it back: {}", self.next)
    }
}
