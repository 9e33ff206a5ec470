//! `fanpass tokens`: access tokens of the service.

mod issue;
mod list;
mod revoke;

use anyhow::Result;
use clap::Subcommand;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::Printer;

/// Issue, list and revoke access tokens
#[derive(Debug, Subcommand)]
pub enum Command {
    Issue(issue::Issue),
    List(list::List),
    Revoke(revoke::Revoke),
}

impl Command {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        match self {
            Self::Issue(command) => command.run(global, printer).await,
            Self::List(command) => command.run(global, printer).await,
            Self::Revoke(command) => command.run(global, printer).await,
        }
    }
}
