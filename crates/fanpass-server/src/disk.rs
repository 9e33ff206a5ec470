//! How much room the disk under the data folder has left, and room that is taken ahead of time.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use crate::store::StoreErrorKind;

/// Bytes that are written to see whether there is room for more.
const TRIED: usize = 1 << 20;

/// Bytes that the service may still write to the disk that holds `folder`; absent where the system does not tell.
#[cfg(unix)]
pub(crate) fn free(folder: &Path) -> io::Result<Option<u64>> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(Some(disk.f_bavail.saturating_mul(disk.f_frsize)))
}

#[cfg(not(unix))]
pub(crate) fn free(_: &Path) -> io::Result<Option<u64>> {
    Ok(None)
}

/// Takes room on the disk for the bytes `from` to `to` of a file, where system and disk can; its length stays as it is.
#[cfg(target_os = "linux")]
pub(crate) fn keep_room(file: &File, from: u64, to: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;

    match fallocate(file, FallocateFlags::KEEP_SIZE, from, to.saturating_sub(from)) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        taken => Ok(taken?),
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn keep_room(_: &File, _: u64, _: u64) -> io::Result<()> {
    Ok(())
}

/// Whether the disk that holds `folder` takes no more for want of room, which is found out by writing to it.
pub(crate) fn is_full(folder: &Path) -> bool {
    let write = || {
        let mut file = tempfile::tempfile_in(folder)?;
        file.write_all(&vec![0; TRIED])?;
        file.sync_data()
    };
    write().is_err_and(|error| StoreErrorKind::of_io(&error) == StoreErrorKind::Full)
}
