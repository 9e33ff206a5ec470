//! `fanpass audiences`: users by expressions over segments and attributes.

mod count;
mod delete;
mod export;
mod faults;
mod list;
mod preview;
mod save;
mod show;

use anyhow::Result;
use clap::Subcommand;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::Printer;

/// Preview, save and export audiences: users by segments and attributes
#[derive(Debug, Subcommand)]
pub enum Command {
    Preview(preview::Preview),
    Save(save::Save),
    List(list::List),
    Show(show::Show),
    Count(count::Count),
    Export(export::Export),
    Delete(delete::Delete),
}

impl Command {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        match self {
            Self::Preview(command) => command.run(global, printer).await,
            Self::Save(command) => command.run(global, printer).await,
            Self::List(command) => command.run(global, printer).await,
            Self::Show(command) => command.run(global, printer).await,
            Self::Count(command) => command.run(global, printer).await,
            Self::Export(command) => command.run(global, printer).await,
            Self::Delete(command) => command.run(global, printer).await,
        }
    }
}
