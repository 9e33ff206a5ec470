//! `fanpass auth logout`: forgets a token.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::printer::{Printer, Report};
use crate::profile::{ConfigFolder, DEFAULT_PROFILE};

/// Forget the token of a profile
///
/// The token itself goes on working until it expires or is revoked.
#[derive(Debug, Args)]
pub struct Logout {
    #[command(flatten)]
    dry_run: DryRun,
}

impl Logout {
    pub fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let profile = global.profile.as_deref().unwrap_or(DEFAULT_PROFILE).to_owned();
        let folder = ConfigFolder::new(global.config.clone())?;
        if self.dry_run.dry_run {
            let token = if folder.has_token(&profile) { "the token" } else { "no token, as there is none," };
            printer.report(&Intent::to(format!("forget {token} of profile {profile}")))?;
            return Ok(Exit::Done);
        }
        let removed = folder.remove_token(&profile)?;
        printer.report(&LogoutReport { profile, removed })?;
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
struct LogoutReport {
    profile: String,
    removed: bool,
}

impl Report for LogoutReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.removed {
            writeln!(out, "Forgot the token of profile {}; revoke it if it has leaked", self.profile)
        } else {
            writeln!(out, "Profile {} has no token", self.profile)
        }
    }
}
