//! Files that the tool writes where a person says, for their owner alone.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tempfile::NamedTempFile;

use crate::exit::Exit;
use crate::failure::failure;

/// Writes a file that only its owner can read, whole or not at all.
pub fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    PrivateFile::begin(path)?.replace(content)
}

/// A file that only its owner can read, for which there is room in its folder. It has its name once it is whole.
#[derive(Debug)]
pub struct PrivateFile {
    file: NamedTempFile,
    path: PathBuf,
}

impl PrivateFile {
    /// Makes the file beside its place, so that a folder which cannot be written to is found out before the work.
    pub fn begin(path: &Path) -> Result<Self> {
        refuse_special(path)?;
        refuse_homeless(path)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let file = tempfile::Builder::new().prefix(".fanpass-").make_in(folder, create_private);
        Ok(Self { file: file.with_context(|| cannot_write(path))?, path: path.to_owned() })
    }

    /// Puts the content in place of what is there.
    fn replace(self, content: &[u8]) -> Result<()> {
        self.finish(content, |file, path| file.persist(path).map_err(|error| error.error))
    }

    /// Puts the content where nothing is yet.
    pub fn create(self, content: &[u8]) -> Result<()> {
        refuse_taken(&self.path)?;
        self.finish(content, |file, path| file.persist_noclobber(path).map_err(|error| error.error))
    }

    fn finish(
        mut self,
        content: &[u8],
        name: impl FnOnce(NamedTempFile, &Path) -> io::Result<File>,
    ) -> Result<()> {
        let mut write = || {
            self.file.write_all(content)?;
            self.file.as_file().sync_all()
        };
        write().and_then(|()| name(self.file, &self.path)).with_context(|| cannot_write(&self.path))?;
        Ok(())
    }
}

// The crate's own way tells of the name that was tried, which says nothing to anybody.
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Refuses a place in a folder that is not there.
pub fn refuse_homeless(path: &Path) -> Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            let (what, folder) = (cannot_write(path), folder.display());
            let message =
                format!("{what}: there is no folder {folder}: make it first, or name another place");
            Err(failure(Exit::Refused, message))
        }
        _ => Ok(()),
    }
}

/// Refuses to put a file in the place of what is none, such as a device or a pipe.
pub fn refuse_special(path: &Path) -> Result<()> {
    if path.exists() && !path.is_file() {
        let path = path.display();
        return Err(failure(
            Exit::Usage,
            format!("{path} is no file, and is not replaced by one: name another"),
        ));
    }
    Ok(())
}

/// Refuses to write over what is there.
pub fn refuse_taken(path: &Path) -> Result<()> {
    if !path.try_exists().with_context(|| cannot_write(path))? {
        return Ok(());
    }
    let message = format!("{} is there already: name a new file; nothing was written", path.display());
    Err(failure(Exit::Refused, message))
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}
