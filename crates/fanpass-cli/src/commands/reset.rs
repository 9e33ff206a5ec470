//! `fanpass reset`: an empty data folder.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use fanpass_server::store;
use serde::Serialize;

use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::failure::failure;
use crate::printer::{Printer, Report};

/// Delete everything in the data folder: segments, users, attributes, imports, audit
///
/// No service may run on the folder, and nothing may be in it that is not the service's. `platform-attributes.toml` and
/// `ga4-secret`, which are yours, stay.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass reset --keep-tokens --yes --data /var/lib/fanpass")]
pub struct Reset {
    /// Keep the signing key and the tokens, so that they go on working
    #[arg(long)]
    keep_tokens: bool,
    /// Delete indeed; without, nothing is
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    dry_run: DryRun,
}

impl Reset {
    pub fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let data = &global.data;
        if self.dry_run.dry_run {
            store::may_reset(data, self.keep_tokens)?;
            let kept = if self.keep_tokens { " but the tokens" } else { "" };
            let intent = Intent::to(format!("delete all that {} holds{kept}", data.display()));
            let intent = intent.if_only("no service runs on the folder", true);
            printer.report(&intent.if_only("nothing is in it that is not the service's", true))?;
            return Ok(Exit::Done);
        }
        if !self.yes {
            let message = format!(
                "this deletes all that {} holds, for good; say so with --yes, after `fanpass snapshot` if you may want it back",
                data.display()
            );
            return Err(failure(Exit::Usage, message));
        }
        store::reset(data, self.keep_tokens)?;
        printer.report(&ResetReport { data: data.clone(), tokens_kept: self.keep_tokens })?;
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ResetReport {
    data: PathBuf,
    tokens_kept: bool,
}

impl Report for ResetReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let tokens = if self.tokens_kept { "the tokens work as before" } else { "no token works any more" };
        writeln!(out, "{} is empty; {tokens}", self.data.display())
    }
}
