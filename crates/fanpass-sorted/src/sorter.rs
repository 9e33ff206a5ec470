//! External sort: ids gather in a chunk of memory, full chunks become sorted runs on disk, and runs are merged.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use crate::SortError;
use crate::run::{Run, RunWriter, merge};

/// Bytes that one id costs beside its text.
const KEY_BYTES: usize = size_of::<Key>();

/// Takes ids in any order and gives them back sorted by their bytes, each once, in bounded memory.
#[derive(Debug)]
pub struct Sorter {
    folder: PathBuf,
    chunk_bytes: usize,
    chunk: Chunk,
    runs: Vec<Run>,
}

impl Sorter {
    /// Spills runs into `folder` whenever ids and their sort keys (16 bytes each) fill a chunk of `chunk_bytes`. No more
    /// than that is held at any time, a merge included.
    pub fn new(folder: &Path, chunk_bytes: usize) -> Self {
        // Offsets into a chunk are 32 bits.
        let chunk_bytes = chunk_bytes.min(1 << 30);
        Self { folder: folder.to_owned(), chunk_bytes, chunk: Chunk::default(), runs: Vec::new() }
    }

    /// What was taken so far; nothing is left here.
    #[must_use]
    pub fn take(&mut self) -> Self {
        let empty = Self::new(&self.folder, self.chunk_bytes);
        std::mem::replace(self, empty)
    }

    /// Takes an id of 1 to 65,535 bytes.
    ///
    /// # Errors
    ///
    /// If a full chunk cannot be written.
    pub fn push(&mut self, id: &[u8]) -> Result<(), SortError> {
        if self.chunk.size() + id.len() + KEY_BYTES > self.chunk_bytes && self.chunk.size() > 0 {
            self.spill()?;
        }
        self.chunk.push(id);
        Ok(())
    }

    /// Gives each id once, ascending, until `emit` fails; gives back how many there were.
    ///
    /// # Errors
    ///
    /// If runs cannot be read, or what `emit` fails with.
    pub fn finish<E: From<SortError>>(
        mut self,
        mut emit: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut count = 0;
        let mut counted = |id: &[u8]| {
            count += 1;
            emit(id)
        };
        if self.runs.is_empty() {
            self.chunk.sort();
            self.chunk.for_each_once(&mut counted)?;
        } else {
            self.spill()?;
            let Self { folder, chunk, runs, chunk_bytes } = self;
            drop(chunk);
            merge(&folder, runs, chunk_bytes, counted)?;
        }
        Ok(count)
    }

    fn spill(&mut self) -> Result<(), SortError> {
        self.chunk.sort();
        let mut run = RunWriter::create(&self.folder)?;
        self.chunk.for_each_once(|id| run.push(id))?;
        self.runs.push(run.finish()?);
        self.chunk.clear();
        Ok(())
    }
}

/// Ids in memory: their bytes one behind the other, and a key for each.
#[derive(Debug, Default)]
struct Chunk {
    bytes: Vec<u8>,
    keys: Vec<Key>,
}

/// Where an id lies, and eight of its bytes, which decide nearly all comparisons without a look at the others.
#[derive(Debug, Clone, Copy)]
struct Key {
    prefix: u64,
    offset: u32,
    length: u16,
}

impl Key {
    fn id(self, bytes: &[u8]) -> &[u8] {
        let start = usize::try_from(self.offset).unwrap_or(usize::MAX);
        bytes.get(start..start + usize::from(self.length)).unwrap_or_default()
    }
}

impl Chunk {
    fn size(&self) -> usize {
        self.bytes.len() + self.keys.len() * KEY_BYTES
    }

    fn push(&mut self, id: &[u8]) {
        let offset = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let length = u16::try_from(id.len()).unwrap_or(u16::MAX);
        self.bytes.extend_from_slice(id);
        self.keys.push(Key { prefix: 0, offset, length });
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.keys.clear();
    }

    fn sort(&mut self) {
        let Self { bytes, keys } = self;
        // What all ids share (`user-000…`) decides nothing: the prefix begins behind it.
        let shared = shared_length(bytes, keys);
        for key in &mut *keys {
            key.prefix = prefix(key.id(bytes).get(shared..).unwrap_or_default());
        }
        keys.sort_unstable_by(|left, right| match left.prefix.cmp(&right.prefix) {
            Ordering::Equal => left.id(bytes).cmp(right.id(bytes)),
            order => order,
        });
    }

    fn for_each_once<E>(&self, mut each: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut last = None;
        for key in &self.keys {
            let id = key.id(&self.bytes);
            if last != Some(id) {
                each(id)?;
                last = Some(id);
            }
        }
        Ok(())
    }
}

fn shared_length(bytes: &[u8], keys: &[Key]) -> usize {
    let Some(first) = keys.first().map(|key| key.id(bytes)) else { return 0 };
    let mut shared = first.len();
    for key in keys {
        if shared == 0 {
            break;
        }
        let pairs = key.id(bytes).iter().zip(first.get(..shared).unwrap_or_default());
        shared = pairs.take_while(|(left, right)| left == right).count();
    }
    shared
}

/// The first eight bytes as a number that orders as they do; zeros stand for those that an id lacks.
pub(super) fn prefix(id: &[u8]) -> u64 {
    if let Some(eight) = id.first_chunk() {
        return u64::from_be_bytes(*eight);
    }
    let mut eight = [0; 8];
    for (place, byte) in eight.iter_mut().zip(id) {
        *place = *byte;
    }
    u64::from_be_bytes(eight)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn sort(ids: &[String], chunk_bytes: usize) -> (Vec<String>, u64, usize) {
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(folder.path(), chunk_bytes);
        for id in ids {
            sorter.push(id.as_bytes()).unwrap();
        }
        let spilled = sorter.runs.len();
        let mut found = Vec::new();
        let emit = |id: &[u8]| -> Result<(), SortError> {
            found.push(String::from_utf8(id.to_vec()).unwrap());
            Ok(())
        };
        let count = sorter.finish(emit).unwrap();
        (found, count, spilled)
    }

    proptest! {
        #[test]
        fn ids_come_out_as_from_a_set(
            ids in prop::collection::vec(prop_oneof!["[ab]{1,10}", "same-prefix-[0-9]{1,3}", "\\PC{1,20}"], 1..300),
            chunk_bytes in prop_oneof![1_usize..2_000, Just(1 << 20)],
        ) {
            let set: BTreeSet<&String> = ids.iter().collect();
            let (sorted, count, _) = sort(&ids, chunk_bytes);
            prop_assert_eq!(count, u64::try_from(set.len()).unwrap());
            prop_assert_eq!(sorted.iter().collect::<Vec<_>>(), set.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_full_chunk_spills_and_a_small_list_does_not() {
        let ids: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        assert_eq!(sort(&ids, 1 << 20).2, 0);
        assert!(sort(&ids, 200).2 > 5);
    }

    #[test]
    fn an_error_of_the_taker_ends_the_merge() {
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(folder.path(), 1);
        for id in ["b", "a", "c"] {
            sorter.push(id.as_bytes()).unwrap();
        }
        let mut taken = 0;
        let emit = |_: &[u8]| {
            taken += 1;
            if taken == 2 {
                Err(SortError::new("stop", Path::new("."), std::io::Error::other("enough")))
            } else {
                Ok(())
            }
        };
        assert!(sorter.finish(emit).is_err());
        assert_eq!(taken, 2);
    }
}
