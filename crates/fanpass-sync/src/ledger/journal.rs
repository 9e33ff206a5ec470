//! Changes of users' records in the order in which they came. A push touches users all over the table, so they are
//! appended here and folded into the table later, sorted: in one pass over it instead of a page for each user.

use std::path::Path;

use fanpass_sorted::Sorter;
use foldhash::{HashMap, HashMapExt as _};
use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, Transaction, params_from_iter};

use super::compare::Change;
use super::cursor::Cursor;
use super::fingerprint::{fingerprint, order};
use super::record::{ENTRY, Record, Step};
use crate::SyncError;

/// Users of whom the journal's outcome is held in memory; of others only that there is one.
const RECENT_MAX: usize = 50_000;
/// Users that are folded in one transaction.
const FOLD_USERS: usize = 20_000;
/// Rows that are written by one statement: beginning one costs more than a row.
const INSERT_ROWS: usize = 100;
/// Bytes of changes that are sorted in memory at a time while they are folded; more is spilled.
const SORT_BYTES: usize = 8 << 20;
/// A user's fingerprint and the number of its steps; the steps follow.
const HEAD: usize = 12;
/// A user's fingerprint and the place of its steps among all.
const SORT_HEAD: usize = 16;
/// Steps that are sorted as one.
const STEPS_MAX: usize = 4096;

/// Appends the changes of a batch, as one row.
pub(super) fn append(writing: &Transaction<'_>, changes: &[Change]) -> Result<(), SyncError> {
    let steps: usize = changes.iter().map(|change| change.steps.len()).sum();
    let mut batch = Vec::with_capacity(changes.len() * HEAD + steps * ENTRY);
    for Change { user, steps, .. } in changes {
        for steps in steps.chunks(STEPS_MAX) {
            batch.extend(user.to_le_bytes());
            batch.extend(u32::try_from(steps.len()).unwrap_or_default().to_le_bytes());
            Step::write(steps, &mut batch);
        }
    }
    writing.prepare_cached("INSERT INTO journal (changes) VALUES (?1)")?.execute([batch])?;
    Ok(())
}

/// The changes of a batch: users and their steps. What is damaged is left out, and so is what stands behind it.
fn changes(mut batch: &[u8]) -> impl Iterator<Item = (i64, &[u8])> {
    std::iter::from_fn(move || {
        let (user, rest) = batch.split_first_chunk()?;
        let (count, rest) = rest.split_first_chunk()?;
        let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
        let (steps, rest) = rest.split_at_checked(count.checked_mul(ENTRY)?)?;
        batch = rest;
        Some((i64::from_le_bytes(*user), steps))
    })
}

/// Takes the journal into the table and empties it; sorts it in `folder` where it does not fit into memory.
///
/// The last step of each attribute decides, whatever stood before: a fold that is cut off anywhere is done again.
pub(super) fn fold(connection: &Connection, folder: &Path) -> Result<(), SyncError> {
    let mut sorter = Sorter::new(folder, SORT_BYTES);
    let mut statement = connection.prepare("SELECT changes FROM journal ORDER BY seq")?;
    let mut rows = statement.query([])?;
    let (mut place, mut entry) = (0_u64, Vec::new());
    while let Some(row) = rows.next()? {
        for (user, steps) in changes(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?) {
            entry.clear();
            entry.extend(order(user));
            entry.extend(place.to_be_bytes());
            entry.extend(steps);
            sorter.push(&entry)?;
            place += 1;
        }
    }
    drop(rows);
    if place == 0 {
        return Ok(());
    }
    let mut table = Cursor::new(connection);
    let mut changed: Vec<(i64, Record)> = Vec::new();
    sorter.finish(|entry| {
        let Some((head, steps)) = entry.split_first_chunk::<SORT_HEAD>() else { return Ok(()) };
        let user = fingerprint(std::array::from_fn(|at| head[at]));
        if changed.last().is_none_or(|(last, _)| *last != user) {
            if changed.len() >= FOLD_USERS {
                write(connection, &changed)?;
                changed.clear();
            }
            changed.push((user, table.record_of(user)?));
        }
        if let Some((_, record)) = changed.last_mut() {
            Step::from_bytes(steps).for_each(|step| record.apply(step));
        }
        Ok::<_, SyncError>(())
    })?;
    write(connection, &changed)?;
    connection.execute("DELETE FROM journal", [])?;
    Ok(())
}

