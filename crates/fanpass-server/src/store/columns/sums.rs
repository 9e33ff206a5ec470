//! What users and their attributes come to, in whatever order they are read: a count and a sum of hashes for each attribute,
//! by which the copy and `service.db` are held against each other in little memory.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher as _};

use rusqlite::{Connection, Rows, params};

use super::record::{Keys, Record, write_record};

/// Users of `service.db` that the copy does not know yet as they are, behind the change ?1: by their rows, and by their ids.
const CHANGED: &str = "SELECT user FROM user_changes WHERE sequence > ?1 AND user IS NOT NULL";
const TOUCHED: &str = "SELECT id FROM touched";

/// What things of one kind come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::store) struct Sum {
    /// How many there are.
    pub(in crate::store) count: u64,
    hashes: u64,
}

impl Sum {
    pub(super) fn add(&mut self, hash: u64) {
        self.count += 1;
        self.hashes = self.hashes.wrapping_add(hash);
    }
}

/// What users come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::store) struct Sums {
    pub(in crate::store) users: Sum,
    /// Those who carry an attribute, with what they carry, by its key.
    pub(in crate::store) attributes: BTreeMap<Box<str>, Sum>,
}

impl Sums {
    /// Takes what is known of an attribute under the number of its key; of one that nobody carries nothing.
    pub(super) fn take(&mut self, key: Box<str>, sum: Sum) {
        if sum.count > 0 {
            self.attributes.insert(key, sum);
        }
    }

    /// The users of `service.db` whom a copy knows that has taken over all changes up to `taken`; `None` if the attributes of one
    /// cannot be read.
    pub(in crate::store) fn of_service(service: &Connection, taken: i64) -> rusqlite::Result<Option<Self>> {
        let mut statement = service.prepare(&format!(
            "SELECT id, attributes FROM users WHERE rowid NOT IN ({CHANGED}) AND id NOT IN ({TOUCHED})"
        ))?;
        let mut rows = statement.query([taken])?;
        let (mut users, mut keys, mut record) = (Sum::default(), Keys::default(), Vec::new());
        let mut attributes: Vec<Sum> = Vec::new();
        while let Some(row) = rows.next()? {
            let user = hash(row.get_ref(0)?.as_str()?.as_bytes());
            users.add(user);
            record.clear();
            if write_record(row.get_ref(1)?.as_str()?, &mut keys, &mut record).is_err() {
                return Ok(None);
            }
            for (key, value) in Record(&record) {
                let key = usize::try_from(key).unwrap_or(usize::MAX);
                attributes.resize(attributes.len().max(key.saturating_add(1)), Sum::default());
                if let Some(sum) = attributes.get_mut(key) {
                    sum.add(carries(user, hash(value)));
                }
            }
        }
        let mut sums = Self { users, ..Self::default() };
        // New to keys that were none: all of them, in the order of their numbers.
        keys.take_new().into_iter().zip(attributes).for_each(|((_, key), sum)| sums.take(key, sum));
        Ok(Some(sums))
    }
}

/// A hash that this process alone knows.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// The hash of a user who carries a value.
pub(super) fn carries(user: u64, value: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write_u64(user);
    hasher.write_u64(value);
    hasher.finish()
}

/// The ids of those users whom [`Sums::of_service`] leaves out, in their order.
pub(in crate::store) fn left_out(service: &Connection) -> rusqlite::Result<rusqlite::Statement<'_>> {
    service.prepare(&format!(
        "SELECT id FROM users WHERE rowid IN ({CHANGED}) UNION SELECT id FROM touched ORDER BY 1"
    ))
}

/// Looks for ids among those that are left out; each id that is looked for is greater than the one before.
pub(in crate::store) struct LeftOut<'s> {
    rows: Option<Rows<'s>>,
    next: Option<String>,
}

impl<'s> LeftOut<'s> {
    /// Nobody is.
    pub(in crate::store) fn none() -> Self {
        Self { rows: None, next: None }
    }

    /// Those that `statement` gives, which [`left_out`] made.
    pub(in crate::store) fn read(
        statement: &'s mut rusqlite::Statement<'_>,
        taken: i64,
    ) -> rusqlite::Result<Self> {
        let mut left_out = Self { rows: Some(statement.query(params![taken])?), next: None };
        left_out.step()?;
        Ok(left_out)
    }

    pub(super) fn holds(&mut self, id: &str) -> rusqlite::Result<bool> {
        while self.next.as_deref().is_some_and(|next| next < id) {
            self.step()?;
        }
        Ok(self.next.as_deref() == Some(id))
    }

    fn step(&mut self) -> rusqlite::Result<()> {
        let Some(rows) = &mut self.rows else { return Ok(()) };
        self.next = rows.next()?.map(|row| row.get(0)).transpose()?;
        Ok(())
    }
}
