//! `fanpass restore`: a snapshot as the data folder.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use fanpass_server::store;
use serde::Serialize;

use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::printer::{Printer, Report};

/// Make a snapshot the data folder
///
/// It is checked first, and takes the folder's place in one step: what stands is untouched if anything is wrong. No service
/// may run on the folder, and nothing may be in it that is not the service's. Tokens are as they were too: what was revoked
/// since the snapshot works again until you revoke it again, or retire its key. Users that were erased since are back.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass restore fans-2026-08-01.zip --data /var/lib/fanpass --replace")]
pub struct Restore {
    /// The snapshot
    file: PathBuf,
    /// Replace what the folder holds; without, it has to be empty or not there
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    dry_run: DryRun,
}

impl Restore {
    pub fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        if self.dry_run.dry_run {
            let made_at = store::may_restore(&self.file, &global.data, self.replace)?.made_at;
            let (file, data) = (self.file.display(), global.data.display());
            let intent = Intent::to(format!("make {data} what {file} holds, as it was at {made_at}"))
                .if_only("no service runs on the folder", true)
                .if_only("nothing is in it that must not be replaced", true)
                .if_only("every file in the snapshot is whole", false);
            printer.report(&intent)?;
            return Ok(Exit::Done);
        }
        let manifest = store::restore(&self.file, &global.data, self.replace)?;
        printer.report(&RestoreReport { data: global.data.clone(), made_at: manifest.made_at })?;
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RestoreReport {
    data: PathBuf,
    made_at: String,
}

impl Report for RestoreReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} is as it was at {}", self.data.display(), self.made_at)?;
        writeln!(
            out,
            "\nTokens that were revoked since then work again: revoke them again (fanpass tokens list, fanpass tokens revoke ID), \
             or rotate and retire their key (fanpass keys rotate). Users that were erased since then are back: erase them again"
        )
    }
}
