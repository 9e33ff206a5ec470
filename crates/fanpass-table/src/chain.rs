//! The files of a ZIP archive, one after the other as one table.

use std::{collections::VecDeque, fs::File};

use crate::{ErrorKind, TableError, archive::Archive, origin::Origin};

/// The files that are still to be read, in the order of their names.
pub(crate) struct Chain {
    archive: Archive,
    left: VecDeque<(usize, Origin)>,
}

impl Chain {
    /// Lists the files. Folders, hidden files and what macOS adds (`__MACOSX/`) are passed over.
    pub(crate) fn new(archive: Archive, origin: &Origin) -> Result<Self, TableError> {
        let mut files = archive.files()?;
        if let Some((_, name)) = files.iter().find(|(_, name)| leads_out(name)) {
            let message = "its name leads out of the archive; pack the files again, without `..`";
            return Err(TableError::new(ErrorKind::Malformed, origin.entry(name), message));
        }
        files.retain(|(_, name)| !is_passed_over(name));
        files.sort_by(|(_, one), (_, other)| one.cmp(other));
        if files.is_empty() {
            let message = "the archive holds no files; put CSV, XLSX or XLS files into it";
            return Err(TableError::new(ErrorKind::Empty, origin, message));
        }
        let left = files.into_iter().map(|(index, name)| (index, origin.entry(&name))).collect();
        Ok(Self { archive, left })
    }

    /// The next file, inflated to a temporary file of its own.
    pub(crate) fn next(&mut self) -> Result<Option<(File, Origin)>, TableError> {
        let Some((index, origin)) = self.left.pop_front() else { return Ok(None) };
        let file = self.archive.extract(index, &origin)?;
        Ok(Some((file, origin)))
    }
}

fn leads_out(name: &str) -> bool {
    name.split(['/', '\\']).any(|step| step == "..")
}

fn is_passed_over(name: &str) -> bool {
    let mut steps = name.split(['/', '\\']);
    steps.any(|step| step.starts_with('.') || step == "__MACOSX") || name.ends_with("Thumbs.db")
}
