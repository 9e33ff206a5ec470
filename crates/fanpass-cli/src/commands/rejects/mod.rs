//! `fanpass rejects`: rows that did not arrive.

mod retry;

use anyhow::Result;
use clap::Subcommand;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::Printer;

/// Push rows again that did not arrive
#[derive(Debug, Subcommand)]
pub enum Command {
    Retry(retry::Retry),
}

impl Command {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        match self {
            Self::Retry(command) => command.run(global, printer).await,
        }
    }
}
