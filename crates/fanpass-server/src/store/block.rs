//! The block: sorted ids in about 4 KiB, front-coded, with a format byte and a checksum.
//!
//! Layout: format byte (1), CRC-32 of the rest (4, little-endian), then for each id the number of bytes it shares with
//! the id before, the number of bytes that follow (each LEB128), and those bytes. Ids ascend strictly.

use std::fmt;

const FORMAT: u8 = 1;
const HEADER: usize = 5;
/// Bytes of a block and its first id together: four such rows fill a page of 16 KiB.
const ROW_BUDGET: usize = 4_050;

/// Ids of one row of the block table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) first_id: Vec<u8>,
    pub(crate) count: u32,
    pub(crate) ids: Vec<u8>,
}

/// Packs ascending ids into blocks.
#[derive(Debug, Default)]
pub(crate) struct BlockBuilder {
    first_id: Vec<u8>,
    last: Vec<u8>,
    count: u32,
    ids: Vec<u8>,
}

impl BlockBuilder {
    /// Adds an id, greater than all before; gives back the block before it once that is full.
    pub(crate) fn push(&mut self, id: &[u8]) -> Option<Block> {
        // Two LEB128 numbers of at most two bytes each: ids are shorter than 2^14 bytes.
        let full = self.count > 0 && self.ids.len() + self.first_id.len() + id.len() + 4 > ROW_BUDGET;
        let block = if full { self.finish() } else { None };
        if self.count == 0 {
            self.first_id.extend_from_slice(id);
            self.ids.extend_from_slice(&[FORMAT, 0, 0, 0, 0]);
        }
        let shared = shared_prefix(&self.last, id);
        let rest = id.get(shared..).unwrap_or_default();
        push_number(&mut self.ids, shared);
        push_number(&mut self.ids, rest.len());
        self.ids.extend_from_slice(rest);
        self.last.truncate(shared);
        self.last.extend_from_slice(rest);
        self.count += 1;
        block
    }

    /// The block begun, if it holds an id.
    pub(crate) fn finish(&mut self) -> Option<Block> {
        if self.count == 0 {
            return None;
        }
        let mut ids = std::mem::replace(&mut self.ids, Vec::with_capacity(ROW_BUDGET));
        let sum = crc32fast::hash(ids.get(HEADER..).unwrap_or_default());
        if let Some(place) = ids.get_mut(1..HEADER) {
            place.copy_from_slice(&sum.to_le_bytes());
        }
        self.last.clear();
        Some(Block {
            first_id: std::mem::take(&mut self.first_id),
            count: std::mem::take(&mut self.count),
            ids,
        })
    }
}

/// Why a stored block cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BlockDamage {
    /// Its format byte is none we know.
    Format,
    /// Its bytes are not the ones that were written.
    Checksum,
    /// It ends inside an id, or its ids are no text.
    Content,
}

impl fmt::Display for BlockDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format => "its format is unknown",
            Self::Checksum => "its checksum does not match",
            Self::Content => "its content is malformed",
        })
    }
}

/// Reads the ids of a block in order.
#[derive(Debug)]
pub(crate) struct BlockReader<'a> {
    rest: &'a [u8],
    id: Vec<u8>,
}

impl<'a> BlockReader<'a> {
    /// Checks the block's format and checksum.
    pub(crate) fn new(block: &'a [u8]) -> Result<Self, BlockDamage> {
        let (header, rest) = block.split_first_chunk::<HEADER>().ok_or(BlockDamage::Content)?;
        let [format, sum @ ..] = *header;
        if format != FORMAT {
            return Err(BlockDamage::Format);
        }
        if crc32fast::hash(rest) != u32::from_le_bytes(sum) {
            return Err(BlockDamage::Checksum);
        }
        Ok(Self { rest, id: Vec::new() })
    }

