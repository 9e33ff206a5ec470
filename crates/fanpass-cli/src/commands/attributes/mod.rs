//! `fanpass attributes`: which attributes users can carry.

mod list;
mod register;
mod usage;

use anyhow::Result;
use clap::Subcommand;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::Printer;

/// List attributes and register custom ones
#[derive(Debug, Subcommand)]
pub enum Command {
    List(list::List),
    Register(register::Register),
    Use(usage::Use),
}

impl Command {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        match self {
            Self::List(command) => command.run(global, printer).await,
            Self::Register(command) => command.run(global, printer).await,
            Self::Use(command) => command.run(global, printer).await,
        }
    }
}
