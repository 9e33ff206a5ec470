//! `fanpass auth`: the token of a profile.

mod login;
mod logout;
mod status;

use anyhow::Result;
use clap::Subcommand;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::Printer;

/// Keep the token of a profile
#[derive(Debug, Subcommand)]
pub enum Command {
    Login(login::Login),
    Status(status::Status),
    Logout(logout::Logout),
}

impl Command {
    pub fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        match self {
            Self::Login(command) => command.run(global, printer),
            Self::Status(command) => command.run(global, printer),
            Self::Logout(command) => command.run(global, printer),
        }
    }
}
