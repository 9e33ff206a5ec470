//! `fanpass attributes`: which attributes users can carry.

mod export;
mod import;
mod list;
mod register;
mod state;
mod usage;
mod words;

use anyhow::Result;
use clap::Subcommand;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::Printer;

/// List attributes, and register, retire, export and import custom ones
#[derive(Debug, Subcommand)]
pub enum Command {
    List(list::List),
    Register(register::Register),
    Retire(state::Retire),
    Restore(state::Restore),
    Export(export::Export),
    Import(import::Import),
    Use(usage::Use),
}

impl Command {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        match self {
            Self::List(command) => command.run(global, printer).await,
            Self::Register(command) => command.run(global, printer).await,
            Self::Retire(command) => command.run(global, printer).await,
            Self::Restore(command) => command.run(global, printer).await,
            Self::Export(command) => command.run(global, printer).await,
            Self::Import(command) => command.run(global, printer).await,
            Self::Use(command) => command.run(global, printer).await,
        }
    }
}
