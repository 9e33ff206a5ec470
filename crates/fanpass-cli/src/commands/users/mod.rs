//! `fanpass users`: users and their attributes.

mod audiences;
mod delete;
mod export;
mod get;
mod history;
mod list;
mod push;
pub mod report;
mod update;

use anyhow::Result;
use clap::Subcommand;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::Printer;
pub(super) use get::shown;

/// Push, update and look at users' attributes
#[derive(Debug, Subcommand)]
pub enum Command {
    Push(push::Push),
    Update(update::Update),
    Get(get::Get),
    List(list::List),
    Audiences(audiences::Audiences),
    History(history::History),
    Export(export::Export),
    Delete(delete::Delete),
}

impl Command {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        match self {
            Self::Push(command) => command.run(global, printer).await,
            Self::Update(command) => command.run(global, printer).await,
            Self::Get(command) => command.run(global, printer).await,
            Self::List(command) => command.run(global, printer).await,
            Self::Audiences(command) => command.run(global, printer).await,
            Self::History(command) => command.run(global, printer).await,
            Self::Export(command) => command.run(global).await,
            Self::Delete(command) => command.run(global, printer).await,
        }
    }
}
