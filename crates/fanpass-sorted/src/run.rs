//! A sorted run of ids in a file that vanishes with the process.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, Write as _};
use std::path::Path;

use crate::SortError;

/// Bytes that are written together.
const BUFFER_BYTES: usize = 256 << 10;

const WRITE: &str = "write a temporary file in";

/// A sorted run on disk: each id its length (2 bytes, little-endian) and its bytes.
#[derive(Debug)]
pub(super) struct Run {
    file: File,
    /// What all its ids begin with.
    pub(super) shared: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct RunWriter<'a> {
    folder: &'a Path,
    file: BufWriter<File>,
}

impl<'a> RunWriter<'a> {
    pub(super) fn create(folder: &'a Path) -> Result<Self, SortError> {
        let file = tempfile::tempfile_in(folder)
            .map_err(|error| SortError::new("make a temporary file in", folder, error))?;
        Ok(Self { folder, file: BufWriter::with_capacity(BUFFER_BYTES, file) })
    }

    pub(super) fn push(&mut self, id: &[u8]) -> Result<(), SortError> {
        let mut write = || {
            let length = u16::try_from(id.len()).map_err(io::Error::other)?;
            self.file.write_all(&length.to_le_bytes())?;
            self.file.write_all(id)
        };
        write().map_err(|error| SortError::new(WRITE, self.folder, error))
    }

    /// The run; `shared` is what all its ids begin with.
    pub(super) fn finish(self, shared: Vec<u8>) -> Result<Run, SortError> {
        let failed = |error| SortError::new(WRITE, self.folder, error);
        let mut file = self.file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.rewind().map_err(failed)?;
        Ok(Run { file, shared })
    }
}

/// Reads a run's ids in order.
#[derive(Debug)]
pub(super) struct RunReader(BufReader<File>);

impl RunReader {
    pub(super) fn new(run: Run, buffer: usize) -> Self {
        Self(BufReader::with_capacity(buffer, run.file))
    }

    /// Puts the next id into `id`; false at the end.
    pub(super) fn next_id(&mut self, id: &mut Vec<u8>) -> io::Result<bool> {
        id.clear();
        // Nearly always all of it is in the buffer.
        if let Some((length, rest)) = self.0.buffer().split_first_chunk()
            && let length = usize::from(u16::from_le_bytes(*length))
            && let Some(bytes) = rest.get(..length)
        {
            id.extend_from_slice(bytes);
            self.0.consume(size_of::<u16>() + length);
            return Ok(true);
        }
        let mut length = [0; 2];
        match self.0.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) => return Err(error),
        }
        id.resize(usize::from(u16::from_le_bytes(length)), 0);
        self.0.read_exact(id)?;
        Ok(true)
    }
}
