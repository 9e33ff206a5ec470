//! `fanpass users export`: all that is stored of one user, as one JSON document.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use fanpass_model::UserId;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::profile::PrivateFile;
use crate::session::Session;

/// Write all that is stored of one user as one JSON document
///
/// Attributes with their times, segments, the history of changes and the records of calls: what a fan may ask for.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fanpass users export 00042 --out fan-00042.json")]
pub struct Export {
    /// The user's id
    user: UserId,
    /// File that you alone can read, which must not exist yet; standard output otherwise
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Export {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let export = session.client.export_user(&self.user).await?;
        session.close().await;
        let mut document = serde_json::to_vec_pretty(&export)?;
        document.push(b'\n');
        match &self.out {
            Some(path) => PrivateFile::begin(path)?.create(&document)?,
            None => io::stdout().lock().write_all(&document)?,
        }
        if !export.complete {
            printer.note("Only the newest 10,000 changes and records are in it; `users history` and `audit` have the rest");
        }
        Ok(Exit::Done)
    }
}
