//! What the ledger knows of the rows: which are unchanged, and what was acknowledged.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use fanpass_model::{UserId, UserProperties};
use fanpass_sync::{Busy, Deliveries, Ledger, SyncError};

/// Rows that are looked up together.
pub const BATCH: usize = 4096;

/// An update of one user.
pub type Update = (UserId, UserProperties);

/// The ledger of a push, if there is one. Clones share it.
#[derive(Debug, Clone, Default)]
pub enum Memory {
    /// Everything is sent.
    #[default]
    None,
    /// Looked into only: nothing will be sent.
    Plan(Arc<Mutex<Ledger>>),
    /// What is sent goes through it.
    Push(Arc<Mutex<Deliveries>>),
}

impl Memory {
    /// Opens the ledger at `path`, which another process must not hold.
    pub fn open(path: Option<&Path>, dry_run: bool) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::None) };
        let ledger = Ledger::open(path, Busy::Refuse)?;
        Ok(if dry_run {
            Self::Plan(Arc::new(Mutex::new(ledger)))
        } else {
            Self::Push(Arc::new(Mutex::new(Deliveries::new(ledger))))
        })
    }

    /// Whether there is a ledger.
    pub const fn is_some(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// The part of each update that is to be sent; empty where nothing is.
    pub fn changes(&self, updates: &[Update]) -> Result<Vec<UserProperties>, SyncError> {
        match self {
            Self::None => Ok(updates.iter().map(|(_, properties)| properties.clone()).collect()),
            Self::Plan(ledger) => ledger.lock().unwrap_or_else(PoisonError::into_inner).changed_part(updates),
            Self::Push(deliveries) => deliveries.lock().unwrap_or_else(PoisonError::into_inner).take(updates),
        }
    }

    /// Says that an update is over.
    pub fn settle(&self, (user, sent): Update, acknowledged: bool) -> Result<(), SyncError> {
        match self {
            Self::None | Self::Plan(_) => Ok(()),
            Self::Push(deliveries) => {
                deliveries.lock().unwrap_or_else(PoisonError::into_inner).settle(user, sent, acknowledged)
            }
        }
    }

    /// Writes what was acknowledged.
    pub fn finish(self) -> Result<(), SyncError> {
        match self {
            Self::None | Self::Plan(_) => Ok(()),
            Self::Push(deliveries) => deliveries.lock().unwrap_or_else(PoisonError::into_inner).flush(),
        }
    }
}