fn write(connection: &Connection, records: &[(i64, Record)]) -> Result<(), SyncError> {
    let writing = connection.unchecked_transaction()?;
    for records in records.chunks(INSERT_ROWS) {
        let rows = vec!["(?, ?)"; records.len()].join(", ");
        let insert = format!("INSERT OR REPLACE INTO users (user, acknowledged) VALUES {rows}");
        let mut statement = writing.prepare_cached(&insert)?;
        let values = records.iter().flat_map(|(user, record)| -> [ToSqlOutput<'_>; 2] {
            [(*user).into(), ToSqlOutput::Borrowed(record.as_bytes().into())]
        });
        statement.execute(params_from_iter(values))?;
    }
    Ok(writing.commit()?)
}

/// What the journal makes of the users in it, in bounded memory.
pub(super) struct Overlay {
    recent: HashMap<i64, Record>,
    most: usize,
    older: Option<Filter>,
    /// Nothing of the journal is remembered, and it may hold anybody.
    is_lost: bool,
}

/// What is known of a user beside the table.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known<'a> {
    /// All of it.
    Exactly(&'a Record),
    /// The journal may have something.
    Perhaps,
    /// The journal has nothing: the table tells.
    InTable,
}

impl Default for Overlay {
    fn default() -> Self {
        Self::of(RECENT_MAX)
    }
}

impl Overlay {
    fn of(most: usize) -> Self {
        Self { recent: HashMap::new(), most, older: None, is_lost: false }
    }

    /// What is left where the journal is folded, until that has succeeded: this takes no room.
    pub(super) fn lost() -> Self {
        Self { is_lost: true, ..Self::default() }
    }

    pub(super) fn get(&self, user: i64) -> Known<'_> {
        match self.recent.get(&user) {
            Some(record) => Known::Exactly(record),
            None if self.is_lost || self.older.as_ref().is_some_and(|older| older.may_hold(user)) => {
                Known::Perhaps
            }
            None => Known::InTable,
        }
    }

    /// Remembers a record that is exact.
    pub(super) fn put(&mut self, user: i64, record: Record) {
        if self.recent.len() >= self.most && !self.recent.contains_key(&user) {
            let older = self.older.get_or_insert_with(Filter::default);
            for (user, _) in self.recent.drain() {
                older.add(user);
            }
        }
        self.recent.insert(user, record);
    }
}

/// A set of fingerprints that may hold more than was added: a Bloom filter of 8 MiB. With 10 million fingerprints in it,
/// one of 15 others is taken for one of them.
struct Filter(Vec<u64>);

const FILTER_BITS: u64 = 1 << 26;

impl Default for Filter {
    fn default() -> Self {
        Self(vec![0; usize::try_from(FILTER_BITS / 64).unwrap_or_default()])
    }
}

impl Filter {
    fn places(user: i64) -> [(usize, u64); 2] {
        // Fingerprints are random, so their halves are two hashes.
        let bits = user.cast_unsigned();
        [bits, bits >> 32].map(|hash| {
            let bit = hash % FILTER_BITS;
            (usize::try_from(bit / 64).unwrap_or_default(), 1 << (bit % 64))
        })
    }

    fn add(&mut self, user: i64) {
        for (word, bit) in Self::places(user) {
            self.0[word] |= bit;
        }
    }

    fn may_hold(&self, user: i64) -> bool {
        Self::places(user).iter().all(|&(word, bit)| self.0[word] & bit != 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_user_in_the_journal_is_never_looked_up_in_the_table(
            users in prop::collection::vec(any::<i64>(), 1..60),
            most in 1_usize..10,
        ) {
            let mut overlay = Overlay::of(most);
            for ((at, &user), value) in users.iter().enumerate().zip(0..) {
                let mut record = Record::default();
                record.apply(Step::Set(1, value));
                overlay.put(user, record.clone());
                prop_assert_eq!(overlay.get(user), Known::Exactly(&record));
                prop_assert!(users[..at].iter().all(|&before| overlay.get(before) != Known::InTable));
                prop_assert!(overlay.recent.len() <= most);
            }
            prop_assert!(users.iter().all(|&user| Overlay::lost().get(user) == Known::Perhaps));
        }
    }
}
