//! A file that is read more than once: to see what would change, and to send it.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use fanpass_table::{Options, Table};
use sha2::{Digest as _, Sha256};

use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::recipe;
use crate::temporary::Temporary;

/// Bytes that are read at a time for a digest.
const DIGEST_BYTES: usize = 256 << 10;

/// A file and how to read it. Standard input is spooled once.
#[derive(Debug)]
pub struct SourceFile {
    path: PathBuf,
    /// Its name for people.
    pub name: String,
    options: Options,
    stamp: Option<(u64, SystemTime)>,
    /// Standard input or a pipe as a file, which goes when this does.
    _spool: Option<Temporary>,
}

impl SourceFile {
    /// The file at `path`, or standard input if that is `-`. A pipe that has a name is spooled too, as it can be read once.
    pub fn new(path: &Path, options: Options) -> Result<Self> {
        let is_stdin = path == Path::new("-");
        let name = if is_stdin { "standard input".to_owned() } else { path.display().to_string() };
        let spool = if is_stdin {
            Some(spool(io::stdin().lock(), &name)?)
        } else if is_pipe(path) {
            let pipe = File::open(path).with_context(|| format!("cannot read {name}"))?;
            Some(spool(pipe, &name)?)
        } else {
            None
        };
        let path = spool.as_ref().map_or(path, Temporary::path).to_owned();
        Ok(Self { stamp: stamp(&path), path, name, options, _spool: spool })
    }

    /// Its rows, from the first one.
    pub fn table(&self) -> Result<Table> {
        let table = Table::open_named(&self.path, &self.name, &self.options)?;
        recipe::check_columns(&self.path, table.columns())?;
        Ok(table)
    }

    /// The SHA-256 of its bytes, in hexadecimal digits.
    pub fn digest(&self) -> Result<String> {
        let hash = hash(self.open()?).map_err(|error| self.unreadable(&error))?;
        Ok(hex(&hash.finalize()))
    }

    /// Its bytes, from the first one. Refuses a file that is not there or cannot be read.
    pub fn open(&self) -> Result<File> {
        File::open(&self.path).map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &io::Error) -> anyhow::Error {
        failure(Exit::Refused, format!("{}: cannot be read: {error}", self.name))
    }

    /// Refuses a file that was written since it was first looked at: what was found of it is not true any more.
    pub fn check_unchanged(&self) -> Result<()> {
        if stamp(&self.path) == self.stamp {
            return Ok(());
        }
        let name = &self.name;
        Err(failure(
            Exit::Refused,
            format!("{name} was changed while it was read: run again once it is whole"),
        ))
    }
}

/// The SHA-256 of what is left of a file.
fn hash(mut file: File) -> io::Result<Sha256> {
    let mut buffer = vec![0; DIGEST_BYTES];
    let mut hash = Sha256::new();
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash),
            read => hash.update(&buffer[..read]),
        }
    }
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn stamp(path: &Path) -> Option<(u64, SystemTime)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

/// Whether there is something at `path` that is neither a file nor a folder.
fn is_pipe(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// A stream as a file: a spreadsheet or an archive has to be read from more than one place.
fn spool(mut stream: impl io::Read, name: &str) -> Result<Temporary> {
    let mut file = Temporary::new()?;
    io::copy(&mut stream, &mut file).with_context(|| format!("cannot read {name}"))?;
    file.flush()?;
    Ok(file)
}
