//! A folder of our own beside what is being made, so that it appears whole or not at all. What a killed process leaves of one
//! is removed by whoever makes the next there.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::folder::{open_private, temporary_folder};

/// How the folders' names begin. Long enough to be nobody else's.
const PREFIX: &str = ".fanpass-unfinished-";
/// A file in each that is locked for as long as somebody uses it.
const HELD: &str = "held";

/// Tries to make one, each of which whoever cleans up may spoil.
const TRIES: usize = 10;

/// A folder that its owner alone can look into, and that vanishes with this.
#[derive(Debug)]
pub(super) struct Scratch {
    path: PathBuf,
    parent: PathBuf,
    _held: File,
}

impl Scratch {
    /// Makes one in the folder that `path` is in, so that what is made can be renamed to it.
    pub(super) fn beside(path: &Path) -> Result<Self, StoreError> {
        let parent = parent(path).to_owned();
        remove_abandoned(&parent);
        let failed = |error| StoreError::io("make a folder in", &parent, error);
        for _ in 0..TRIES {
            let folder = temporary_folder(PREFIX, &parent).map_err(failed)?;
            if let Some(held) = hold(folder.path()).map_err(failed)? {
                return Ok(Self { path: folder.keep(), parent, _held: held });
            }
        }
        Err(failed(io::ErrorKind::ResourceBusy.into()))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that it is in.
    pub(super) fn parent(&self) -> &Path {
        &self.parent
    }

    /// Removes it and what is left in it.
    pub(super) fn close(self) -> Result<(), StoreError> {
        remove(&self.path).map_err(|error| StoreError::io("remove", &self.path, error))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It may be gone already; otherwise whoever makes the next removes it.
        let _ = remove(&self.path);
    }
}

/// Locks a folder that was just made, unless somebody took it for abandoned before.
fn hold(folder: &Path) -> io::Result<Option<File>> {
    let path = folder.join(HELD);
    let held = match open_private(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    // Without locks nobody takes it for abandoned.
    let is_taken = matches!(held.try_lock(), Err(TryLockError::WouldBlock)) || !path.exists();
    Ok(Some(held).filter(|_| !is_taken))
}

/// Removes a folder of ours, its lock last: what is left when this is cut off is still known to be abandoned.
fn remove(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else if entry.file_name() != HELD {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_file(folder.join(HELD))?;
    fs::remove_dir(folder)
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
        if !is_ours {
            continue;
        }
        let path = entry.path();
        match File::open(path.join(HELD)) {
            Ok(held) if held.try_lock().is_ok() => {
                if let Err(error) = remove(&path) {
                    tracing::warn!(%error, folder = %path.display(), "could not remove what a killed process left");
                }
            }
            // Its lock was not made yet, or is removed already: it is empty, or somebody has just begun to use it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => drop(fs::remove_dir(&path)),
            _ => {}
        }
    }
}
