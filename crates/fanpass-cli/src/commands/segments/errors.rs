//! `fanpass segments errors`: the rows that an import refused, streamed.

use std::io::{self, IsTerminal as _};
use std::pin::pin;

use anyhow::Result;
use clap::Args;
use fanpass_client::Page;
use fanpass_model::{ImportId, shown};
use futures_util::TryStreamExt as _;

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::{Printer, count};
use crate::session::Session;

/// Print the rows that an import refused, as CSV
///
/// With --json each line is a JSON object. Any number of rows takes the same memory.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  fanpass segments errors 0197f3a0-5c00-7000-8000-000000000001 > errors.csv"
)]
pub struct Errors {
    /// The import's id, as `push`, `import` and `imports` print it
    import: ImportId,
}

impl Errors {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let session = Session::open(global).await?;
        let mut refused = pin!(session.client.import_errors(&self.import));
        let mut told = 0;
        if printer.json() {
            let mut out = printer.lines();
            while let Some(error) = refused.try_next().await? {
                out.write("", &error)?;
                told += 1;
            }
            out.finish()?;
        } else {
            // A file gets each text byte for byte, a person what it holds.
            let terminal = io::stdout().is_terminal();
            let cell = |text: &str| if terminal { shown(text).into_owned() } else { text.to_owned() };
            let mut out = csv::Writer::from_writer(io::stdout());
            out.write_record(["row", "location", "code", "message"])?;
            while let Some(error) = refused.try_next().await? {
                let location = error.location.as_deref().unwrap_or_default();
                out.write_record([
                    error.row.to_string(),
                    cell(location),
                    cell(&error.code),
                    cell(&error.message),
                ])?;
                told += 1;
            }
            out.flush()?;
        }
        let one = Page { limit: Some(1), ..Page::default() };
        let in_all = session.client.list_import_errors(&self.import, &one).await?.rejected_rows;
        if told < in_all {
            printer.note(&format!(
                "{} of {} refused rows are kept, and printed: imports.rejects_kept of the service keeps more",
                count(told),
                count(in_all)
            ));
        }
        session.close().await;
        Ok(Exit::Done)
    }
}
