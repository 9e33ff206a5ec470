//! What rejects are written to before the file has its name. A process holds a lock on its own, which the system takes back when it
//! ends, however it ends: by that the leavings of those that were killed are known.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use tempfile::{Builder, NamedTempFile};

const PREFIX: &str = ".rejects-";
const SUFFIX: &str = ".part";

pub(super) fn create(folder: &Path) -> io::Result<NamedTempFile> {
    loop {
        let part = Builder::new().prefix(PREFIX).suffix(SUFFIX).tempfile_in(folder)?;
        // Before it was locked, it may have been taken for a leaving. Where there are no locks, nothing is removed either.
        if part.as_file().lock().is_err() || part.path().exists() {
            return Ok(part);
        }
    }
}

/// Removes what processes that are no more have left in `folder`, as far as that can be done.
pub(super) fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_part = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        if !is_part || entry.file_type().is_ok_and(|kind| !kind.is_file()) {
            continue;
        }
        let path = entry.path();
        if let Ok(file) = File::open(&path)
            && file.try_lock().is_ok()
        {
            // Who may not remove it leaves it.
            let _ = fs::remove_file(&path);
        }
    }
}
