//! The block: sorted ids in about 4 KiB, front-coded, with a format byte and a checksum.
//!
//! Layout: format byte (1), CRC-32 of the rest (4, little-endian), then for each id the number of bytes it shares with
//! the id before, the number of bytes that follow (each LEB128), and those bytes. Ids ascend strictly.

use std::cmp::Ordering;
use std::fmt;

use crate::chunk::shared_prefix;

const FORMAT: u8 = 1;
const HEADER: usize = 5;
/// Bytes of a block and its first id together: four such rows fill a page of 16 KiB.
const ROW_BUDGET: usize = 4_050;

/// Ids that are stored and read together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The first of them, to find the block by.
    pub first_id: Vec<u8>,
    /// How many there are.
    pub count: u32,
    /// All of them, packed, for [`BlockReader`].
    pub ids: Vec<u8>,
}

/// Packs ascending ids into blocks.
#[derive(Debug, Default)]
pub struct BlockBuilder {
    first_id: Vec<u8>,
    last: Vec<u8>,
    count: u32,
    ids: Vec<u8>,
}

impl BlockBuilder {
    /// Adds an id of 1 to 16,383 bytes, greater than all before; gives back the block before it once that is full.
    pub fn push(&mut self, id: &[u8]) -> Option<Block> {
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
    pub fn finish(&mut self) -> Option<Block> {
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
pub enum BlockDamage {
    /// Its format byte is none we know.
    Format,
    /// Its bytes are not the ones that were written.
    Checksum,
    /// It ends inside an id, or its ids are no text.
    Content,
}

impl std::error::Error for BlockDamage {}

impl fmt::Display for BlockDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format => "its format is unknown",
            Self::Checksum => "its checksum does not match",
            Self::Content => "its content is malformed",
        })
    }
}

/// Reads the ids of a block in order, from bytes that it borrows or owns.
#[derive(Debug)]
pub struct BlockReader<B> {
    block: B,
    /// Where the next id begins.
    place: usize,
    id: Vec<u8>,
}

impl<B: AsRef<[u8]>> BlockReader<B> {
    /// Checks the block's format and checksum.
    ///
    /// # Errors
    ///
    /// [`BlockDamage`].
    pub fn new(block: B) -> Result<Self, BlockDamage> {
        let (header, rest) = block.as_ref().split_first_chunk::<HEADER>().ok_or(BlockDamage::Content)?;
        let [format, sum @ ..] = *header;
        if format != FORMAT {
            return Err(BlockDamage::Format);
        }
        if crc32fast::hash(rest) != u32::from_le_bytes(sum) {
            return Err(BlockDamage::Checksum);
        }
        Ok(Self { block, place: HEADER, id: Vec::new() })
    }

    /// The next id, valid until the next call; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`BlockDamage::Content`].
    pub fn next_id(&mut self) -> Result<Option<&str>, BlockDamage> {
        if !self.step()? {
            return Ok(None);
        }
        std::str::from_utf8(&self.id).map(Some).map_err(|_| BlockDamage::Content)
    }

    /// The first id that is not less than `least`, of those that were not given yet; valid until the next call.
    ///
    /// # Errors
    ///
    /// [`BlockDamage::Content`].
    pub fn next_from(&mut self, least: &str) -> Result<Option<&str>, BlockDamage> {
        while self.step()? {
            if self.id.as_slice() >= least.as_bytes() {
                return std::str::from_utf8(&self.id).map(Some).map_err(|_| BlockDamage::Content);
            }
        }
        Ok(None)
    }

    /// The id behind `passed_over` further ones, valid until the next call; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`BlockDamage::Content`].
    pub fn nth_id(&mut self, passed_over: usize) -> Result<Option<&str>, BlockDamage> {
        for _ in 0..passed_over {
            if !self.step()? {
                return Ok(None);
            }
        }
        self.next_id()
    }

    /// Whether `id` is in the block, as far as it was not read yet.
    ///
    /// # Errors
    ///
    /// [`BlockDamage::Content`].
    pub fn contains(&self, id: &str) -> Result<bool, BlockDamage> {
        let wanted = id.as_bytes();
        // No id is put together: all that counts is how far each agrees with the wanted one, and for an id that shares more
        // with its predecessor than that one agreed, the answer is its predecessor's.
        let mut agreed = shared_prefix(&self.id, wanted);
        let mut before = self.id.len();
        let mut rest = self.block.as_ref().get(self.place..).unwrap_or_default();
        if before > 0 && self.id.as_slice() >= wanted {
            return Ok(false);
        }
        while !rest.is_empty() {
            let (shared, bytes, behind) = entry(rest)?;
            if shared > before {
                return Err(BlockDamage::Content);
            }
            (before, rest) = (shared + bytes.len(), behind);
            if shared > agreed {
                continue;
            }
            if shared < agreed {
                return Ok(false);
            }
            let open = wanted.get(agreed..).unwrap_or_default();
            match bytes.cmp(open) {
                Ordering::Less => agreed += shared_prefix(bytes, open),
                found => return Ok(found == Ordering::Equal),
            }
        }
        Ok(false)
    }

    /// Reads the next id's bytes; false at the end.
    fn step(&mut self) -> Result<bool, BlockDamage> {
        let rest = self.block.as_ref().get(self.place..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(false);
        }
        let (shared, bytes, rest) = entry(rest)?;
        if shared > self.id.len() {
            return Err(BlockDamage::Content);
        }
        self.id.truncate(shared);
        self.id.extend_from_slice(bytes);
        self.place = self.block.as_ref().len() - rest.len();
        Ok(true)
    }
}

/// How much of the id before an id shares, its own bytes, and what stands behind them.
#[inline]
fn entry(bytes: &[u8]) -> Result<(usize, &[u8], &[u8]), BlockDamage> {
    // As nearly all are: a scan is what most of a look-up's instructions were.
    let (shared, length, rest) = if let [shared @ ..0x80, length @ ..0x80, rest @ ..] = bytes {
        (usize::from(*shared), usize::from(*length), rest)
    } else {
        let (shared, rest) = number(bytes)?;
        let (length, rest) = number(rest)?;
        (shared, length, rest)
    };
    let (own, behind) = rest.split_at_checked(length).ok_or(BlockDamage::Content)?;
    Ok((shared, own, behind))
}

/// A LEB128 number of at most two bytes, and what stands behind it.
fn number(bytes: &[u8]) -> Result<(usize, &[u8]), BlockDamage> {
    match bytes {
        [low @ ..0x80, rest @ ..] => Ok((usize::from(*low), rest)),
        [low, high @ ..0x80, rest @ ..] => Ok((usize::from(low & 0x7f) | usize::from(*high) << 7, rest)),
        _ => Err(BlockDamage::Content),
    }
}

fn push_number(bytes: &mut Vec<u8>, value: usize) {
    let [low, high, ..] = value.to_le_bytes();
    if value < 0x80 {
        bytes.push(low);
    } else {
        bytes.extend_from_slice(&[low | 0x80, (high << 1) | (low >> 7)]);
    }
}
