//! Read connections to a database: opened when first needed, shared by turns, used on blocking threads.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::database::open_reader;
use super::error::{Fault, StoreError};

/// Reads of one database that run at the same time at most; further ones wait.
const READERS_MAX: usize = 8;

#[derive(Debug)]
pub(super) struct Readers {
    file: &'static str,
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Readers {
    pub(super) fn new(file: &'static str, path: PathBuf) -> Self {
        Self { file, path, idle: Mutex::default(), permits: Semaphore::new(READERS_MAX) }
    }

    /// Runs `work` on a blocking thread, in one read transaction.
    pub(super) async fn read<R: Send + 'static>(
        self: &Arc<Self>,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> Result<R, Fault> + Send + 'static,
    ) -> Result<R, StoreError> {
        let _permit = self.permits.acquire().await.map_err(|_| StoreError::stopped())?;
        let readers = Arc::clone(self);
        spawn_blocking(move || readers.read_blocking(doing, work)).await.map_err(|_| StoreError::stopped())?
    }

    /// Runs `work` here, in one read transaction.
    pub(super) fn read_blocking<R>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> Result<R, Fault>,
    ) -> Result<R, StoreError> {
        self.look_up(doing, |connection| {
            let snapshot = connection.unchecked_transaction()?;
            work(&snapshot)
        })
    }

    /// Runs `work` here. Each of its statements sees the newest commit.
    pub(super) fn look_up<R>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> Result<R, Fault>,
    ) -> Result<R, StoreError> {
        let at = |fault: Fault| fault.at(self.file, doing);
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open_reader(&self.path).map_err(|error| at(error.into()))?,
        };
        let result = work(&connection).map_err(at);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        result
    }
}
