//! `fanpass man`: the manual, one page on standard output or one per command in a folder.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Command, CommandFactory};
use fanpass_model::counted;
use serde::Serialize;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::lines::write_out;
use crate::printer::{Printer, Report};

/// Print the manual page
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass man --out ~/.local/share/man/man1")]
pub struct Man {
    /// Write a page for each command into this folder instead
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Man {
    pub fn run(self, printer: Printer) -> anyhow::Result<Exit> {
        let command = Cli::command();
        if let Some(folder) = self.out {
            let files = write_all(command, &folder)
                .with_context(|| format!("cannot write the pages into {}", folder.display()))?;
            printer.report(&ManReport { folder, files })?;
            return Ok(Exit::Done);
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        write_out(&page)?;
        Ok(Exit::Done)
    }
}

/// Writes the page of each command, and gives their paths.
fn write_all(command: Command, folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::create_dir_all(folder)?;
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut files = Vec::new();
    let mut commands = vec![command];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().filter(|command| !command.is_hide_set()).cloned());
        files.push(clap_mangen::Man::new(command).generate_to(folder)?);
    }
    files.sort();
    Ok(files)
}

#[derive(Debug, Serialize)]
struct ManReport {
    folder: PathBuf,
    files: Vec<PathBuf>,
}

impl Report for ManReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let pages = u64::try_from(self.files.len()).unwrap_or(u64::MAX);
        writeln!(out, "Wrote {} into {}", counted(pages, "page"), self.folder.display())
    }
}
