//! Temporary files of ids: nobody else can open them, and they do not outlive the process, however it ends.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use tempfile::{NamedTempFile, TempPath};

/// A file that is written once and then read from any place, more than once.
///
/// On Linux it loses its name as soon as it is made, and is found by its number among the open files of this process.
/// Elsewhere it has a name until it is dropped.
#[derive(Debug)]
pub struct Temporary {
    file: File,
    path: PathBuf,
    _named: Option<TempPath>,
}

impl Temporary {
    pub fn new() -> Result<Self> {
        let made = NamedTempFile::with_prefix("fanpass-").and_then(Self::of);
        Ok(made.map_err(|error| in_folder(&error))?)
    }

    fn of(named: NamedTempFile) -> io::Result<Self> {
        let (file, named) = named.into_parts();
        if let Some(path) = path_of(&file) {
            named.close()?;
            return Ok(Self { file, path, _named: None });
        }
        Ok(Self { file, path: named.to_path_buf(), _named: Some(named) })
    }

    /// Where this process finds it, as long as this value lives.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its length in bytes.
    pub fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }
}

impl Write for Temporary {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).map_err(|error| in_folder(&error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush().map_err(|error| in_folder(&error))
    }
}

/// The same error with the folder that it is about, and what to do if there is no room.
fn in_folder(error: &io::Error) -> io::Error {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    let remedy = if matches!(error.kind(), StorageFull | QuotaExceeded) {
        ": make room there, or name another folder in TMPDIR"
    } else {
        ""
    };
    let folder = std::env::temp_dir();
    let message = format!("cannot write a temporary file in {}: {error}{remedy}", folder.display());
    io::Error::new(error.kind(), message)
}

/// Where an open file is found without its name; `None` where there is no such place.
#[cfg(target_os = "linux")]
fn path_of(file: &File) -> Option<PathBuf> {
    use std::os::fd::AsRawFd as _;
    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    File::open(&path).is_ok().then_some(path)
}

#[cfg(not(target_os = "linux"))]
fn path_of(_: &File) -> Option<PathBuf> {
    None
}
