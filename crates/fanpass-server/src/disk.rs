//! How much room the disk under the data folder has left.

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

/// Whether the disk that holds `folder` takes no more for want of room, which is found out by writing to it.
pub(crate) fn is_full(folder: &Path) -> bool {
    let write = || {
        let mut file = tempfile::tempfile_in(folder)?;
        file.write_all(&vec![0; TRIED])?;
        file.sync_data()
    };
    write().is_err_and(|error| StoreErrorKind::of_io(&error) == StoreErrorKind::Full)
}
