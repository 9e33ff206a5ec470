//! A folder that is made beside a data folder and takes its place in one step, once it is whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::folder::{DataFolder, make_private, sync_folder};
use super::scratch::{Scratch, parent};

/// A folder that is to take the place of a data folder; it vanishes unless it does.
pub(super) struct Fresh {
    scratch: Scratch,
    path: PathBuf,
    data: PathBuf,
}

impl Fresh {
    pub(super) fn beside(data: &Path) -> Result<Self, StoreError> {
        // Where a link leads to is replaced, not the link.
        let data = fs::canonicalize(data).unwrap_or_else(|_| data.to_owned());
        let parent = parent(&data);
        fs::create_dir_all(parent).map_err(|error| StoreError::io("make the folder", parent, error))?;
        let scratch = Scratch::beside(&data)?;
        let path = scratch.path().join("data");
        make_private(&path).map_err(|error| StoreError::io("make the folder", &path, error))?;
        Ok(Self { scratch, path, data })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it in the place of the data folder, if nobody uses that.
    pub(super) fn put_in_place(self) -> Result<(), StoreError> {
        let Self { scratch, path, data } = self;
        let failed = |doing, advice| {
            let data = &data;
            move |error| {
                let mut error = StoreError::io(doing, data, error);
                error.advise(advice);
                error
            }
        };
        sync_folder(&path)?;
        let _lock = data.exists().then(|| DataFolder::open(&data)).transpose()?;
        if data.exists() {
            let advice = "run this as the user that it belongs to, or as root";
            keep_owner(&data, &path).map_err(failed("keep the owner of", advice))?;
            // What stood there is in the folder of ours afterwards, and is deleted with it.
            let advice = "is it the root of a file system? then restore beside it and move the files";
            exchange(&path, &data).map_err(failed("put another folder in the place of", advice))?;
        } else {
            fs::rename(&path, &data).map_err(|error| StoreError::io("make the folder", &data, error))?;
        }
        sync_folder(scratch.parent())?;
        scratch.close()
    }
}

/// Gives a folder, with what is in it, to whom another one belongs: root may replace what it does not own.
#[cfg(unix)]
fn keep_owner(of: &Path, folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, lchown};

    fn give(path: &Path, (user, group): (u32, u32)) -> io::Result<()> {
        let now = fs::symlink_metadata(path)?;
        // The group is never allowed anything.
        if now.uid() != user {
            lchown(path, Some(user), Some(group))?;
        }
        if now.is_dir() {
            for entry in fs::read_dir(path)? {
                give(&entry?.path(), (user, group))?;
            }
        }
        Ok(())
    }

    let owner = fs::metadata(of)?;
    give(folder, (owner.uid(), owner.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Exchanges two folders in one step.
#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};

    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

/// Exchanges two folders; between two of the steps `other` is not there.
#[cfg(not(target_os = "linux"))]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    let aside = one.with_extension("replaced");
    fs::rename(other, &aside)?;
    fs::rename(one, other)?;
    fs::rename(aside, one)
}
