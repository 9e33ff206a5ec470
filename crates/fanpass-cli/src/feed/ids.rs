//! A file of user ids, each checked before anything is sent.

use std::path::Path;

use anyhow::Result;
use fanpass_model::{ModelError, UserId};
use fanpass_sync::{RejectFiles, check_mended, is_reject_file};
use fanpass_table::{IdRow, Ids, Reject};

use super::account::REJECTS_SHOWN;
use crate::exit::Exit;
use crate::failure::failure;
use crate::input::RejectedRow;
use crate::progress::Progress;
use crate::signals;
use crate::source::SourceFile;

/// Rows between two looks at the progress bar.
pub const PROGRESS_STEP: u64 = 4096;

/// What was read, and an account of the rest.
#[derive(Debug)]
pub struct ReadIds {
    /// Rows with data.
    pub read: u64,
    /// Rows with a valid id.
    pub valid: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// The first of them.
    pub rejects: Vec<RejectedRow>,
    /// All of them, in files that do not appear before they are finished.
    pub files: RejectFiles,
    /// Ids from which white space was trimmed.
    pub trimmed: u64,
    /// What is to be known of how the file was read.
    pub notices: Vec<String>,
    /// The name of the column of the ids.
    pub column: String,
}

/// Reads a whole file in constant memory and hands each valid id to `each`, in the order of the file. Rows that cannot be
/// sent go, with their faults, to files at `rejects`.
pub fn read_ids(
    source: &SourceFile,
    column: Option<&str>,
    rejects: &Path,
    progress: &Progress,
    mut each: impl FnMut(&str) -> Result<()>,
) -> Result<ReadIds> {
    let table = source.table()?;
    let mut ids = table.ids(column)?;
    let mut found = ReadIds {
        read: 0,
        valid: 0,
        rejected: 0,
        rejects: Vec::new(),
        files: RejectFiles::new(rejects),
        trimmed: 0,
        notices: Vec::new(),
        column: ids.column().to_owned(),
    };
    for_each_id(&mut ids, |checked| {
        match checked {
            Ok(id) => {
                each(id)?;
                found.valid += 1;
            }
            Err((reject, columns)) => {
                found.rejected += 1;
                found.files.write(columns, &reject, None)?;
                if found.rejects.len() < REJECTS_SHOWN {
                    found.rejects.push((*reject).into());
                }
            }
        }
        if (found.valid + found.rejected).is_multiple_of(PROGRESS_STEP) {
            progress.set(found.valid + found.rejected);
            signals::check()?;
        }
        Ok(())
    })?;
    signals::check()?;
    let counts = ids.counts();
    (found.read, found.trimmed) = (counts.rows, counts.trimmed);
    found.notices = ids.table().notices();
    Ok(found)
}

/// An id that can be sent, or the reject of its row, whose id is at fault or not to be trusted, and the columns of the row.
pub type CheckedId<'a> = Result<&'a str, (Box<Reject>, &'a [String])>;

/// Hands over each row of the file: its id as it would be sent, or why it would not.
pub fn for_each_id(ids: &mut Ids, mut take: impl FnMut(CheckedId<'_>) -> Result<()>) -> Result<()> {
    while let Some(row) = ids.next_id()? {
        let reject = match row {
            Ok(row) => match checked(&row) {
                Ok(()) => {
                    take(Ok(row.id))?;
                    continue;
                }
                Err(reject) => reject,
            },
            Err(reject) => reject,
        };
        take(Err((reject, ids.table().columns())))?;
    }
    Ok(())
}

#[inline]
fn checked(row: &IdRow<'_>) -> Result<(), Box<Reject>> {
    match UserId::validate(row.id) {
        Ok(()) => check_mended(&row.row(), row.column()),
        Err(error) => refuse(row, &error),
    }
}

#[cold]
fn refuse(row: &IdRow<'_>, error: &ModelError) -> Result<(), Box<Reject>> {
    Err(row.reject(error.kind().code(), error.to_string()))
}

/// Refuses a reject file where it would become the whole segment: its ids alone would throw out all the others.
pub fn refuse_rejects(source: &SourceFile) -> Result<()> {
    if !is_reject_file(source.table()?.columns()) {
        return Ok(());
    }
    let name = &source.name;
    Err(failure(
        Exit::Refused,
        format!(
            "{name} holds rejected rows only, and a push replaces the whole segment: mend them in their source and push that"
        ),
    ))
}
