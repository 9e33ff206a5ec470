//! Sorted runs of ids in files that vanish with the process, and the merge of many into one order.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use crate::SortError;
use crate::sorter::prefix;

/// Bytes of one run's buffer at most; larger ones read no faster.
const BUFFER_BYTES: usize = 256 << 10;
/// Bytes of one run's buffer at least; smaller ones cost more calls than they save memory.
const BUFFER_BYTES_MIN: usize = 4 << 10;

const WRITE: &str = "write a temporary file in";

/// A sorted run on disk: each id its length (2 bytes, little-endian) and its bytes.
#[derive(Debug)]
pub(super) struct Run(File);

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

    pub(super) fn finish(self) -> Result<Run, SortError> {
        let failed = |error| SortError::new(WRITE, self.folder, error);
        let mut file = self.file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.rewind().map_err(failed)?;
        Ok(Run(file))
    }
}

/// Gives each id of all runs once, ascending, until `emit` fails. `folder` is where the runs lie, for errors; all buffers
/// together take about `memory` bytes.
pub(super) fn merge<E: From<SortError>>(
    folder: &Path,
    runs: Vec<Run>,
    memory: usize,
    mut emit: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let failed = |error| SortError::new("read a temporary file in", folder, error);
    let buffer = (memory / runs.len().max(1)).clamp(BUFFER_BYTES_MIN, BUFFER_BYTES);
    let mut heads = BinaryHeap::with_capacity(runs.len());
    for Run(file) in runs {
        let mut head = Head { prefix: 0, id: Vec::new(), file: BufReader::with_capacity(buffer, file) };
        if head.advance().map_err(failed)? {
            heads.push(head);
        }
    }
    let mut last: Vec<u8> = Vec::new();
    while let Some(mut head) = heads.peek_mut() {
        // Ids are not empty, so the first one differs from `last`.
        if head.id != last {
            emit(&head.id)?;
            last.clone_from(&head.id);
        }
        if !head.advance().map_err(failed)? {
            PeekMut::pop(head);
        }
    }
    Ok(())
}

/// A run and its next id; the greatest of a heap is the one whose id comes first.
#[derive(Debug)]
struct Head {
    prefix: u64,
    id: Vec<u8>,
    file: BufReader<File>,
}

impl Head {
    /// Reads the next id; false at the end.
    fn advance(&mut self) -> io::Result<bool> {
        let mut length = [0; 2];
        match self.file.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) => return Err(error),
        }
        self.id.resize(usize::from(u16::from_le_bytes(length)), 0);
        self.file.read_exact(&mut self.id)?;
        self.prefix = prefix(&self.id);
        Ok(true)
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        other.prefix.cmp(&self.prefix).then_with(|| other.id.cmp(&self.id))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Head {}
