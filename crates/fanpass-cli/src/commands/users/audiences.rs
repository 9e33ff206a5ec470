//! `fanpass users audiences`: the saved audiences that hold one user.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::{UserAudiences, UserId, shown};

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report};
use crate::session::Session;

/// List the saved audiences that hold one user
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass users audiences 00042")]
pub struct Audiences {
    /// The user's id
    user: UserId,
}

impl Audiences {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let audiences = session.client.list_user_audiences(&self.user).await?;
        session.close().await;
        printer.report(&audiences)?;
        Ok(Exit::Done)
    }
}

impl Report for UserAudiences {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.audiences.is_empty() {
            return writeln!(out, "The user is in no saved audience.");
        }
        self.audiences.iter().try_for_each(|name| writeln!(out, "{}", shown(name.as_str())))
    }
}
