//! Whose acknowledgements a ledger keeps: it is worthless, and worse, beside another service.

use rusqlite::OptionalExtension as _;

use super::Ledger;
use crate::{ErrorKind, SyncError};

impl Ledger {
    /// The service whose acknowledgements these are, as [`keep_for`](Self::keep_for) named it; `None` before it did.
    ///
    /// # Errors
    ///
    /// [`Ledger`](ErrorKind::Ledger).
    pub fn target(&self) -> Result<Option<String>, SyncError> {
        let known = self.connection.query_row("SELECT target FROM target", [], |row| row.get(0));
        Ok(known.optional()?)
    }

    /// Refuses a service whose acknowledgements these are not.
    ///
    /// # Errors
    ///
    /// [`LedgerTarget`](ErrorKind::LedgerTarget), [`Ledger`](ErrorKind::Ledger).
    pub fn check_target(&self, target: &str) -> Result<(), SyncError> {
        match self.target()? {
            Some(known) if known != target => {
                let message =
                    format!("it knows what {known} has, and not what {target} has; nothing was sent");
                let path = self.connection.path().unwrap_or_default().to_owned();
                Err(SyncError::new(ErrorKind::LedgerTarget, message).at(path))
            }
            _ => Ok(()),
        }
    }

    /// Remembers durably whose acknowledgements are kept from here on, in the place of whoever was named before.
    ///
    /// # Errors
    ///
    /// [`Ledger`](ErrorKind::Ledger).
    pub fn keep_for(&mut self, target: &str) -> Result<(), SyncError> {
        if self.target()?.as_deref() == Some(target) {
            return Ok(());
        }
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM target", [])?;
        transaction.execute("INSERT INTO target (target) VALUES (?1)", [target])?;
        Ok(transaction.commit()?)
    }
}
