//! External sort: ids gather in a chunk of memory, full chunks become sorted runs on disk while the next one gathers, and
//! the runs are merged with the chunk that is left.

use std::io;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use crate::SortError;
use crate::chunk::{Chunk, KEY_BYTES};
use crate::merge::merge;
use crate::run::{Run, RunWriter};

/// Takes ids in any order and gives them back sorted by their bytes, each once, in bounded memory.
#[derive(Debug)]
pub struct Sorter {
    folder: PathBuf,
    memory: usize,
    chunk: Chunk,
    spill: Spill,
    runs: Vec<Run>,
}

impl Sorter {
    /// Spills runs into `folder` whenever ids and their sort keys (16 bytes each) fill half of `memory` bytes: one half is
    /// sorted and written on a thread of its own while the other fills. No more than that is held at any time, a merge
    /// included.
    pub fn new(folder: &Path, memory: usize) -> Self {
        // Offsets into a chunk are 32 bits.
        let memory = memory.min(1 << 31);
        let (chunk, spill) = (Chunk::default(), Spill::default());
        Self { folder: folder.to_owned(), memory, chunk, spill, runs: Vec::new() }
    }

    /// What was taken so far; nothing is left here.
    #[must_use]
    pub fn take(&mut self) -> Self {
        let empty = Self::new(&self.folder, self.memory);
        std::mem::replace(self, empty)
    }

    /// Takes an id of 1 to 65,535 bytes.
    ///
    /// # Errors
    ///
    /// If a full chunk cannot be written.
    pub fn push(&mut self, id: &[u8]) -> Result<(), SortError> {
        if self.chunk.size() + id.len() + KEY_BYTES > self.memory / 2 && self.chunk.size() > 0 {
            self.spill()?;
        }
        self.chunk.push(id);
        Ok(())
    }

    /// Gives each id once, ascending, until `emit` fails; gives back how many there were.
    ///
    /// # Errors
    ///
    /// If runs cannot be written or read, or what `emit` fails with.
    pub fn finish<E: From<SortError>>(
        mut self,
        mut emit: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut count = 0;
        let mut counted = |id: &[u8]| {
            count += 1;
            emit(id)
        };
        if self.runs.is_empty() && self.spill.is_idle() {
            self.chunk.sort();
            self.chunk.for_each_once(&mut counted)?;
        } else {
            let Self { folder, memory, mut chunk, spill, mut runs } = self;
            // While the chunk before is still being written.
            chunk.sort();
            runs.extend(spill.finish(&folder)?.map(|(run, _)| run));
            merge(&folder, runs, chunk, memory / 2, counted)?;
        }
        Ok(count)
    }

    /// Hands the chunk to a thread that sorts and writes it, and goes on with the memory of the one before.
    fn spill(&mut self) -> Result<(), SortError> {
        let empty = match std::mem::take(&mut self.spill).finish(&self.folder)? {
            Some((run, chunk)) => {
                self.runs.push(run);
                chunk
            }
            None => Chunk::default(),
        };
        let full = std::mem::replace(&mut self.chunk, empty);
        self.spill = Spill::start(full, self.folder.clone())?;
        Ok(())
    }
}

type Spilled = Result<(Run, Chunk), SortError>;

/// A chunk that is being sorted and written, if one is. Dropped, it waits for that, so that no file outlives the sort.
#[derive(Debug, Default)]
struct Spill(Option<JoinHandle<Spilled>>);

impl Spill {
    fn start(chunk: Chunk, folder: PathBuf) -> Result<Self, SortError> {
        let place = folder.clone();
        let thread = std::thread::Builder::new()
            .name("sort".to_owned())
            .spawn(move || write_sorted(chunk, &folder))
            .map_err(|error| SortError::new("start a thread that sorts in", &place, error))?;
        Ok(Self(Some(thread)))
    }

    const fn is_idle(&self) -> bool {
        self.0.is_none()
    }

    /// The run and the memory of the chunk it came from.
    fn finish(mut self, folder: &Path) -> Result<Option<(Run, Chunk)>, SortError> {
        let Some(thread) = self.0.take() else { return Ok(None) };
        match thread.join() {
            Ok(spilled) => spilled.map(Some),
            Err(_) => Err(SortError::new("sort ids in", folder, io::Error::other("the thread panicked"))),
        }
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            let _ = thread.join();
        }
    }
}

fn write_sorted(mut chunk: Chunk, folder: &Path) -> Spilled {
    chunk.sort();
    let mut run = RunWriter::create(folder)?;
    chunk.for_each_once(|id| run.push(id))?;
    let run = run.finish(chunk.shared().to_vec())?;
    chunk.clear();
    Ok((run, chunk))
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
        let spilled = sorter.runs.len() + usize::from(!sorter.spill.is_idle());
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
            start in "[ab]{0,12}",
            chunk_bytes in prop_oneof![1_usize..2_000, Just(1 << 20)],
        ) {
            let ids: Vec<String> = ids.into_iter().map(|id| start.clone() + &id).collect();
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
