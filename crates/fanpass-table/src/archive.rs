//! A ZIP container (an archive of files, or an XLSX) that is opened and inflated within bounds.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
};

use memchr::memmem;
use zip::{ZipArchive, read::ZipFile, result::ZipError};

use crate::{
    ErrorKind, Limits, TableError,
    metered::{Allowance, Metered, reached, read_error},
    origin::{Origin, printable},
};

/// An end record may stand before a comment of at most 64 KiB.
const TAIL_BYTES: u64 = (64 << 10) + 64;

/// What the directory may take of a file: names and notes of every entry.
const DIRECTORY_BYTES: u64 = 32 << 20;

/// Inflated bytes that need no ratio.
pub(crate) const FREE_BYTES: u64 = 1 << 20;

/// More inflated bytes for each stored one than the limits allow.
pub(crate) const TOO_DENSE: &str = "it inflates to far more than its size allows; is this a zip bomb?";

/// More inflated bytes than the limits allow.
pub(crate) const TOO_LARGE: &str = "it inflates to more bytes than the limit allows";

type Bounded = Metered<BufReader<File>>;

pub(crate) struct Archive {
    zip: ZipArchive<Bounded>,
    origin: Origin,
    limits: Limits,
    /// Bytes that may still be inflated.
    left: u64,
    /// A name that stands twice in the directory, of which the library shows the last only.
    repeated: Option<String>,
}

impl Archive {
    /// Reads the directory. Entries that share bytes are refused: they inflate the same bytes again and again.
    pub(crate) fn open(mut file: File, origin: &Origin, limits: &Limits) -> Result<Self, TableError> {
        check_end(&mut file, limits.entries).map_err(|error| read_error(origin, "the archive", &error))?;
        let io = |error| TableError::io(origin, error);
        let mut directory = file.try_clone().map_err(io)?;
        let allowance = Allowance::new(DIRECTORY_BYTES);
        let metered = Metered { inner: BufReader::new(file), allowance: allowance.clone() };
        let mut zip = ZipArchive::new(metered).map_err(|error| fault(origin, error))?;
        allowance.lift();
        // Both handles share one place in the file; the library seeks before each reading.
        let repeated = repeated_name(&mut directory, zip.central_directory_start()).map_err(io)?;
        if zip.has_overlapping_entries().map_err(|error| fault(origin, error))? {
            let message = "entries of the archive overlap; pack it again";
            return Err(TableError::new(ErrorKind::Malformed, origin, message));
        }
        let (origin, limits) = (origin.clone(), limits.clone());
        Ok(Self { zip, origin, left: limits.inflated_bytes, limits, repeated })
    }

    /// The entries that are files, by index and name.
    pub(crate) fn files(&self) -> Result<Vec<(usize, String)>, TableError> {
        if let Some(name) = &self.repeated {
            return Err(repeated(&self.origin, name));
        }
        let mut files = Vec::new();
        for index in 0..self.zip.len() {
            let entry = self.zip.by_index_data(index).map_err(|error| fault(&self.origin, error))?;
            if !entry.is_dir() {
                let name = entry.name().map_err(|error| fault(&self.origin, error))?;
                files.push((index, name.into_owned()));
            }
        }
        Ok(files)
    }

    pub(crate) fn index(&self, name: &str) -> Option<usize> {
        // Names in an XLSX are compared without case (ECMA-376 part 2, 6.2.2.3).
        let same = |other: &[u8]| other.eq_ignore_ascii_case(name.as_bytes());
        self.zip.index_for_name(name).or_else(|| self.zip.file_names_raw().position(same))
    }

