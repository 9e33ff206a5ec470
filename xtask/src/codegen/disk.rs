//! Generated files against those on disk: what differs, and making them the same.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{FOLDERS, Files};

/// How a file on disk differs from what the generators give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// It is not there.
    Missing,
    /// Its content is another.
    Stale,
    /// It stands in a folder of generated files, and no generator gives it.
    Orphan,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Missing => "missing",
            Self::Stale => "stale",
            Self::Orphan => "orphan",
        })
    }
}

/// Each file that differs under `top`, the top of the workspace. Nothing is written.
///
/// # Errors
///
/// A file or folder that cannot be read.
pub fn compare(top: &Path, files: &Files) -> Result<BTreeMap<PathBuf, Mismatch>> {
    let mut mismatches = BTreeMap::new();
    for (path, expected) in files {
        match fs::read_to_string(top.join(path)) {
            Ok(text) if text == *expected => {}
            Ok(_) => drop(mismatches.insert(path.clone(), Mismatch::Stale)),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                mismatches.insert(path.clone(), Mismatch::Missing);
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
    for folder in FOLDERS {
        for path in files_in(top, Path::new(folder))? {
            if !files.contains_key(&path) {
                mismatches.insert(path, Mismatch::Orphan);
            }
        }
    }
    Ok(mismatches)
}

/// Makes the files under `top` those that the generators give: writes, replaces and deletes. Gives what it
/// mended.
///
/// # Errors
///
/// A file or folder that cannot be read or written.
pub fn write(top: &Path, files: &Files) -> Result<BTreeMap<PathBuf, Mismatch>> {
    let mismatches = compare(top, files)?;
    for path in mismatches.keys() {
        let full = top.join(path);
        let done = match (files.get(path), full.parent()) {
            (Some(text), Some(folder)) => fs::create_dir_all(folder).and_then(|()| fs::write(&full, text)),
            _ => fs::remove_file(&full),
        };
        done.with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(mismatches)
}

fn files_in(top: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(top.join(folder)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", folder.display())),
    };
    entries.map(|entry| Ok(folder.join(entry?.file_name()))).collect()
}
