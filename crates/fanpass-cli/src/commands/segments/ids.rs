//! A file of user ids, read and checked here before anything is sent.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::feed::ids::{read_ids, refuse_rejects};
use crate::feed::spool::IdSpool;
use crate::input::{Input, REJECTS_OPTION, RejectedRow, try_rejects};
use crate::printer::Printer;
use crate::progress::Progress;
use crate::temporary::Temporary;

/// What was read: the valid ids in a file of one column, and an account of the rest.
#[derive(Debug)]
pub struct CheckedIds {
    /// The ids in file order under one header, as CSV; removed when dropped.
    pub spool: Temporary,
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
    /// What is to be known of how the file was read.
    pub notices: Vec<String>,
}

impl CheckedIds {
    /// Reads a whole file in constant memory, checking each id.
    ///
    /// Rows that cannot be sent are listed with their faults in a file at `rejects`.
    pub fn read(input: &Input, rejects: &Path, printer: Printer) -> Result<Self> {
        let progress = Progress::new(printer, "reading rows");
        let source = input.source()?;
        refuse_rejects(&source)?;
        try_rejects(rejects, REJECTS_OPTION)?;
        let mut spool = IdSpool::new()?;
        let found = read_ids(&source, input.reading.id.as_deref(), rejects, &progress, |id| spool.push(id))?;
        source.check_unchanged()?;
        Ok(Self {
            spool: spool.finish()?,
            name: source.name.clone(),
            read: found.read,
            valid: found.valid,
            rejected: found.rejected,
            rejects: found.rejects,
            rejects_files: found.files.finish()?,
            trimmed: found.trimmed,
            notices: found.notices,
        })
    }
}
