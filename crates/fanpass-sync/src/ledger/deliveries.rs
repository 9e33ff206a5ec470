//! The ledger in the middle of a push: what is under way, and when an acknowledgement may be remembered.

use fanpass_model::{UserId, UserProperties};
use foldhash::{HashMap, HashMapExt as _};

use super::{Ledger, Receipt};
use crate::SyncError;

/// Acknowledgements that are written together.
const FLUSH_AT: usize = 4096;

/// A push of many updates at a time through a [`Ledger`], in whatever order they are answered.
///
/// Which value was acknowledged is remembered only if no other update of the same attribute of its user is under way: what
/// the service holds is known again when the last of them was answered. A process that is killed sends again what was under way, and at most 4,096
/// updates whose acknowledgement had not been written yet.
///
/// ```
/// use fanpass_model::{UserId, UserProperties, attribute_key};
/// use fanpass_sync::{Busy, Deliveries, Ledger};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("ledger.db");
/// let mut deliveries = Deliveries::new(Ledger::open(&path, Busy::Refuse)?);
/// let user = UserId::new("00042")?;
/// let gold = UserProperties::from_iter([(attribute_key!("custom.tier"), "gold".into())]);
///
/// let taken = deliveries.take(vec![(user.clone(), gold.clone())])?.remove(0);
/// // … send what it says …
/// deliveries.settle(taken.receipt, true)?;
/// assert!(deliveries.take(vec![(user, gold)])?[0].change.is_empty());
/// deliveries.flush()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Deliveries {
    ledger: Ledger,
    /// How many updates of a user's attribute are under way.
    under_way: HashMap<(i64, u32), usize>,
    acknowledged: Vec<Receipt>,
}

/// An update that was looked up.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Taken {
    /// The user.
    pub user: UserId,
    /// What is to be sent; empty where the service has all of it.
    pub change: UserProperties,
    /// What of it is remembered, for [`Deliveries::settle`].
    pub receipt: Receipt,
}

impl Deliveries {
    /// Nothing is under way yet.
    pub fn new(ledger: Ledger) -> Self {
        Self { ledger, under_way: HashMap::new(), acknowledged: Vec::new() }
    }

    /// The part of each update that is to be sent, empty where the service has all of it. Each part that is not empty
    /// is under way until it is [settled](Self::settle).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger); nothing is taken then.
    pub fn take(&mut self, updates: Vec<(UserId, UserProperties)>) -> Result<Vec<Taken>, SyncError> {
        // Written later, they would hide that these updates may have arrived.
        self.flush()?;
        let receipts = self.ledger.take(&updates)?;
        for Receipt { user, steps, .. } in &receipts {
            for step in steps {
                *self.under_way.entry((*user, step.number())).or_default() += 1;
            }
        }
        let taken = updates.into_iter().zip(receipts).map(|((user, mut change), receipt)| {
            self.ledger.cut(&mut change, &receipt);
            Taken { user, change, receipt }
        });
        Ok(taken.collect())
    }

    /// Says that an update that was taken is over: acknowledged by the service, or given up.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger); the acknowledgements stay to be written.
    pub fn settle(&mut self, mut receipt: Receipt, acknowledged: bool) -> Result<(), SyncError> {
        let user = receipt.user;
        receipt.doubt(|number| {
            let others = self.under_way.remove(&(user, number)).unwrap_or_default().saturating_sub(1);
            if others > 0 {
                self.under_way.insert((user, number), others);
            }
            others > 0
        });
        if acknowledged {
            self.acknowledged.push(receipt);
        }
        if self.acknowledged.len() >= FLUSH_AT { self.flush() } else { Ok(()) }
    }

    /// The ledger, once all that can be said of the updates has been [written](Self::flush).
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush).
    pub fn into_ledger(mut self) -> Result<Ledger, SyncError> {
        self.flush()?;
        self.ledger.settle()?;
        Ok(self.ledger)
    }

    /// Writes the acknowledgements that are not written yet: at the end of a run, or whenever one likes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger); what could not be written is sent again by the next run.
    pub fn flush(&mut self) -> Result<(), SyncError> {
        if !self.acknowledged.is_empty() {
            self.ledger.remember(&self.acknowledged)?;
            self.acknowledged.clear();
        }
        Ok(())
    }
}
