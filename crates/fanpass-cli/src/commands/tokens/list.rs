//! `fanpass tokens list`: issued tokens, without their secrets.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use fanpass_model::TokenList;
use futures_util::TryStreamExt as _;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, Report, table};
use crate::session::Session;

/// List issued tokens, without their secrets
#[derive(Debug, Args)]
pub struct List {}

impl List {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let tokens = session.client.tokens().try_collect().await?;
        session.close().await;
        printer.report(&TokenList::new(tokens))?;
        Ok(Exit::Done)
    }
}

impl Report for TokenList {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.tokens.iter().map(|token| {
            let state = match &token.revoked_at {
                Some(revoked_at) => format!("revoked {revoked_at}"),
                None => format!("expires {}", token.expires_at),
            };
            let used = token.last_used_at.clone().unwrap_or_else(|| "never".to_owned());
            [token.jti.clone(), token.subject.clone(), token.scopes.join(" "), used, state]
        });
        table(out, ["id", "subject", "scopes", "last used", "state"], rows)
    }
}
