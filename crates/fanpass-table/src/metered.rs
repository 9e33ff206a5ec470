//! Readers that stop at a bound, and how that is told from other failures of reading.

use std::{
    fmt,
    io::{self, BufRead, Read, Seek, SeekFrom},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{ErrorKind, TableError};

/// A bound was reached; travels inside an [`io::Error`] through the libraries that read for us.
#[derive(Debug)]
struct Reached(String);

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Reached {}

pub(crate) fn reached(what: impl Into<String>) -> io::Error {
    io::Error::other(Reached(what.into()))
}

/// A failure while a container is read: a bound, damaged content, or the operating system's error.
pub(crate) fn read_error(place: impl fmt::Display, what: &str, error: &io::Error) -> TableError {
    if let Some(Reached(bound)) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        return TableError::new(ErrorKind::LimitExceeded, place, bound.clone());
    }
    if error.raw_os_error().is_some() {
        return TableError::io(place, io::Error::new(error.kind(), error.to_string()));
    }
    TableError::new(ErrorKind::Malformed, place, format!("{what} is damaged ({error}); export it again"))
}

/// How many bytes may still be read; shared with the reader that counts them down.
#[derive(Debug, Clone)]
pub(crate) struct Allowance(Arc<AtomicU64>);

impl Allowance {
    pub(crate) fn new(bytes: u64) -> Self {
        Self(Arc::new(AtomicU64::new(bytes)))
    }

    pub(crate) fn lift(&self) {
        self.0.store(u64::MAX, Ordering::Relaxed);
    }

    fn take(&self, bytes: usize) -> io::Result<()> {
        let left = self.0.load(Ordering::Relaxed);
        match left.checked_sub(u64::try_from(bytes).unwrap_or(u64::MAX)) {
            Some(left) => {
                self.0.store(left, Ordering::Relaxed);
                Ok(())
            }
            None => Err(reached("its directory is too large for its content")),
        }
    }
}

/// A file that a library may read only so much of: directories that loop or lie end here.
#[derive(Debug)]
pub(crate) struct Metered<R> {
    pub(crate) inner: R,
    pub(crate) allowance: Allowance,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.allowance.take(read)?;
        Ok(read)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// A reader whose consumer may use only so many bytes until it is granted more: bounds a single XML event.
#[derive(Debug)]
pub(crate) struct Stepped<R> {
    inner: R,
    most: usize,
    left: usize,
}

impl<R> Stepped<R> {
    pub(crate) fn new(inner: R, most: usize) -> Self {
        Self { inner, most, left: most }
    }

    pub(crate) fn grant(&mut self) {
        self.left = self.most;
    }
}

impl<R: BufRead> Read for Stepped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Stepped<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(reached(format!("a single value is longer than {} bytes", self.most)));
        }
        let buffer = self.inner.fill_buf()?;
        Ok(&buffer[..buffer.len().min(self.left)])
    }

    fn consume(&mut self, bytes: usize) {
        self.left -= bytes.min(self.left);
        self.inner.consume(bytes);
    }
}
