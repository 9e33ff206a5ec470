//! How many different ids a file holds, counted in bounded memory and without slowing the reading down much.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, Hasher as _};

use anyhow::Result;
use fanpass_sorted::{SortError, Sorter};
use foldhash::{fast, quality::RandomState};

/// Fingerprints that are held at most, of eight bytes each.
const MOST: usize = 4 << 20;
/// Memory in which fingerprints are sorted beyond that; more of them go to temporary files.
const SORT_BYTES: usize = 16 << 20;
/// A bucket takes the fingerprints that begin with the same eight bits.
const BUCKETS: usize = 1 << 8;

type Prints = HashSet<u64, fast::RandomState>;

/// Counts ids by fingerprints of 64 bits under a key of its own.
///
/// They go to buckets first, each small enough for a hash table within a processor's cache: a table of all would wait for
/// memory at each id. Four million fit into 32 MiB; what is more goes to an external sort. Among ten million ids, two share
/// a fingerprint with a probability of 3 in a million: then one duplicate too many is counted.
#[derive(Debug)]
pub struct Distinct {
    key: RandomState,
    buckets: Vec<Vec<u64>>,
    held: usize,
    most: usize,
    spilled: Option<Sorter>,
}

impl Default for Distinct {
    fn default() -> Self {
        Self::within(MOST)
    }
}

impl Distinct {
    fn within(most: usize) -> Self {
        Self { key: RandomState::default(), buckets: vec![Vec::new(); BUCKETS], held: 0, most, spilled: None }
    }

    /// Takes an id.
    pub fn add(&mut self, id: &str) -> Result<(), SortError> {
        let mut hasher = self.key.build_hasher();
        hasher.write(id.as_bytes());
        let print = hasher.finish();
        let [first, ..] = print.to_be_bytes();
        self.buckets[usize::from(first)].push(print);
        self.held += 1;
        if self.held < self.most {
            return Ok(());
        }
        self.spill()
    }

    fn spill(&mut self) -> Result<(), SortError> {
        let new = || Sorter::new(&std::env::temp_dir(), SORT_BYTES);
        let mut sorter = self.spilled.take().unwrap_or_else(new);
        self.empty(|prints| prints.drain().try_for_each(|print| sorter.push(&print.to_be_bytes())))?;
        self.spilled = Some(sorter);
        Ok(())
    }

    /// Hands over the fingerprints of one bucket after the other, each once, and holds none any more.
    fn empty(&mut self, mut take: impl FnMut(&mut Prints) -> Result<(), SortError>) -> Result<(), SortError> {
        let mut prints = Prints::default();
        for bucket in &mut self.buckets {
            prints.extend(bucket.drain(..));
            take(&mut prints)?;
            prints.clear();
        }
        self.held = 0;
        Ok(())
    }

    /// How many different ids were taken.
    pub fn count(mut self) -> Result<u64, SortError> {
        if self.spilled.is_some() {
            self.spill()?;
        }
        if let Some(sorter) = self.spilled.take() {
            return sorter.finish(|_| Ok(()));
        }
        let mut count = 0;
        self.empty(|prints| {
            count += prints.len();
            Ok(())
        })?;
        Ok(count.try_into().unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_counted_once_however_often_memory_is_full() {
        for most in [1, 64, 1000, 1 << 12] {
            let mut distinct = Distinct::within(most);
            for number in (0..1000).chain(500..1500).chain(0..10) {
                distinct.add(&format!("fan-{number}")).unwrap();
            }
            assert_eq!(distinct.count().unwrap(), 1500, "{most} at a time");
        }
        assert_eq!(Distinct::default().count().unwrap(), 0);
    }
}
