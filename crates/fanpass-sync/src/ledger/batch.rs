//! A batch of updates: what of it is to be sent, and that the service has acknowledged it.

use fanpass_model::{UserId, UserProperties};

use super::{Ledger, compare::Receipt};
use crate::SyncError;

impl Ledger {
    /// The attributes of each update that differ from what was acknowledged, in the order of the batch; empty for an
    /// update that changes nothing. Nothing is written: this is for a plan.
    ///
    /// A user's later update in the batch is compared with the earlier ones as well.
    ///
    /// # Errors
    ///
    /// [`Ledger`](crate::ErrorKind::Ledger).
    pub fn changed_part(
        &self,
        updates: &[(UserId, UserProperties)],
    ) -> Result<Vec<UserProperties>, SyncError> {
        let (receipts, _) = self.compare(updates)?;
        Ok(self.differing(updates, &receipts))
    }

    /// Whether anything was acknowledged of the user.
    ///
    /// # Errors
    ///
    /// [`Ledger`](crate::ErrorKind::Ledger).
    pub fn knows(&self, user: &UserId) -> Result<bool, SyncError> {
        Ok(self.begin(self.fingerprints.of(user).user())?.is_known())
    }

    /// As [`changed_part`](Self::changed_part), to send them: which value was acknowledged of these attributes before is
    /// forgotten, durably, because from here on the service may hold either.
    ///
    /// # Errors
    ///
    /// [`Ledger`](crate::ErrorKind::Ledger); nothing is forgotten then.
    pub fn take_changes(
        &mut self,
        updates: &[(UserId, UserProperties)],
    ) -> Result<Vec<UserProperties>, SyncError> {
        let receipts = self.take(updates)?;
        Ok(self.differing(updates, &receipts))
    }

    /// Remembers that the service has these attributes now; durable when it returns. Of several updates of one user the
    /// last one in the batch counts.
    ///
    /// # Errors
    ///
    /// [`Ledger`](crate::ErrorKind::Ledger); nothing of the batch is remembered then, and will be sent again.
    pub fn acknowledge(&mut self, updates: &[(UserId, UserProperties)]) -> Result<(), SyncError> {
        self.number_attributes(updates)?;
        self.remember(&self.receipts(updates))
    }

    /// What of each update is to be sent, as [`take_changes`](Self::take_changes).
    pub(super) fn take(&mut self, updates: &[(UserId, UserProperties)]) -> Result<Vec<Receipt>, SyncError> {
        self.number_attributes(updates)?;
        let (receipts, doubted) = self.compare(updates)?;
        self.write(doubted)?;
        Ok(receipts)
    }

    /// The updates, each cut down to what was found to differ.
    fn differing(&self, updates: &[(UserId, UserProperties)], receipts: &[Receipt]) -> Vec<UserProperties> {
        let mut changes: Vec<_> = updates.iter().map(|(_, properties)| properties.clone()).collect();
        changes.iter_mut().zip(receipts).for_each(|(change, receipt)| self.cut(change, receipt));
        changes
    }
}
