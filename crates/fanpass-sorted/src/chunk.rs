//! Ids in memory, and their order.

use std::cmp::Ordering;
use std::hint::black_box;

/// Bytes that one id costs beside its text.
pub(super) const KEY_BYTES: usize = size_of::<Key>();
/// Ids that are fetched from memory together.
const FETCHED: usize = 32;

/// Ids in memory: their bytes one behind the other, and a key for each.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    bytes: Vec<u8>,
    keys: Vec<Key>,
    /// Bytes that all ids begin with, once they are sorted.
    shared: usize,
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
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + self.keys.len() * KEY_BYTES
    }

    pub(super) fn push(&mut self, id: &[u8]) {
        let offset = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let length = u16::try_from(id.len()).unwrap_or(u16::MAX);
        self.bytes.extend_from_slice(id);
        self.keys.push(Key { prefix: 0, offset, length });
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.keys.clear();
    }

    /// The id at a place, in order once they are [sorted](Self::sort); asked for one after the other.
    pub(super) fn get(&self, place: usize) -> Option<&[u8]> {
        if place.is_multiple_of(FETCHED) {
            self.fetch(self.keys.get(place..).unwrap_or_default().get(..FETCHED).unwrap_or_default());
        }
        self.keys.get(place).map(|key| key.id(&self.bytes))
    }

    /// Sorted ids lie anywhere in memory: those that are asked for next are fetched together, or each would be waited for.
    fn fetch(&self, keys: &[Key]) {
        // An id may begin in one line of the cache and end in the next.
        let ends = |key: &Key| matches!(key.id(&self.bytes), [first, .., last] if first == last);
        black_box(keys.iter().filter(|key| ends(key)).count());
    }

    /// What all ids begin with, once they are sorted.
    pub(super) fn shared(&self) -> &[u8] {
        self.get(0).and_then(|id| id.get(..self.shared)).unwrap_or_default()
    }

    pub(super) fn sort(&mut self) {
        let Self { bytes, keys, shared } = self;
        // What all ids share (`user-000…`) decides nothing: the prefix begins behind it.
        *shared = shared_length(bytes, keys);
        for key in &mut *keys {
            key.prefix = prefix(key.id(bytes).get(*shared..).unwrap_or_default());
        }
        keys.sort_unstable_by(|left, right| match left.prefix.cmp(&right.prefix) {
            Ordering::Equal => left.id(bytes).cmp(right.id(bytes)),
            order => order,
        });
    }

    /// Gives each id once, in the order that they are in.
    pub(super) fn for_each_once<E>(&self, mut each: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut last: Option<(u64, &[u8])> = None;
        for keys in self.keys.chunks(FETCHED) {
            self.fetch(keys);
            for key in keys {
                let id = key.id(&self.bytes);
                if last != Some((key.prefix, id)) {
                    each(id)?;
                    last = Some((key.prefix, id));
                }
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
        shared = shared_prefix(key.id(bytes), first.get(..shared).unwrap_or_default());
    }
    shared
}

/// Bytes that both begin with.
pub(super) fn shared_prefix(left: &[u8], right: &[u8]) -> usize {
    let (lefts, _) = left.as_chunks();
    let (rights, _) = right.as_chunks();
    let words =
        lefts.iter().zip(rights).map(|(&left, &right)| u64::from_le_bytes(left) ^ u64::from_le_bytes(right));
    let mut shared = 0;
    for difference in words {
        if difference != 0 {
            // The lowest byte is the first one.
            return shared + usize::try_from(difference.trailing_zeros() / 8).unwrap_or_default();
        }
        shared += size_of::<u64>();
    }
    let pairs = left[shared..].iter().zip(&right[shared..]);
    shared + pairs.take_while(|(left, right)| left == right).count()
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
