//! The ledger: what the service has acknowledged, so that only changes are sent.

mod cursor;
mod database;
mod deliveries;
mod fingerprint;
mod lists;
mod record;
mod runs;
mod survey;

use std::{collections::HashMap, fmt, fs::File, path::Path};

use fanpass_model::{AttributeKey, UserId, UserProperties};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

pub use self::database::Busy;
pub use self::deliveries::Deliveries;
pub use self::lists::{ListId, ListReader, ListState, ListWriter};
pub use self::runs::{Run, RunEnd, RunId, RunStart};
pub use self::survey::{Changes, Survey};
use self::{fingerprint::Fingerprints, record::Record};
use crate::SyncError;

/// What the service has acknowledged of each user and attribute, and the figures of every run.
///
/// It is a file that one process holds at a time. It stores keyed fingerprints (SHA-256 under a random key of the
/// file, 64 bits), never an id or a value; whoever has the file and a guess can check the guess, so it is readable by
/// its owner only. Two users that share a fingerprint, or a damaged one, cost updates that were not needed; a change
/// is missed with a chance of 2^-64.
///
/// The order in which a push uses it: [`take_changes`](Self::take_changes), send, [`acknowledge`](Self::acknowledge).
/// A process that is killed anywhere leaves a ledger in which all that was acknowledged is known, and all that was
/// taken and not acknowledged is unknown: the next run sends that again and nothing else. A user's next update is to
/// be taken after the last one was acknowledged or given up.
///
/// Batches of some thousand updates are read and written in the order of the file; each call is one transaction. All
/// calls block.
///
/// ```
/// use fanpass_model::{UserId, UserProperties, attribute_key};
/// use fanpass_sync::{Busy, Ledger};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("ledger.db");
/// let mut ledger = Ledger::open(&path, Busy::Refuse)?;
/// let gold = UserProperties::from_iter([(attribute_key!("custom.tier"), "gold".into())]);
/// let batch = [(UserId::new("00042")?, gold)];
///
/// let changes = ledger.take_changes(&batch)?;
/// assert_eq!(changes[0], batch[0].1);
/// // … send them …
/// ledger.acknowledge(&batch)?;
/// assert!(ledger.changed_part(&batch)?[0].is_empty());
/// # Ok(())
/// # }
/// ```
pub struct Ledger {
    connection: Connection,
    fingerprints: Fingerprints,
    /// The numbers that stand for attributes in records.
    numbers: HashMap<AttributeKey, u32>,
    /// Held for as long as the ledger is open.
    _lock: File,
}

/// A user's fingerprint and the place of an update in its batch.
type Place = (i64, usize);

/// Records by their users' fingerprints.
type Records = Vec<(i64, Record)>;

impl Ledger {
    /// Opens the ledger at `path`, in a folder that exists, or makes an empty one. `path` with `.lock` behind it is the
    /// file by which processes keep out of each other's way.
    ///
    /// # Errors
    ///
    /// [`LedgerBusy`](crate::ErrorKind::LedgerBusy), [`LedgerVersion`](crate::ErrorKind::LedgerVersion),
    /// [`Io`](crate::ErrorKind::Io), or [`Ledger`](crate::ErrorKind::Ledger) if the file is not a ledger or damaged.
    pub fn open(path: &Path, busy: Busy) -> Result<Self, SyncError> {
        let lock = database::lock(path, busy)?;
        let connection = database::open(path)?;
        let key: Vec<u8> = connection.query_row("SELECT key FROM secret", [], |row| row.get(0))?;
        let numbers = database::numbers(&connection)?;
        Ok(Self { connection, fingerprints: Fingerprints::new(&key), numbers, _lock: lock })
    }

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
        // One transaction, so that the file is not locked anew for each user.
        let reading = self.connection.unchecked_transaction()?;
        let (changes, _) = self.compare(&reading, updates)?;
        reading.finish()?;
        Ok(changes)
    }

    /// As [`changed_part`](Self::changed_part), to send them: what was acknowledged of these attributes before is
    /// forgotten, durably, because from here on the service may hold either.
    ///
    /// # Errors
    ///
    /// [`Ledger`](crate::ErrorKind::Ledger); nothing is forgotten then.
    pub fn take_changes(
        &mut self,
        updates: &[(UserId, UserProperties)],
    ) -> Result<Vec<UserProperties>, SyncError> {
        let writing = self.connection.unchecked_transaction()?;
        let (changes, forgotten) = self.compare(&writing, updates)?;
        write(&writing, &forgotten)?;
        writing.commit()?;
        Ok(changes)
    }

    /// Remembers that the service has these attributes now; durable when it returns. Of several updates of one user the
    /// last one in the batch counts.
    ///
    /// # Errors
    ///
    /// [`Ledger`](crate::ErrorKind::Ledger); nothing of the batch is remembered then, and will be sent again.
    pub fn acknowledge(&mut self, updates: &[(UserId, UserProperties)]) -> Result<(), SyncError> {
        self.number_attributes(updates)?;
        let order = self.order(updates);
        let writing = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut records = Records::new();
        for group in order.chunk_by(|(one, _), (other, _)| one == other) {
            let user = group[0].0;
            let mut record = load(&writing, user)?;
            for &(_, at) in group {
                let (id, properties) = &updates[at];
                for (key, value) in properties {
                    if let Some(&number) = self.numbers.get(key) {
                        record.set(number, self.fingerprints.value(id, key, value));
                    }
                }
            }
            records.push((user, record));
        }
        write(&writing, &records)?;
        Ok(writing.commit()?)
    }

    /// What differs from the records, and the records without what differs, where that is not what they are.
    fn compare(
        &self,
        connection: &Connection,
        updates: &[(UserId, UserProperties)],
    ) -> Result<(Vec<UserProperties>, Records), SyncError> {
        let mut changes = vec![UserProperties::new(); updates.len()];
        let mut forgotten = Records::new();
        for group in self.order(updates).chunk_by(|(one, _), (other, _)| one == other) {
            let user = group[0].0;
            let mut record = load(connection, user)?;
            let mut forgot = false;
            for &(_, at) in group {
                let (id, properties) = &updates[at];
                for (key, value) in properties {
                    let number = self.numbers.get(key).copied();
                    let known = number.and_then(|number| record.get(number));
                    if known == Some(self.fingerprints.value(id, key, value)) {
                        continue;
                    }
                    forgot |= number.is_some_and(|number| record.forget(number));
                    changes[at].insert(key.clone(), value.clone());
                }
            }
            if forgot {
                forgotten.push((user, record));
            }
        }
        Ok((changes, forgotten))
    }

    /// The batch in the order of the file, updates of one user in their own order.
    fn order(&self, updates: &[(UserId, UserProperties)]) -> Vec<Place> {
        let places = updates.iter().enumerate().map(|(at, (user, _))| (self.fingerprints.user(user), at));
        let mut places: Vec<Place> = places.collect();
        places.sort_unstable();
        places
    }

    /// Gives a number to attributes that have none yet.
    fn number_attributes(&mut self, updates: &[(UserId, UserProperties)]) -> Result<(), SyncError> {
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

fn write(transaction: &Transaction<'_>, records: &[(i64, Record)]) -> Result<(), SyncError> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO users (user, acknowledged) VALUES (?1, ?2)
         ON CONFLICT (user) DO UPDATE SET acknowledged = excluded.acknowledged",
    )?;
    for (user, record) in records {
        statement.execute((user, record.as_bytes()))?;
    }
    Ok(())
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("path", &self.connection.path()).finish_non_exhaustive()
    }
}
