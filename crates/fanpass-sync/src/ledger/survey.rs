//! What a whole source would change, found by one sorted pass over it and the ledger instead of a look-up for each row.

use std::path::{Path, PathBuf};

use fanpass_model::{AttributeKey, UserId, UserProperties};
use fanpass_sorted::Sorter;
use foldhash::{HashMap, HashSet};

use super::Ledger;
use super::changes::{Changes, Finding, KnownValues, Verdict};
use super::cursor::Cursor;
use super::fingerprint::{DOUBTED, UNSET, UserPrints, fingerprint, order};
use super::record::{Record, Step};
use crate::SyncError;

/// Bytes of rows that are sorted in memory at a time; more is spilled.
const CHUNK_BYTES: usize = 16 << 20;
/// A user's fingerprint and a row's number.
const HEAD: usize = 16;

/// Takes the updates of a source, in its order, and tells which of them differ from what was acknowledged.
///
/// Of several updates of one user the last value of each attribute counts, and nothing else is compared or sent; an update
/// of which nothing counts is a duplicate. So no two updates that are sent write the same attribute of a user.
///
/// Memory: 24 MiB, and two bits for each update.
pub struct Survey<'a> {
    ledger: &'a Ledger,
    folder: PathBuf,
    sorter: Sorter,
    numbers: HashMap<AttributeKey, u32>,
    updates: u64,
    row: Vec<u8>,
}

impl<'a> Survey<'a> {
    pub(super) fn new(ledger: &'a Ledger, folder: &Path) -> Self {
        let numbers = ledger.numbers.clone();
        let sorter = Sorter::new(folder, CHUNK_BYTES);
        Self { ledger, folder: folder.to_owned(), sorter, numbers, updates: 0, row: Vec::new() }
    }

    /// Takes the next update, of at least one attribute.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if there is no room to spill.
    pub fn add(&mut self, user: &UserId, properties: &UserProperties) -> Result<(), SyncError> {
        let prints = self.begin(user);
        for (key, value) in properties {
            let number = match self.numbers.get(key) {
                Some(&number) => number,
                None => fresh(&mut self.numbers, key),
            };
            Step::write(&[Step::Set(number, prints.value(key, value))], &mut self.row);
        }
        self.sorter.push(&self.row).map_err(SyncError::from)
    }

    /// Takes the next row, which names a user and cannot be sent, to find out whether the user has an update behind it. Such
    /// a row has a [verdict](Changes::verdicts) in its place, and is in none of the counts.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if there is no room to spill.
    pub fn add_rejected(&mut self, user: &UserId) -> Result<(), SyncError> {
        self.begin(user);
        self.sorter.push(&self.row).map_err(SyncError::from)
    }

    /// Begins a row; the last one of a user comes first.
    fn begin(&mut self, user: &UserId) -> UserPrints {
        let prints = self.ledger.fingerprints.of(user);
        self.row.clear();
        self.row.extend(order(prints.user()));
        self.row.extend((u64::MAX - self.updates).to_be_bytes());
        self.updates += 1;
        prints
    }

    /// Compares all of them with the ledger.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger), [`ErrorKind::Io`](crate::ErrorKind::Io).
    pub fn finish(self) -> Result<Changes, SyncError> {
        let mut judge = Judge {
            cursor: Cursor::new(&self.ledger.connection),
            found: Finding::new(self.updates, self.numbers, &self.folder),
            user: None,
            known: Record::default(),
            seen: HashSet::default(),
            overridden: Vec::new(),
            differs: false,
            values: HashMap::default(),
        };
        self.sorter.finish(|row| judge.take(row))?;
        judge.close();
        let Judge { mut found, values, .. } = judge;
        let Changes { numbers, values: of_keys, .. } = &mut found.changes;
        let named = numbers.iter().filter_map(|(key, number)| Some((key.clone(), *values.get(number)?)));
        of_keys.extend(named);
        found.finish()
    }
}

fn fresh(numbers: &mut HashMap<AttributeKey, u32>, key: &AttributeKey) -> u32 {
    let number = numbers.values().max().map_or(1, |most| most.saturating_add(1));
    numbers.insert(key.clone(), number);
    number
}

/// Takes rows by user, each user's last one first.
struct Judge<'a> {
    cursor: Cursor<'a>,
    found: Finding,
    user: Option<i64>,
    known: Record,
    /// Attributes that later rows of the user have set.
    seen: HashSet<u32>,
    /// Attributes of the row at hand that later rows have set too.
    overridden: Vec<u32>,
    /// Whether the user differs from what was acknowledged.
    differs: bool,
    /// By the numbers of the attributes.
    values: HashMap<u32, KnownValues>,
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
        let update = u64::MAX - u64::from_be_bytes(update);
        if entries.is_empty() {
            if !self.seen.is_empty() {
                self.found.note(update, Verdict::Overtaken, &[])?;
            }
            return Ok(());
        }
        let mut verdict = Verdict::Duplicate;
        self.overridden.clear();
        for step in Step::from_bytes(entries) {
            let Step::Set(number, value) = step else { continue };
            if !self.seen.insert(number) {
                self.overridden.push(number);
                continue;
            }
            if self.known.get(number) != Some(value) {
                verdict = Verdict::Send;
                self.differs = true;
                self.note_value(number, value);
            } else if verdict == Verdict::Duplicate {
                verdict = Verdict::Unchanged;
            }
        }
        self.found.note(update, verdict, &self.overridden)
    }

    /// Notes what becomes of a value that is known, if one is.
    fn note_value(&mut self, number: u32, value: u64) {
        let Some(known) = self.known.get(number).filter(|known| *known != UNSET) else { return };
        let values = self.values.entry(number).or_default();
        values.cleared += u64::from(value == UNSET);
        values.changed += u64::from(value != UNSET && known != DOUBTED);
    }

    /// Ends a user.
    fn close(&mut self) {
        let changes = &mut self.found.changes;
        if std::mem::take(&mut self.differs) {
            *if self.known.is_empty() { &mut changes.added } else { &mut changes.changed } += 1;
        }
        for number in self.known.held() {
            self.values.entry(number).or_default().held += 1;
        }
        self.known = Record::default();
        self.seen.clear();
    }
}

fn halves(head: [u8; HEAD]) -> [[u8; 8]; 2] {
    let half = |from: usize| std::array::from_fn(|at| head[from + at]);
    [half(0), half(8)]
}
