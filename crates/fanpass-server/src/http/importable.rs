//! Whether the file of a form can be imported at all, found out before it is accepted.

use fanpass_model::import_segment_form::FILE;
use fanpass_table::{ErrorKind as TableErrorKind, Table, TableError};
use tokio::task::spawn_blocking;

use super::problem::Problem;
use super::upload::Form;
use crate::app::App;

impl Form {
    /// Opens the file and finds its ids, so that one which can never be imported is refused now and not by its job.
    pub(super) async fn check(&mut self, app: &App) -> Result<(), Problem> {
        let _permit = app.checks.acquire().await.map_err(|error| Problem::internal(&error))?;
        let path = self.file.path().await?.to_owned();
        let name = self.file_name.clone().unwrap_or_else(|| FILE.to_owned());
        let reading = app.imports.reading();
        let opened = spawn_blocking(move || -> Result<(), TableError> {
            Table::open_named(&path, &name, &reading)?.ids(None).map(drop)
        });
        match opened.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) if error.kind() == TableErrorKind::Io => Err(Problem::failed(&error)),
            Ok(Err(error)) => {
                let kind = error.kind();
                let mend = mend_without_options(kind);
                Err(Problem::invalid_at(FILE, kind.as_str(), format!("{error}{mend}")))
            }
            // A fault in a parser costs its own call and no other.
            Err(panic) => {
                tracing::error!(%panic, "a file made its reader fail");
                Err(Problem::invalid_at(
                    FILE,
                    "unreadable",
                    "the file made its reader fail; please report it",
                ))
            }
        }
    }
}

/// What to do with a file of which a reader would have to be told something, for which a form has no part.
fn mend_without_options(kind: TableErrorKind) -> &'static str {
    match kind {
        TableErrorKind::AmbiguousHeader | TableErrorKind::AmbiguousColumn => {
            ". An upload cannot say so: call the column of the ids `user_id` in the file, and no other by a name like it"
        }
        TableErrorKind::AmbiguousStart => ". An upload cannot say so: take out what stands above the table",
        TableErrorKind::AmbiguousDelimiter => {
            ". An upload cannot say so: separate the cells of the file by commas"
        }
        TableErrorKind::AmbiguousSheet => ". An upload cannot say so: leave one sheet in the file",
        _ => "",
    }
}
