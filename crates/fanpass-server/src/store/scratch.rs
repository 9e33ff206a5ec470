//! A folder of our own beside what is being made, so that it appears whole or not at all. What a killed process leaves of one
//! is removed by whoever makes the next there.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::error::StoreError;
use super::folder::{open_private, temporary_folder};

/// How the folders' names begin. Long enough to be nobody else's.
const PREFIX: &str = ".fanpass-unfinished-";
/// A file in each that is locked for as long as somebody uses it.
const HELD: &str = "held";

/// A folder that its owner alone can look into, and that vanishes with this.
#[derive(Debug)]
pub(super) struct Scratch {
    folder: TempDir,
    parent: PathBuf,
    _held: File,
}

impl Scratch {
    /// Makes one in the folder that `path` is in, so that what is made can be renamed to it.
    pub(super) fn beside(path: &Path) -> Result<Self, StoreError> {
        let parent = parent(path).to_owned();
        remove_abandoned(&parent);
        let failed = |error| StoreError::io("make a folder in", &parent, error);
        let folder = temporary_folder(PREFIX, &parent).map_err(failed)?;
        // It has its name only once it is locked, so that nobody takes a folder for abandoned that is just being made.
        let (unlocked, locked) = (folder.path().join("begun"), folder.path().join(HELD));
        let held = open_private(&unlocked).map_err(failed)?;
        if held.try_lock().is_ok() {
            fs::rename(unlocked, locked).map_err(failed)?;
        }
        Ok(Self { folder, parent, _held: held })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The folder that it is in.
    pub(super) fn parent(&self) -> &Path {
        &self.parent
    }

    /// Removes it and what is left in it.
    pub(super) fn close(self) -> Result<(), StoreError> {
        let path = self.folder.path().to_owned();
        self.folder.close().map_err(|error| StoreError::io("remove", &path, error))
    }
}

/// The folder that a path is in.
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Removes folders of ours that nobody holds any more.
fn remove_abandoned(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX))
            && entry.file_type().is_ok_and(|kind| kind.is_dir());
        let path = entry.path();
        let Some(held) = is_ours.then(|| File::open(path.join(HELD)).ok()).flatten() else { continue };
        if held.try_lock().is_ok()
            && let Err(error) = fs::remove_dir_all(&path)
        {
            tracing::warn!(%error, folder = %path.display(), "could not remove what a killed process left");
        }
    }
}
