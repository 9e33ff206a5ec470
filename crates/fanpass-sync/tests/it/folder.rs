//! A ledger in a folder of its own, and the updates that it is given.

use std::{
    fs,
    path::{Path, PathBuf},
};

use fanpass_model::{AttributeKey, AttributeValue, UserId, UserProperties};
use fanpass_sync::{Busy, Ledger};

pub(crate) type Update = (UserId, UserProperties);

pub(crate) fn update(user: &str, attributes: &[(&'static str, AttributeValue)]) -> Update {
    let properties = attributes.iter().map(|(key, value)| (AttributeKey::new(*key).unwrap(), value.clone()));
    (UserId::new(user).unwrap(), properties.collect())
}

pub(crate) fn open(path: &Path) -> Ledger {
    Ledger::open(path, Busy::Refuse).unwrap()
}

pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.0.path().join("ledger.db")
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// What is on disk at this moment, as a process that is killed now would leave it.
    pub(crate) fn killed(&self) -> Self {
        let copy = Self::new();
        for name in ["ledger.db", "ledger.db-wal"] {
            let from = self.0.path().join(name);
            if from.exists() {
                fs::copy(from, copy.0.path().join(name)).unwrap();
            }
        }
        copy
    }
}
