//! How many different ids a file holds, counted in bounded memory and without slowing the reading down much.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, Hasher as _};

use anyhow::Result;
use fanpass_sorted::{SortError, Sorter};
use foldhash::{fast, quality::RandomState};

/// Fingerprints of eight bytes that are held at most, some four million. A bucket has an odd number of a cache's lines: a
/// power of two apart, all would be written to the same few places of it.
const MOST: usize = BUCKETS * (8192 + 1) * 8;
/// Memory in which fingerprints are sorted beyond that; more of them go to temporary files.
const SORT_BYTES: usize = 16 << 20;
/// A bucket takes the fingerprints that begin with the same so many bits.
const BITS: u32 = 6;
const BUCKETS: usize = 1 << BITS;

type Prints = HashSet<u64, fast::RandomState>;

/// Counts ids by fingerprints of 64 bits under a key of its own.
///
/// They go to buckets first, each small enough for a hash table within a processor's cache: a table of all would wait for
/// memory at each id. Four million take 32 MiB; what is more goes to an external sort. Among ten million ids, two share
/// a fingerprint with a probability of 3 in a million: then one duplicate too many is counted.
#[derive(Debug)]
pub struct Distinct {
    key: RandomState,
    /// All buckets, in memory that is asked for at once and given by the system as it is written to.
    held: Vec<u64>,
    /// How many fingerprints each bucket holds.
    lengths: [usize; BUCKETS],
    /// How many it can hold.
    room: usize,
    spilled: Option<Sorter>,
}

impl Default for Distinct {
    fn default() -> Self {
        Self::within(MOST)
    }
}

impl Distinct {
    fn within(most: usize) -> Self {
        let room = most.div_ceil(BUCKETS);
        let held = vec![0; room * BUCKETS];
        Self { key: RandomState::default(), held, lengths: [0; BUCKETS], room, spilled: None }
    }

    /// Takes an id.
    #[inline]
    pub fn add(&mut self, id: &str) -> Result<(), SortError> {
        let mut hasher = self.key.build_hasher();
        hasher.write(id.as_bytes());
        let print = hasher.finish();
        let [first, ..] = print.to_be_bytes();
        let bucket = usize::from(first >> (8 - BITS));
        let length = &mut self.lengths[bucket];
        self.held[bucket * self.room + *length] = print;
        *length += 1;
        if *length < self.room { Ok(()) } else { self.make_room(bucket) }
    }

    /// For a full bucket: of one id that the file repeats and repeats, one stays; else all that is held is spilled.
    #[cold]
    fn make_room(&mut self, bucket: usize) -> Result<(), SortError> {
        let held = &mut self.held[bucket * self.room..][..self.room];
        let prints: Prints = held.iter().copied().collect();
        if prints.len() > self.room / 2 {
            return self.spill();
        }
        self.lengths[bucket] = prints.len();
        held.iter_mut().zip(prints).for_each(|(place, print)| *place = print);
        Ok(())
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
        for (bucket, length) in self.held.chunks(self.room).zip(&mut self.lengths) {
            prints.extend(&bucket[..std::mem::take(length)]);
            take(&mut prints)?;
            prints.clear();
        }
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
            let repeated = std::iter::repeat_n(7, 2000);
            for number in (0..1000).chain(500..1500).chain(0..10).chain(repeated) {
                distinct.add(&format!("fan-{number}")).unwrap();
            }
            assert_eq!(distinct.count().unwrap(), 1500, "{most} at a time");
        }
        assert_eq!(Distinct::default().count().unwrap(), 0);
    }
}
