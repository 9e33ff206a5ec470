//! Updates beside what is known of their users, batch by batch.

use fanpass_model::{UserId, UserProperties};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::Ledger;
use super::database;
use super::journal::{self, Known};
use super::record::{Record, Step};
use crate::SyncError;

/// A user's fingerprint and the place of an update in its batch.
pub(super) type Place = (i64, usize);

/// What becomes of a user's record.
pub(super) struct Change {
    user: i64,
    pub(super) record: Record,
    steps: Vec<Step>,
}

impl Ledger {
    /// What differs from the records, and what is to be forgotten of them therefore.
    pub(super) fn compare(
        &self,
        updates: &[(UserId, UserProperties)],
    ) -> Result<(Vec<UserProperties>, Vec<Change>), SyncError> {
        let mut changes = vec![UserProperties::new(); updates.len()];
        let mut forgotten = Vec::new();
        for group in self.order(updates).chunk_by(|(one, _), (other, _)| one == other) {
            let user = group[0].0;
            let mut change = self.begin(user)?;
            let uncertain = self.overlay.get(user) == Known::Perhaps;
            for &(_, at) in group {
                let (id, properties) = &updates[at];
                if change.record.is_empty() && !uncertain {
                    changes[at].clone_from(properties);
                    continue;
                }
                for (key, value) in properties {
                    let number = self.numbers.get(key).copied();
                    let known = number.and_then(|number| change.record.get(number));
                    if known == Some(self.fingerprints.value(id, key, value)) {
                        continue;
                    }
                    if let Some(number) = number.filter(|_| known.is_some() || uncertain) {
                        change.take(Step::Forget(number));
                    }
                    changes[at].insert(key.clone(), value.clone());
                }
            }
            if !change.steps.is_empty() {
                forgotten.push(change);
            }
        }
        Ok((changes, forgotten))
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
        let writing = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for change in &changes {
            journal::append(&writing, change.user, &change.steps)?;
        }
        writing.commit()?;
        for Change { user, record, .. } in changes {
            // A record that is not exact must not be taken for one.
            if self.overlay.get(user) != Known::Perhaps {
                self.overlay.put(user, record);
            }
        }
        Ok(())
    }

    /// The batch in the order of the file, updates of one user in their own order.
    pub(super) fn order(&self, updates: &[(UserId, UserProperties)]) -> Vec<Place> {
        let places = updates.iter().enumerate().map(|(at, (user, _))| (self.fingerprints.user(user), at));
        let mut places: Vec<Place> = places.collect();
        places.sort_unstable();
        places
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

fn load(connection: &Connection, user: i64) -> Result<Record, SyncError> {
    let mut statement = connection.prepare_cached("SELECT acknowledged FROM users WHERE user = ?1")?;
    let stored =
        statement.query_row([user], |row| Ok(Record::from_bytes(row.get_ref(0)?.as_blob()?))).optional()?;
    Ok(stored.unwrap_or_default())
}

impl Change {
    pub(super) fn take(&mut self, step: Step) {
        self.record.apply(step);
        self.steps.push(step);
    }
}
