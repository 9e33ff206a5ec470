//! `fanpass segments`: push, import and look at segments.

pub mod buckets;
mod ids;
mod import;
mod list;
mod members;
pub mod outcome;
mod push;
mod show;
mod status;

use anyhow::Result;
use clap::Subcommand;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::Printer;

/// Push, import and look at segments
#[derive(Debug, Subcommand)]
pub enum Command {
    Push(push::Push),
    Import(import::Import),
    Status(status::Status),
    List(list::List),
    Show(show::Show),
    Members(members::Members),
}

impl Command {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        match self {
            Self::Push(command) => command.run(global, printer).await,
            Self::Import(command) => command.run(global, printer).await,
            Self::Status(command) => command.run(global, printer).await,
            Self::List(command) => command.run(global, printer).await,
            Self::Show(command) => command.run(global, printer).await,
            Self::Members(command) => command.run(global, printer).await,
        }
    }
}