    /// The inflated content of an entry, within bounds.
    pub(crate) fn part(&mut self, index: usize, place: &Origin) -> Result<Part<'_>, TableError> {
        let entry = self.zip.by_index(index).map_err(|error| fault(place, error))?;
        let most =
            entry.compressed_size().saturating_mul(self.limits.inflation_ratio).saturating_add(FREE_BYTES);
        Ok(Part { entry, most, left: &mut self.left })
    }

    /// An entry as a file of its own, checked to its last byte.
    pub(crate) fn extract(&mut self, index: usize, place: &Origin) -> Result<File, TableError> {
        let io = |error: io::Error| {
            let folder = std::env::temp_dir();
            let message =
                format!("it is unpacked in the folder that TMPDIR names, {}: {error}", folder.display());
            TableError::io(place, io::Error::new(error.kind(), message))
        };
        let mut file = tempfile::tempfile().map_err(io)?;
        let mut part = self.part(index, place)?;
        let mut buffer = vec![0; 64 << 10];
        loop {
            let read = match part.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) => return Err(read_error(place, "the entry", &error)),
            };
            io::Write::write_all(&mut file, &buffer[..read]).map_err(io)?;
        }
        file.rewind().map_err(io)?;
        Ok(file)
    }
}

/// An entry that is being inflated.
pub(crate) struct Part<'a> {
    entry: ZipFile<'a, Bounded>,
    most: u64,
    left: &'a mut u64,
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.entry.read(buffer)?;
        let bytes = u64::try_from(read).unwrap_or(u64::MAX);
        self.most = self.most.checked_sub(bytes).ok_or_else(|| reached(TOO_DENSE))?;
        *self.left = self.left.checked_sub(bytes).ok_or_else(|| reached(TOO_LARGE))?;
        Ok(read)
    }
}

/// Checks how many entries the archive claims to have before a library reserves memory for them.
///
/// Every record that could be taken for the end record must keep the bound, and none may ask for ZIP64, whose
/// counts have 64 bits and may stand anywhere.
fn check_end(file: &mut File, most: usize) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut tail = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut tail)?;
    for at in memmem::find_iter(&tail, b"PK\x05\x06") {
        let record = &tail[at..];
        let word = |at: usize| record.get(at..at + 2).map(|word| u16::from_le_bytes([word[0], word[1]]));
        let is_full = |at: usize| record.get(at..at + 4) == Some(&[0xFF; 4]);
        let entries = word(10).map_or(0, usize::from);
        if is_full(12) || is_full(16) || entries == usize::from(u16::MAX) {
            return Err(reached("ZIP64 is not read; pack it as an archive of fewer and smaller files"));
        }
        if entries > most {
            return Err(reached(format!("the archive holds {entries} entries; {most} are allowed")));
        }
    }
    file.rewind()
}

/// A name that more than one entry of the directory has, which begins at `start`.
fn repeated_name(file: &mut File, start: u64) -> io::Result<Option<String>> {
    file.seek(SeekFrom::Start(start))?;
    let mut directory = BufReader::new(file.take(DIRECTORY_BYTES));
    let mut names = HashSet::new();
    let mut head = [0; 46];
    while directory.read_exact(&mut head).is_ok() && head.starts_with(b"PK\x01\x02") {
        let length = |at: usize| u64::from(u16::from_le_bytes([head[at], head[at + 1]]));
        let mut name = Vec::new();
        directory.by_ref().take(length(28)).read_to_end(&mut name)?;
        // What else is said of the entry, and its comment.
        io::copy(&mut directory.by_ref().take(length(30) + length(32)), &mut io::sink())?;
        if let Some(name) = names.replace(name) {
            return Ok(Some(String::from_utf8_lossy(&name).into_owned()));
        }
    }
    Ok(None)
}

/// An archive in which a name stands twice: which of its files is meant, nobody can tell.
pub(crate) fn repeated(origin: &Origin, name: &str) -> TableError {
    let name = printable(name);
    let message =
        format!("holds {name:?} twice; pack it again with each file once, or both under names of their own");
    TableError::new(ErrorKind::Malformed, origin, message)
}

fn fault(place: &Origin, error: ZipError) -> TableError {
    match error {
        ZipError::Io(error) => read_error(place, "the archive", &error),
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            let message = "is encrypted; pack it again without a password";
            TableError::new(ErrorKind::PasswordProtected, place, message)
        }
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            let message = format!("is packed in a way that is not read ({error}); pack it as plain ZIP");
            TableError::new(ErrorKind::UnsupportedFormat, place, message)
        }
        error => {
            let message = format!("the archive is damaged ({error}); export it again");
            TableError::new(ErrorKind::Malformed, place, message)
        }
    }
}
