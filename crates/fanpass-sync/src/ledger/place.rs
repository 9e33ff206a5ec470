//! Where a ledger's file is, and whether it is still there at the end of a run.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::Ledger;
use crate::{ErrorKind, SyncError};

/// A path, and the file that was there when the ledger was opened.
pub(super) struct Place {
    path: PathBuf,
    file: Option<FileId>,
}

/// What tells a file from others, whatever it is called: its device and its number there.
type FileId = (u64, u64);

impl Place {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), file: file_at(path)? })
    }

    fn is_left(&self) -> bool {
        file_at(&self.path).map_or(true, |file| file != self.file)
    }
}

#[cfg(unix)]
fn file_at(path: &Path) -> io::Result<Option<FileId>> {
    use std::os::unix::fs::MetadataExt as _;
    let file = fs::metadata(path)?;
    Ok(Some((file.dev(), file.ino())))
}

/// An open file cannot be moved there.
#[cfg(not(unix))]
fn file_at(path: &Path) -> io::Result<Option<FileId>> {
    fs::metadata(path).map(|_| None)
}

impl Ledger {
    /// Makes sure, at the end of a run, that the ledger is found where it was: whoever moves it meanwhile moves a part of what
    /// the run has written. Wherever its file is by now, all of it is in there once the ledger is closed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`] if another file is there, or none.
    pub fn check_place(&self) -> Result<(), SyncError> {
        if !self.place.is_left() {
            return Ok(());
        }
        let message = "it was moved or replaced while the run was under way: where the file is now, it knows all of this run; put it \
                       back before the next one, or name it there. Without it everything is sent once more, and who has left the file of a feed in `mirror-owned` stays";
        Err(SyncError::new(ErrorKind::Ledger, message))
    }
}
