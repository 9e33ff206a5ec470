//! `fanpass completions`: a shell's completion script.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::lines::write_out;

/// Print a shell's completion script
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  fanpass completions bash > ~/.local/share/bash-completion/completions/fanpass"
)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub fn run(self) -> anyhow::Result<Exit> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "fanpass", &mut script);
        write_out(&script)?;
        Ok(Exit::Done)
    }
}
