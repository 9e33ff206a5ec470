//! What a survey found: which updates of a source are to be sent, and which of their values count.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use fanpass_model::{AttributeKey, UserProperties};
use fanpass_sorted::Sorter;
use foldhash::HashMap;

use crate::SyncError;

/// Bytes of overridden values that are sorted in memory at a time; more is spilled.
const CHUNK_BYTES: usize = 4 << 20;
/// An update's number.
const HEAD: usize = 8;

/// Which updates of a source are to be sent, and how many are what.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Changes {
    /// A bit for each update that is to be sent.
    marks: Vec<u64>,
    /// A bit for each update that is a duplicate. A rejected row that is overtaken has both.
    duplicates: Vec<u64>,
    /// Which values of updates that are to be sent are overridden, in the order of the source.
    overridden: Option<Overridden>,
    pub(super) numbers: HashMap<AttributeKey, u32>,
    /// Users of whom nothing was acknowledged.
    pub added: u64,
    /// Users of whom a value changes, is new or is taken off.
    pub changed: u64,
    /// What becomes of the values of each attribute of which one is known to the ledger.
    pub values: BTreeMap<AttributeKey, KnownValues>,
    /// Updates with a value that counts and differs from what was acknowledged.
    pub send: u64,
    /// Updates of which the service has all that counts.
    pub unchanged: u64,
    /// Updates all of whose values are overridden by later ones of the same user.
    pub duplicate: u64,
}

/// The values of an attribute that the ledger knows the users of a source to have, and what rows make of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KnownValues {
    /// Users in the source with a value.
    pub held: u64,
    /// Those whose value is taken off.
    pub cleared: u64,
    /// Those who get another value.
    pub changed: u64,
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
    /// It is no update but a rejected row, and the user has an update behind it: mended, it would override that one.
    Overtaken,
}

impl Changes {
    /// The verdicts on all updates and rejected rows, in the order of the source. One reader at a time.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io).
    pub fn verdicts(&self) -> Result<Verdicts<'_>, SyncError> {
        let overridden = self.overridden.as_ref().map(Overridden::read).transpose()?;
        Ok(Verdicts { changes: self, update: 0, overridden })
    }
}

/// The verdicts of a survey, one after the other.
#[derive(Debug)]
pub struct Verdicts<'a> {
    changes: &'a Changes,
    update: u64,
    overridden: Option<Reading<'a>>,
}

impl Verdicts<'_> {
    /// What is to be done about the next update; takes out of it, if it is to be sent, what later updates override.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io).
    pub fn next_verdict(&mut self, properties: &mut UserProperties) -> Result<Verdict, SyncError> {
        let (word, bit) = place(self.update);
        let has = |bits: &[u64]| bits.get(word).is_some_and(|bits| bits & bit != 0);
        let verdict = match (has(&self.changes.marks), has(&self.changes.duplicates)) {
            (true, true) => Verdict::Overtaken,
            (true, false) => Verdict::Send,
            (false, true) => Verdict::Duplicate,
            (false, false) => Verdict::Unchanged,
        };
        if let Some(overridden) = self.overridden.as_mut().filter(|_| verdict == Verdict::Send) {
            let numbers = overridden.of(self.update)?;
            let known = &self.changes.numbers;
            properties.retain(|key, _| known.get(key).is_none_or(|number| !numbers.contains(number)));
        }
        self.update += 1;
        Ok(verdict)
    }
}

/// Changes that are being found, in any order of the updates.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) changes: Changes,
    overridden: Sorter,
    entry: Vec<u8>,
    folder: PathBuf,
}

impl Finding {
    pub(super) fn new(updates: u64, numbers: HashMap<AttributeKey, u32>, folder: &Path) -> Self {
        let words = usize::try_from(updates.div_ceil(64)).unwrap_or(usize::MAX);
        let (marks, duplicates) = (vec![0; words], vec![0; words]);
        let changes = Changes { marks, duplicates, numbers, ..Changes::default() };
        let overridden = Sorter::new(folder, CHUNK_BYTES);
        Self { changes, overridden, entry: Vec::new(), folder: folder.to_owned() }
    }

    /// Notes what is to be done about an update, and the attributes of it that are overridden.
    pub(super) fn note(
        &mut self,
        update: u64,
        verdict: Verdict,
        overridden: &[u32],
    ) -> Result<(), SyncError> {
        let Changes { marks, duplicates, send, unchanged, duplicate, .. } = &mut self.changes;
        match verdict {
            Verdict::Unchanged => *unchanged += 1,
            Verdict::Duplicate => {
                *duplicate += 1;
                set(duplicates, update);
            }
            Verdict::Overtaken => {
                set(marks, update);
                set(duplicates, update);
            }
            Verdict::Send => {
                *send += 1;
                set(marks, update);
                if !overridden.is_empty() {
                    self.entry.clear();
                    self.entry.extend(update.to_be_bytes());
                    self.entry.extend(overridden.iter().flat_map(|number| number.to_be_bytes()));
                    self.overridden.push(&self.entry)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Changes, SyncError> {
        let Self { mut changes, overridden, folder, .. } = self;
        let file = tempfile::tempfile_in(&folder).map_err(|error| SyncError::io(&folder, error))?;
        let mut out = BufWriter::new(file);
        let entries = overridden.finish(|entry| {
            let length = u32::try_from(entry.len()).unwrap_or_default();
            let written = out.write_all(&length.to_be_bytes()).and_then(|()| out.write_all(entry));
            written.map_err(|error| SyncError::io(&folder, error))
        })?;
        if entries > 0 {
            let file = out.into_inner().map_err(|error| SyncError::io(&folder, error.into_error()))?;
            changes.overridden = Some(Overridden { file, folder });
        }
        Ok(changes)
    }
}

/// The overridden attributes of updates, each with its length in front, in a file that vanishes with the process.
#[derive(Debug)]
struct Overridden {
    file: File,
    folder: PathBuf,
}

impl Overridden {
    fn read(&self) -> Result<Reading<'_>, SyncError> {
        let mut reading =
            Reading { of: self, file: BufReader::new(&self.file), update: None, numbers: Vec::new() };
        reading.file.rewind().and_then(|()| reading.advance()).map_err(|error| self.failed(error))?;
        Ok(reading)
    }

    fn failed(&self, error: io::Error) -> SyncError {
        SyncError::io(&self.folder, error)
    }
}

#[derive(Debug)]
struct Reading<'a> {
    of: &'a Overridden,
    file: BufReader<&'a File>,
    /// The update of which `numbers` are overridden; `None` at the end.
    update: Option<u64>,
    numbers: Vec<u32>,
}

impl Reading<'_> {
    /// What is overridden of an update, which comes after all that were asked for.
    fn of(&mut self, update: u64) -> Result<&[u32], SyncError> {
        while self.update.is_some_and(|at| at < update) {
            self.advance().map_err(|error| self.of.failed(error))?;
        }
        Ok(if self.update == Some(update) { &self.numbers } else { &[] })
    }

    fn advance(&mut self) -> io::Result<()> {
        let (mut length, mut entry) = ([0; 4], Vec::new());
        self.update = None;
        self.numbers.clear();
        match self.file.read_exact(&mut length) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        (&mut self.file).take(u32::from_be_bytes(length).into()).read_to_end(&mut entry)?;
        if let Some((update, numbers)) = entry.split_first_chunk::<HEAD>() {
            self.update = Some(u64::from_be_bytes(*update));
            self.numbers.extend(numbers.as_chunks().0.iter().map(|number| u32::from_be_bytes(*number)));
        }
        Ok(())
    }
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
