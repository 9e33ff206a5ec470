//! What a whole source would change, found by one sorted pass over it and the ledger instead of a look-up for each row.

use std::path::Path;

use fanpass_model::{AttributeKey, UserId, UserProperties};
use fanpass_sorted::Sorter;
use foldhash::{HashMap, HashSet};

use super::Ledger;
use super::cursor::Cursor;
use super::fingerprint::{UNSET, fingerprint, order};
use super::record::{Record, Step};
use crate::SyncError;

/// Bytes of rows that are sorted in memory at a time; more is spilled.
const CHUNK_BYTES: usize = 16 << 20;
/// A user's fingerprint and a row's number.
const HEAD: usize = 16;

/// Takes the updates of a source, in its order, and tells which of them differ from what was acknowledged.
///
/// Of several updates of one user the last value of each attribute counts; an update of which nothing counts is a
/// duplicate. Where one update of a user has to be sent, all of that user's that count are, in their order, so that the
/// last value is the last to arrive.
///
/// Memory: 16 MiB, and two bits for each update.
pub struct Survey<'a> {
    ledger: &'a Ledger,
    sorter: Sorter,
    numbers: HashMap<AttributeKey, u32>,
    updates: u64,
    row: Vec<u8>,
}

impl<'a> Survey<'a> {
    pub(super) fn new(ledger: &'a Ledger, folder: &Path) -> Self {
        let numbers = ledger.numbers.clone();
        Self { ledger, sorter: Sorter::new(folder, CHUNK_BYTES), numbers, updates: 0, row: Vec::new() }
    }

    /// Takes the next update.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if there is no room to spill.
    pub fn add(&mut self, user: &UserId, properties: &UserProperties) -> Result<(), SyncError> {
        let prints = self.ledger.fingerprints.of(user);
        self.row.clear();
        self.row.extend(order(prints.user()));
        // The last update of a user comes first.
        self.row.extend((u64::MAX - self.updates).to_be_bytes());
        for (key, value) in properties {
            let number = match self.numbers.get(key) {
                Some(&number) => number,
                None => fresh(&mut self.numbers, key),
            };
            Step::write(&[Step::Set(number, prints.value(key, value))], &mut self.row);
        }
        self.updates += 1;
        self.sorter.push(&self.row).map_err(SyncError::from)
    }

    /// Compares all of them with the ledger.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger), [`ErrorKind::Io`](crate::ErrorKind::Io).
    pub fn finish(self) -> Result<Changes, SyncError> {
        let words = usize::try_from(self.updates.div_ceil(64)).unwrap_or(usize::MAX);
        let mut judge = Judge {
            cursor: Cursor::new(&self.ledger.connection),
            changes: Changes { marks: vec![0; words], duplicates: vec![0; words], ..Changes::default() },
            user: None,
            known: Record::default(),
            seen: HashSet::default(),
            counting: Vec::new(),
            differs: Differs::No,
        };
        self.sorter.finish(|row| judge.take(row))?;
        judge.close();
        Ok(judge.changes)
    }
}

fn fresh(numbers: &mut HashMap<AttributeKey, u32>, key: &AttributeKey) -> u32 {
    let number = numbers.values().max().map_or(1, |most| most.saturating_add(1));
    numbers.insert(key.clone(), number);
    number
}

/// Which updates of a source are to be sent, and how many are what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// A bit for each update that is to be sent.
    marks: Vec<u64>,
    /// A bit for each update that is a duplicate.
    duplicates: Vec<u64>,
    /// Updates of users of whom nothing was acknowledged.
    pub added: u64,
    /// Updates that change or add a value.
    pub changed: u64,
    /// Updates that only take attributes off.
    pub cleared: u64,
    /// Updates of which the service has all that counts.
    pub unchanged: u64,
    /// Updates all of whose values are overridden by later ones of the same user.
    pub duplicate: u64,
}

impl Changes {
    /// What is to be done about the update of that number, from 0.
    pub fn verdict(&self, update: u64) -> Verdict {
        let (word, bit) = place(update);
        let has = |bits: &[u64]| bits.get(word).is_some_and(|bits| bits & bit != 0);
        match (has(&self.marks), has(&self.duplicates)) {
            (true, _) => Verdict::Send,
            (false, true) => Verdict::Duplicate,
            (false, false) => Verdict::Unchanged,
        }
    }

    /// How many are to be sent.
    pub fn count(&self) -> u64 {
        self.added + self.changed + self.cleared
    }
}

/// What is to be done about an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It differs from what was acknowledged.
    Send,
    /// The service has all of it that counts.
    Unchanged,
    /// Later updates of the user override all of it.
    Duplicate,
}

fn set(bits: &mut [u64], update: u64) {
    let (word, bit) = place(update);
    if let Some(bits) = bits.get_mut(word) {
        *bits |= bit;
    }
}

fn place(update: u64) -> (usize, u64) {
    (usize::try_from(update / 64).unwrap_or(usize::MAX), 1 << (update % 64))
}

/// What is found of the user at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Differs {
    No,
    /// In what is taken off only.
    Cleared,
    Changed,
}

/// Takes rows by user, each user's last one first.
struct Judge<'a> {
    cursor: Cursor<'a>,
    changes: Changes,
    user: Option<i64>,
    known: Record,
    /// Attributes that later rows of the user have set.
    seen: HashSet<u32>,
    /// The user's updates of which something counts: no more than there are attributes.
    counting: Vec<u64>,
    differs: Differs,
}

impl Judge<'_> {
    fn take(&mut self, row: &[u8]) -> Result<(), SyncError> {
        let Some((head, entries)) = row.split_first_chunk::<HEAD>() else { return Ok(()) };
        let [user, update] = halves(*head);
        let user = fingerprint(user);
        if self.user != Some(user) {
            self.close();
            self.user = Some(user);
            self.known = self.cursor.record_of(user)?;
        }
        let mut counts = false;
        for step in Step::from_bytes(entries) {
            let Step::Set(number, value) = step else { continue };
            if !self.seen.insert(number) {
                continue;
            }
            counts = true;
            if self.known.get(number) != Some(value) {
                let differs = if value == UNSET { Differs::Cleared } else { Differs::Changed };
                self.differs = self.differs.max(differs);
            }
        }
        let update = u64::MAX - u64::from_be_bytes(update);
        if counts {
            self.counting.push(update);
        } else {
            self.changes.duplicate += 1;
            set(&mut self.changes.duplicates, update);
        }
        Ok(())
    }

    /// Ends a user.
    fn close(&mut self) {
        let updates = u64::try_from(self.counting.len()).unwrap_or(u64::MAX);
        let bucket = match self.differs {
            Differs::No => &mut self.changes.unchanged,
            Differs::Changed if self.known.is_empty() => &mut self.changes.added,
            Differs::Changed => &mut self.changes.changed,
            Differs::Cleared => &mut self.changes.cleared,
        };
        *bucket += updates;
        let counting = std::mem::take(&mut self.counting);
        if self.differs != Differs::No {
            for &update in &counting {
                set(&mut self.changes.marks, update);
            }
        }
        self.counting = counting;
        self.counting.clear();
        self.seen.clear();
        self.differs = Differs::No;
    }
}

fn halves(head: [u8; HEAD]) -> [[u8; 8]; 2] {
    let half = |from: usize| std::array::from_fn(|at| head[from + at]);
    [half(0), half(8)]
}
