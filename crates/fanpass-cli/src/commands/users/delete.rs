//! `fanpass users delete`: the erasure of one user.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::{DeletedUser, UserId};
use serde::Serialize;

use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::failure::failure;
use crate::printer::{Printer, Report, count};
use crate::session::Session;

/// Erase what is stored of one user: attributes and their history
///
/// The records of calls stay, which name the user by a hash. A segment that holds the id still is named: push it
/// without the id, or the fan comes back with the next push.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass users export 00042 --out fan-00042.json\n  \
    fanpass users delete 00042 --yes")]
pub struct Delete {
    /// The user's id
    user: UserId,
    /// Erase it; it cannot be brought back
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    dry_run: DryRun,
}

impl Delete {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        if self.dry_run.dry_run {
            let intent = Intent::to(format!("erase attributes and history of {}", self.user))
                .if_only("there is such a user", false)
                .if_only("the token in use may administer", false);
            printer.report(&intent)?;
            return Ok(Exit::Done);
        }
        if !self.yes {
            let message =
                "an erasure cannot be taken back; say --yes to go on, or --dry-run to see what it would do";
            return Err(failure(Exit::Usage, message));
        }
        let session = Session::open(global).await?;
        let deleted = session.client.delete_user(&self.user).await?;
        session.close().await;
        printer.report(&DeleteReport(deleted))?;
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct DeleteReport(DeletedUser);

impl Report for DeleteReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let DeletedUser { user, attributes, changes, segments, .. } = &self.0;
        writeln!(out, "Erased {} attributes and {} changes", count(*attributes), count(*changes))?;
        writeln!(out, "  in audit and logs  {user}")?;
        if !segments.is_empty() {
            let names: Vec<_> = segments.iter().map(ToString::to_string).collect();
            writeln!(out, "\nStill in segments: {}", names.join(", "))?;
            writeln!(out, "Take the id out of the lists that these are pushed from, and push them.")?;
        }
        Ok(())
    }
}
