//! Why an import has no list, a panic among the reasons.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fanpass_sorted::SortError;
use fanpass_table::TableError;

use super::queue::Halt;
use crate::store::{StoreError, StoreErrorKind};

/// Why an import has no list.
#[derive(Debug)]
pub(super) enum Failure {
    /// It cannot be done; the message says why.
    Refused(String),
    /// What it was to add to or remove from was replaced by a later import; the message says by which.
    Overtaken(String),
    /// The storage failed.
    Storage(StoreError),
    /// A fault of ours.
    Panicked,
    /// The service stops, or somebody cancelled the import.
    Halted(Halt),
}

/// Runs an import so that a fault of ours, as in the parser of a file, costs it alone and ends it.
pub(super) fn guarded(run: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(Failure::Panicked))
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Storage(error)
    }
}

impl From<SortError> for Failure {
    fn from(error: SortError) -> Self {
        Self::Storage(error.into())
    }
}

impl From<TableError> for Failure {
    fn from(error: TableError) -> Self {
        match StoreErrorKind::of_cause(&error) {
            StoreErrorKind::Io => Self::Refused(error.to_string()),
            // Not the file's fault, but that of the disk that it was unpacked on.
            kind => Self::Storage(StoreError::new(kind, error.to_string())),
        }
    }
}

/// What whoever waits for the import is told.
impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(message) | Failure::Overtaken(message) => {
                Self::new(StoreErrorKind::Conflict, message)
            }
            Failure::Storage(error) => error,
            Failure::Panicked => Self::new(StoreErrorKind::Io, "an import panicked"),
            Failure::Halted(_) => Self::stopped(),
        }
    }
}
