//! The look-ups of a batch: which attributes differ from what was acknowledged, and what becomes of the records.

use fanpass_model::{UserId, UserProperties};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use super::Ledger;
use super::database;
use super::fingerprint::{DOUBTED, UNSET, UserPrints};
use super::journal::{self, Known};
use super::record::{Record, Step};
use crate::SyncError;

/// The fingerprints of an update, or of the part of it that is sent: what the ledger remembers once the service has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    pub(super) user: i64,
    pub(super) steps: Vec<Step>,
    cleared: u64,
}

impl Receipt {
    /// How many values that were acknowledged before it takes off.
    pub fn cleared(&self) -> u64 {
        self.cleared
    }

    /// Forgets the values of attributes that other updates of the user may have changed since.
    pub(super) fn doubt(&mut self, mut in_doubt: impl FnMut(u32) -> bool) {
        self.steps.retain_mut(|step| match *step {
            Step::Set(number, fingerprint) if in_doubt(number) => {
                *step = Step::Set(number, DOUBTED);
                fingerprint != UNSET
            }
            _ => true,
        });
    }
}

/// What becomes of a user's record.
pub(super) struct Change {
    pub(super) user: i64,
    record: Record,
    pub(super) steps: Vec<Step>,
}

impl Ledger {
    /// What differs from the records, in the order of the updates, and what is to be doubted of them therefore.
    pub(super) fn compare(
        &self,
        updates: &[(UserId, UserProperties)],
    ) -> Result<(Vec<Receipt>, Vec<Change>), SyncError> {
        let prints: Vec<UserPrints> = updates.iter().map(|(user, _)| self.fingerprints.of(user)).collect();
        let mut receipts: Vec<Receipt> =
            prints.iter().map(|prints| Receipt { user: prints.user(), ..Receipt::default() }).collect();
        let mut doubted = Vec::new();
        // One transaction, so that the file is not locked anew for each user.
        let reading = self.connection.unchecked_transaction()?;
        for group in order(&receipts).chunk_by(|(one, _), (other, _)| one == other) {
            let user = group[0].0;
            let mut change = self.begin(user)?;
            let uncertain = self.overlay.get(user) == Known::Perhaps;
            for &(_, at) in group {
                let (properties, Receipt { steps, cleared, .. }) = (&updates[at].1, &mut receipts[at]);
                steps.reserve_exact(properties.len());
                for (key, value) in properties {
                    let Some(&number) = self.numbers.get(key) else { continue };
                    let print = prints[at].value(key, value);
                    let known = change.record.get(number);
                    if known == Some(print) {
                        continue;
                    }
                    *cleared += u64::from(print == UNSET && known.is_some());
                    if known.is_some_and(|known| known != DOUBTED) || uncertain {
                        change.take(Step::Doubt(number));
                    }
                    steps.push(Step::Set(number, print));
                }
            }
            if !change.steps.is_empty() {
                doubted.push(change);
            }
        }
        reading.finish()?;
        Ok((receipts, doubted))
    }

    /// Cuts an update down to what a comparison found to differ.
    pub(super) fn cut(&self, properties: &mut UserProperties, receipt: &Receipt) {
        if receipt.steps.len() == properties.len() {
            return;
        }
        properties.retain(|key, _| match self.numbers.get(key) {
            Some(&number) => receipt.steps.iter().any(|step| step.number() == number),
            // Nothing is known of an attribute without a number.
            None => true,
        });
    }

    /// The fingerprints of whole updates.
    pub(super) fn receipts(&self, updates: &[(UserId, UserProperties)]) -> Vec<Receipt> {
        let receipt = |(user, properties): &(UserId, UserProperties)| {
            let prints = self.fingerprints.of(user);
            let step = |(key, value)| Some(Step::Set(*self.numbers.get(key)?, prints.value(key, value)));
            Receipt { user: prints.user(), steps: properties.iter().filter_map(step).collect(), cleared: 0 }
        };
        updates.iter().map(receipt).collect()
    }

    /// Remembers that the service has what the receipts stand for.
    pub(super) fn remember(&mut self, receipts: &[Receipt]) -> Result<(), SyncError> {
        let mut acknowledged = Vec::with_capacity(receipts.len());
        let reading = self.connection.unchecked_transaction()?;
        for group in order(receipts).chunk_by(|(one, _), (other, _)| one == other) {
            let mut change = self.begin(group[0].0)?;
            for &(_, at) in group {
                for &step in &receipts[at].steps {
                    change.take(step);
                }
            }
            acknowledged.push(change);
        }
        reading.finish()?;
        self.write(acknowledged)
    }

    /// The record of a user, to be changed. Where the journal may know more than is remembered, it is empty.
    pub(super) fn begin(&self, user: i64) -> Result<Change, SyncError> {
        let record = match self.overlay.get(user) {
            Known::Exactly(record) => record.clone(),
            Known::Perhaps => Record::default(),
            Known::InTable if self.is_new => Record::default(),
            Known::InTable => load(&self.connection, user)?,
        };
        Ok(Change { user, record, steps: Vec::new() })
    }

    /// Makes changes durable.
    pub(super) fn write(&mut self, changes: Vec<Change>) -> Result<(), SyncError> {
        if changes.is_empty() {
            return Ok(());
        }
        let writing = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        journal::append(&writing, &changes)?;
        writing.commit()?;
        for Change { user, record, .. } in changes {
            // A record that is not exact must not be taken for one.
            if self.overlay.get(user) != Known::Perhaps {
                self.overlay.put(user, record);
            }
        }
        Ok(())
    }

    /// Gives a number to attributes that have none yet.
    pub(super) fn number_attributes(
        &mut self,
        updates: &[(UserId, UserProperties)],
    ) -> Result<(), SyncError> {
        for key in updates.iter().flat_map(|(_, properties)| properties).map(|(key, _)| key) {
            if !self.numbers.contains_key(key) {
                let number = database::number(&self.connection, key)?;
                self.numbers.insert(key.clone(), number);
            }
        }
        Ok(())
    }
}

/// The users of a batch, each with the place of its update, in the order of the file; updates of one user in their own.
fn order(receipts: &[Receipt]) -> Vec<(i64, usize)> {
    let mut places: Vec<_> = receipts.iter().enumerate().map(|(at, receipt)| (receipt.user, at)).collect();
    places.sort_unstable();
    places
}

fn load(connection: &Connection, user: i64) -> Result<Record, SyncError> {
    let mut statement = connection.prepare_cached("SELECT acknowledged FROM users WHERE user = ?1")?;
    let stored =
        statement.query_row([user], |row| Ok(Record::from_bytes(row.get_ref(0)?.as_blob()?))).optional()?;
    Ok(stored.unwrap_or_default())
}

impl Change {
    pub(super) fn is_known(&self) -> bool {
        !self.record.is_empty()
    }

    fn take(&mut self, step: Step) {
        self.record.apply(step);
        self.steps.push(step);
    }
}
