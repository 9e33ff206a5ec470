//! The journal that grows: records are appended to it, and room behind them is kept for those that must not be lost.

use std::fs::File;
use std::io;
use std::path::Path;

use super::journal::{Place, path};
use crate::disk;
use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::folder::{open_private, sync_folder};

/// Bytes of records that are not left to the next look: a change that comes meanwhile waits until all before it are taken in.
pub(super) const BYTES_DUE: u64 = 128 << 10;
/// Bytes of a journal past which records are refused: what cannot be taken in must not grow.
const BYTES_MAX: u64 = 64 << 20;
/// Bytes of a journal past which another is begun when they are taken in.
const BYTES_ENOUGH: u64 = 4 << 20;
/// Bytes behind the records that are taken from the disk ahead of time, for records of changes that the database cannot take as
/// the disk is full: some hundreds.
pub(super) const BYTES_KEPT: u64 = 128 << 10;

/// The newest journal, which records are appended to.
#[derive(Debug)]
pub(super) struct Growing {
    number: i64,
    file: File,
    bytes: u64,
    /// Bytes that the disk has room for, those that are written among them.
    kept: u64,
    /// Bytes past which what came since the last commit is to be taken in at once.
    due: u64,
    /// Whether a record came since the last look.
    pub(super) touched: bool,
    /// Whether the last record could not be appended.
    refused: bool,
}

impl Growing {
    pub(super) fn begin(folder: &Path, number: i64) -> Result<Self, StoreError> {
        let path = path(folder, number);
        let file = open_private(&path).map_err(|error| StoreError::io("make", &path, error))?;
        let mut begun =
            Self { number, file, bytes: 0, kept: 0, due: BYTES_DUE, touched: false, refused: false };
        // On a full disk it is tried again with each record.
        let _ = begun.keep_room(folder, &[]);
        Ok(begun)
    }

    /// What there is to be taken in: the newest journal, its bytes, and the place behind them. Where it is long, and the only one
    /// that is not taken in, that is the begin of another.
    pub(super) fn end(&mut self, folder: &Path, taken: Place) -> Result<(i64, u64, Place), StoreError> {
        let (number, bytes) = (self.number, self.bytes);
        self.due = bytes + BYTES_DUE;
        if bytes < BYTES_ENOUGH || taken.0 != number {
            return Ok((number, bytes, (number, bytes)));
        }
        // Touched, so that it is looked after should this commit fail.
        *self = Self { touched: true, ..Self::begin(folder, number.saturating_add(1))? };
        Ok((number, bytes, (self.number, 0)))
    }

    pub(super) fn append(&mut self, folder: &Path, line: &[u8]) -> Result<bool, StoreError> {
        if self.bytes >= BYTES_MAX {
            let message = "too many audit records wait for the disk; try again in a moment";
            return Err(StoreError::new(StoreErrorKind::Busy, message));
        }
        let appended = self.keep_room(folder, line).and_then(|()| self.write(folder, line));
        self.refused = appended.is_err();
        appended?;
        let due = self.bytes >= self.due;
        if due {
            self.due = self.bytes + BYTES_DUE;
        }
        Ok(due)
    }

    /// Where the last record could not be appended, sees whether there is room by now.
    pub(super) fn try_append(&mut self, folder: &Path) -> Result<(), StoreError> {
        if self.refused {
            self.keep_room(folder, &[])?;
            // The next record begins at the same place.
            write_at(&mut self.file, b"\n", self.bytes).map_err(|error| self.failed(folder, error))?;
            self.refused = false;
        }
        Ok(())
    }

    pub(super) fn append_at_last(&mut self, folder: &Path, line: &[u8]) -> Result<(), StoreError> {
        let before = self.bytes;
        self.write(folder, line)?;
        let synced = self.file.sync_data().map_err(|error| self.failed(folder, error));
        synced.and_then(|()| sync_folder(folder)).inspect_err(|_| {
            // It is kept elsewhere then, and would stand twice.
            self.bytes = before;
        })
    }

    /// Sees to it that there is room behind a record, and that this need not be seen to with each.
    fn keep_room(&mut self, folder: &Path, line: &[u8]) -> Result<(), StoreError> {
        let written = self.bytes + u64::try_from(line.len()).unwrap_or(u64::MAX);
        if self.kept < written + BYTES_KEPT {
            let kept = written + 2 * BYTES_KEPT;
            disk::keep_room(&self.file, self.kept, kept).map_err(|error| self.failed(folder, error))?;
            self.kept = kept;
        }
        Ok(())
    }

    fn write(&mut self, folder: &Path, line: &[u8]) -> Result<(), StoreError> {
        // Where one was cut off by a failure, the next begins at the same place.
        write_at(&mut self.file, line, self.bytes).map_err(|error| self.failed(folder, error))?;
        self.bytes += u64::try_from(line.len()).unwrap_or(u64::MAX);
        self.touched = true;
        Ok(())
    }

    fn failed(&self, folder: &Path, error: io::Error) -> StoreError {
        StoreError::io("append to", &path(folder, self.number), error)
    }
}

#[cfg(unix)]
fn write_at(file: &mut File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(not(unix))]
fn write_at(file: &mut File, bytes: &[u8], at: u64) -> io::Result<()> {
    use std::io::{Seek as _, SeekFrom, Write as _};

    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)
}
