//! `fanpass segments`: push, import, change and look at segments and their imports.

pub mod buckets;
mod cancel;
mod change;
mod combine;
mod delete;
mod errors;
mod firebase;
mod ids;
mod import;
mod imports;
mod list;
mod members;
pub mod outcome;
mod push;
mod record;
mod report;
mod show;
mod status;
mod versions;

use anyhow::Result;
use clap::Subcommand;

pub use combine::Counted;
pub use members::write_ids;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::Printer;

/// Push, import and look at segments
#[derive(Debug, Subcommand)]
pub enum Command {
    Push(push::Push),
    Import(import::Import),
    Add(change::Add),
    Remove(change::Remove),
    Status(status::Status),
    Imports(imports::Imports),
    Errors(errors::Errors),
    Cancel(cancel::Cancel),
    List(list::List),
    Show(show::Show),
    Members(members::Members),
    Combine(combine::Combine),
    FirebaseExport(firebase::FirebaseExport),
    Versions(versions::Versions),
    Rollback(versions::Rollback),
    Delete(delete::Delete),
}

impl Command {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        match self {
            Self::Push(command) => command.run(global, printer).await,
            Self::Import(command) => command.run(global, printer).await,
            Self::Add(command) => command.run(global, printer).await,
            Self::Remove(command) => command.run(global, printer).await,
            Self::Status(command) => command.run(global, printer).await,
            Self::Imports(command) => command.run(global, printer).await,
            Self::Errors(command) => command.run(global, printer).await,
            Self::Cancel(command) => command.run(global, printer).await,
            Self::List(command) => command.run(global, printer).await,
            Self::Show(command) => command.run(global, printer).await,
            Self::Members(command) => command.run(global, printer).await,
            Self::Combine(command) => command.run(global, printer).await,
            Self::FirebaseExport(command) => command.run(global, printer).await,
            Self::Versions(command) => command.run(global, printer).await,
            Self::Rollback(command) => command.run(global, printer).await,
            Self::Delete(command) => command.run(global, printer).await,
        }
    }
}
