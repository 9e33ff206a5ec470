//! The files of a ZIP archive, one after the other as one table.

use std::{
    collections::{BTreeMap, VecDeque},
    fs::File,
};

use crate::{
    ErrorKind, TableError,
    archive::{Archive, repeated},
    origin::{Origin, list_names},
};

/// The files that are still to be read, in the order of their names.
pub(crate) struct Chain {
    archive: Archive,
    left: VecDeque<(usize, Origin)>,
    passed_over: Vec<String>,
}

impl Chain {
    /// Lists the files. Folders, hidden files and what macOS adds (`__MACOSX/`) are passed over.
    pub(crate) fn new(archive: Archive, origin: &Origin) -> Result<Self, TableError> {
        let mut files = BTreeMap::new();
        let (mut passed_over, mut astray) = (Vec::new(), Vec::new());
        for (index, name) in archive.files()? {
            match steps(&name) {
                None => astray.push(name),
                Some(steps) if is_passed_over(&steps) => passed_over.push(name),
                Some(steps) => {
                    let place = origin.entry(&name);
                    if files.insert(steps.join("/"), (index, place)).is_some() {
                        return Err(repeated(origin, &name));
                    }
                }
            }
        }
        if !astray.is_empty() {
            let message = format!(
                "holds files whose names lead out of it ({}); pack it again from the folder that holds them",
                list_names(&astray)
            );
            return Err(TableError::new(ErrorKind::Malformed, origin, message));
        }
        if files.is_empty() {
            let message = "the archive holds no files; put CSV, XLSX or XLS files into it";
            return Err(TableError::new(ErrorKind::Empty, origin, message));
        }
        Ok(Self { archive, left: files.into_values().collect(), passed_over })
    }

    /// The next file, inflated to a temporary file of its own.
    pub(crate) fn next(&mut self) -> Result<Option<(File, Origin)>, TableError> {
        let Some((index, origin)) = self.left.pop_front() else { return Ok(None) };
        let file = self.archive.extract(index, &origin)?;
        Ok(Some((file, origin)))
    }

    /// The names of files that are not read.
    pub(crate) fn passed_over(&self) -> &[String] {
        &self.passed_over
    }
}

/// The folders and the name of a file in the archive; `None` if they lead out of it.
fn steps(name: &str) -> Option<Vec<&str>> {
    let is_drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    if is_drive || name.starts_with(['/', '\\']) {
        return None;
    }
    let steps: Vec<_> = name.split(['/', '\\']).filter(|step| !step.is_empty() && *step != ".").collect();
    (!steps.contains(&"..")).then_some(steps)
}

fn is_passed_over(steps: &[&str]) -> bool {
    steps.iter().any(|step| step.starts_with('.') || *step == "__MACOSX")
        || steps.last().is_none_or(|name| ["Thumbs.db", "desktop.ini"].contains(name))
}
