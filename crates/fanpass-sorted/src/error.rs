//! The one way a sort fails: its temporary files.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A temporary file could not be made, written or read: what was being done, in which folder, and why.
#[derive(Debug)]
pub struct SortError {
    doing: &'static str,
    folder: PathBuf,
    source: io::Error,
}

impl SortError {
    pub(crate) fn new(doing: &'static str, folder: &Path, source: io::Error) -> Self {
        Self { doing, folder: folder.to_owned(), source }
    }

    /// The system's error; [`io::ErrorKind::StorageFull`] when there is no room for the runs.
    pub fn into_io(self) -> io::Error {
        self.source
    }

    /// What could not be done, to complete "could not …", and in which folder.
    pub fn place(&self) -> (&'static str, &Path) {
        (self.doing, &self.folder)
    }
}

impl fmt::Display for SortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {} `{}`: {}", self.doing, self.folder.display(), self.source)
    }
}

impl Error for SortError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