    /// The next id, valid until the next call.
    pub(crate) fn next_id(&mut self) -> Result<Option<&str>, BlockDamage> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let shared = self.number()?;
        let length = self.number()?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(BlockDamage::Content)?;
        if shared > self.id.len() {
            return Err(BlockDamage::Content);
        }
        self.rest = rest;
        self.id.truncate(shared);
        self.id.extend_from_slice(bytes);
        std::str::from_utf8(&self.id).map(Some).map_err(|_| BlockDamage::Content)
    }

    /// Whether `id` is in the block.
    pub(crate) fn contains(mut self, id: &str) -> Result<bool, BlockDamage> {
        while let Some(candidate) = self.next_id()? {
            if candidate >= id {
                return Ok(candidate == id);
            }
        }
        Ok(false)
    }

    fn number(&mut self) -> Result<usize, BlockDamage> {
        let mut value = 0;
        for shift in [0, 7] {
            let (&byte, rest) = self.rest.split_first().ok_or(BlockDamage::Content)?;
            self.rest = rest;
            value |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(BlockDamage::Content)
    }
}

fn shared_prefix(left: &[u8], right: &[u8]) -> usize {
    left.iter().zip(right).take_while(|(left, right)| left == right).count()
}

fn push_number(bytes: &mut Vec<u8>, value: usize) {
    let [low, high, ..] = value.to_le_bytes();
    if value < 0x80 {
        bytes.push(low);
    } else {
        bytes.extend_from_slice(&[low | 0x80, (high << 1) | (low >> 7)]);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn pack(ids: &BTreeSet<String>) -> Vec<Block> {
        let mut builder = BlockBuilder::default();
        let mut blocks: Vec<Block> = ids.iter().filter_map(|id| builder.push(id.as_bytes())).collect();
        blocks.extend(builder.finish());
        blocks
    }

    fn unpack(block: &Block) -> Result<Vec<String>, BlockDamage> {
        let mut reader = BlockReader::new(&block.ids)?;
        let mut ids = Vec::new();
        while let Some(id) = reader.next_id()? {
            ids.push(id.to_owned());
        }
        Ok(ids)
    }

    fn ids() -> impl Strategy<Value = BTreeSet<String>> {
        // Few letters share prefixes, long ids make blocks of a handful, `\PC` brings every script.
        prop::collection::btree_set(
            prop_oneof!["[ab]{1,12}", "fan-[0-9]{4}", "\\PC{1,60}", "x{200}[a-z]{1,50}"],
            1..400,
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_was_packed_is_unpacked(ids in ids()) {
            let blocks = pack(&ids);
            let mut found = Vec::new();
            for block in &blocks {
                let unpacked = unpack(block).unwrap();
                prop_assert_eq!(u32::try_from(unpacked.len()).unwrap(), block.count);
                prop_assert_eq!(unpacked[0].as_bytes(), &block.first_id);
                prop_assert!(block.ids.len() + block.first_id.len() <= ROW_BUDGET);
                found.extend(unpacked);
            }
            prop_assert_eq!(found, ids.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn membership_is_that_of_the_set(ids in ids(), other in "[ab]{1,12}") {
            for block in pack(&ids) {
                let held: BTreeSet<String> = unpack(&block).unwrap().into_iter().collect();
                for id in ids.iter().chain([&other]) {
                    prop_assert_eq!(BlockReader::new(&block.ids).unwrap().contains(id).unwrap(), held.contains(id));
                }
            }
        }

        #[test]
        fn any_changed_byte_is_noticed(ids in ids(), at in any::<prop::sample::Index>(), change in 1_u8..) {
            let mut block = pack(&ids).remove(0);
            let at = at.index(block.ids.len());
            block.ids[at] ^= change;
            prop_assert!(unpack(&block).is_err());
        }

        #[test]
        fn no_bytes_make_the_reader_fail_otherwise_than_by_an_error(content in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut ids = vec![FORMAT];
            ids.extend(crc32fast::hash(&content).to_le_bytes());
            ids.extend(content);
            let _ = unpack(&Block { first_id: Vec::new(), count: 0, ids });
        }
    }

    #[test]
    fn blocks_fill_their_row() {
        let ids: BTreeSet<String> = (0..10_000).map(|number| format!("{number:028}")).collect();
        let blocks = pack(&ids);
        let (_, full) = blocks.split_last().unwrap();
        assert!(full.iter().all(|block| block.ids.len() + block.first_id.len() > ROW_BUDGET - 2 * 32));
    }
}
