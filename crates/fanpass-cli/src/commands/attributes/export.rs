//! `fanpass attributes export`: all attributes as a file that mappings are checked against, and that can be imported.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use crate::attribute_file::text_of;
use crate::cli::Global;
use crate::exit::Exit;
use crate::lines::write_out;
use crate::printer::{Next, Printer, Report, counted};
use crate::private_file::write_private;
use crate::quoting::quoted_path;
use crate::session::Session;

/// Write all attributes, platform and custom ones, as a TOML file
///
/// The file can be kept with the configuration of feeds: `check`, `plan`, `apply` and `users push` check against it
/// (`--attributes`), and `attributes import` registers what it says. With --json and without --out the attributes are
/// printed as JSON.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass attributes export --out attributes.toml\n  \
    fanpass check fans.csv --map tier=custom.loyalty_tier --attributes attributes.toml")]
pub struct Export {
    /// File to write, in the place of what is there; standard output otherwise
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Export {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let list = session.client.all_attributes().await?;
        let text = text_of(&list.attributes)?;
        match self.out {
            None if printer.json() => printer.report(&list)?,
            None => write_out(text.as_bytes())?,
            Some(file) => {
                write_private(&file, text.as_bytes())?;
                let import = format!("attributes import {} --dry-run", quoted_path(&file));
                let next = Next::after("change it".to_owned(), session.next(&import));
                let attributes = u64::try_from(list.attributes.len()).unwrap_or(u64::MAX);
                printer.report(&ExportReport { file, attributes, next })?;
            }
        }
        session.close().await;
        Ok(Exit::Done)
    }
}

#[derive(Debug, Serialize)]
struct ExportReport {
    file: PathBuf,
    attributes: u64,
    next: Next,
}

impl Report for ExportReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { file, attributes, .. } = self;
        writeln!(out, "Wrote {} to {}", counted(*attributes, "attribute"), file.display())
    }

    fn next(&self) -> Option<String> {
        Some(self.next.to_string())
    }
}
