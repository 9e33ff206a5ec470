//! `fanpass man`: the manual, one page on standard output or one per command in a folder.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, CommandFactory};

use crate::cli::Cli;
use crate::exit::Exit;
use crate::lines::write_out;

/// Print the manual page
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass man --out ~/.local/share/man/man1")]
pub struct Man {
    /// Write a page for each command into this folder instead
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Man {
    pub fn run(self) -> anyhow::Result<Exit> {
        let command = Cli::command();
        if let Some(folder) = self.out {
            return fs::create_dir_all(&folder)
                .and_then(|()| clap_mangen::generate_to(command, &folder))
                .map(|()| Exit::Done)
                .with_context(|| format!("cannot write the pages into {}", folder.display()));
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        write_out(&page)?;
        Ok(Exit::Done)
    }
}
