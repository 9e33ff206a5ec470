//! Files that hold a secret: readable by their owner alone, whole or not there.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes a secret so that a reader, and a crash, sees either the old file or the whole new one.
pub(crate) fn write(path: &Path, secret: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // A temporary file has mode 0600 on Unix from the moment it is made.
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(secret)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync(folder)
}

/// Removes a secret for good; fine when there is none.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => sync(path.parent().unwrap_or(Path::new("."))),
    }
}

/// Puts a secret in another place for good.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)?;
    sync(to.parent().unwrap_or(Path::new(".")))?;
    sync(from.parent().unwrap_or(Path::new(".")))
}

/// Makes what happened in a folder durable.
fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Reads a secret; `None` when there is no such file.
///
/// # Errors
/// Also when the file is open to others than its owner: it is no secret any more.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(secret) => {
            check_mode(path)?;
            Ok(Some(secret))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn check_mode(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
    let others = mode & 0o077;
    if others == 0 {
        return Ok(());
    }
    let message =
        format!("its mode is {mode:o}: others can read it; chmod 600 it if nobody did, else delete it");
    Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
}

#[cfg(not(unix))]
fn check_mode(_: &Path) -> io::Result<()> {
    Ok(())
}
