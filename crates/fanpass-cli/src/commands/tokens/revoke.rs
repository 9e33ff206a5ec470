//! `fanpass tokens revoke`: ends a token at once.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::TokenSummary;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report};
use crate::session::Session;

/// Revoke a token at once
#[derive(Debug, Args)]
pub struct Revoke {
    /// The token's id, as `tokens list` shows it
    id: String,
}

impl Revoke {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let token = session.client.revoke_token(&self.id).await?;
        session.close().await;
        printer.report(&token)?;
        Ok(Exit::Done)
    }
}

impl Report for TokenSummary {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Revoked token {} of {}", self.jti, self.subject)
    }
}
