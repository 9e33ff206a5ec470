//! A file of user ids, read and checked here before anything is sent.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use fanpass_client::UserIds;
use fanpass_model::UserId;
use fanpass_sync::{RejectFiles, is_reject_file};
use fanpass_table::Ids;
use tempfile::NamedTempFile;

use crate::exit::Exit;
use crate::failure::failure;
use crate::input::{Input, Opened, RejectedRow};
use crate::printer::Printer;
use crate::progress::Progress;

/// Rejects that are kept to be shown; all are counted.
pub const REJECTS_SHOWN: usize = 1000;
/// Rows between two looks at the progress bar.
const PROGRESS_STEP: u64 = 4096;
/// The header of the one-column file that is sent.
const ID_HEADER: &str = "user_id";

/// What was read: the valid ids in a file of one column, and an account of the rest.
#[derive(Debug)]
pub struct CheckedIds {
    /// The ids in file order under one header, as CSV; removed when dropped.
    pub spool: NamedTempFile,
    /// The file's name for people.
    pub name: String,
    /// Rows with data.
    pub read: u64,
    /// Rows whose id is in the spool.
    pub valid: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// The first of them.
    pub rejects: Vec<RejectedRow>,
    /// Where rejected rows were written; nothing when there are none.
    pub rejects_files: Vec<PathBuf>,
    /// Ids from which white space was trimmed.
    pub trimmed: u64,
}

impl CheckedIds {
    /// Reads a whole file in constant memory, checking each id.
    ///
    /// Rows that cannot be sent are listed with their faults in a file at `rejects`.
    pub fn read(input: &Input, rejects: &Path, printer: Printer) -> Result<Self> {
        let progress = Progress::new(printer, "reading rows");
        let opened = input.open()?;
        refuse_rejects(&opened)?;
        check_ids(opened.table.ids(input.id.as_deref())?, opened.name, RejectFiles::new(rejects), &progress)
    }

    /// The ids, read again from the spool for each attempt of sending them.
    pub fn source(&self) -> UserIds<'static> {
        let path = self.spool.path().to_owned();
        UserIds::source(move || {
            let rows = csv::Reader::from_path(&path).map_err(io::Error::other)?.into_deserialize::<UserId>();
            Ok(rows.map(|id| id.map_err(io::Error::other)))
        })
    }
}

fn check_ids(mut ids: Ids, name: String, mut files: RejectFiles, progress: &Progress) -> Result<CheckedIds> {
    let mut spool = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .from_writer(NamedTempFile::with_prefix("fanpass-").context("cannot make a temporary file")?);
    spool.write_record([ID_HEADER])?;
    let (mut valid, mut rejected, mut rejects) = (0_u64, 0_u64, Vec::new());
    while let Some(row) = ids.next_id()? {
        let checked = row.and_then(|row| match UserId::validate(row.id) {
            Ok(()) => Ok(row),
            Err(error) => Err(row.reject(error.kind().code(), error.to_string())),
        });
        match checked {
            Ok(row) => {
                spool.write_record([row.id])?;
                valid += 1;
            }
            Err(reject) => {
                rejected += 1;
                files.write(ids.table().columns(), &reject)?;
                if rejects.len() < REJECTS_SHOWN {
                    rejects.push(reject.into());
                }
            }
        }
        if (valid + rejected).is_multiple_of(PROGRESS_STEP) {
            progress.set(valid + rejected);
        }
    }
    let counts = ids.counts();
    let mut spool = spool
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)
        .context("cannot write a temporary file")?;
    spool.flush()?;
    Ok(CheckedIds {
        spool,
        name,
        read: counts.rows,
        valid,
        rejected,
        rejects,
        trimmed: counts.trimmed,
        rejects_files: files.finish()?,
    })
}

/// A push makes the segment exactly the file's ids; a reject file's alone would throw out all the others.
fn refuse_rejects(opened: &Opened) -> Result<()> {
    if !is_reject_file(opened.table.columns()) {
        return Ok(());
    }
    let name = &opened.name;
    Err(failure(
        Exit::Refused,
        format!(
            "{name} holds rejected rows only, and a push replaces the whole segment: mend them in their source and push that"
        ),
    ))
}
