//! The ids of a block one after another, as a look-up reads them in memory.

use std::cmp::Ordering;

use fanpass_sorted::{BlockDamage, BlockReader};

/// Ids of one block, ascending, to be searched by halves where the block itself would be read from its begin.
#[derive(Debug, Default)]
pub(super) struct Unpacked {
    bytes: Vec<u8>,
    /// Where each id ends.
    ends: Vec<u32>,
}

impl Unpacked {
    pub(super) fn new(block: &[u8]) -> Result<Self, BlockDamage> {
        let mut reader = BlockReader::new(block)?;
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        while let Some(id) = reader.next_id()? {
            bytes.extend_from_slice(id.as_bytes());
            ends.push(u32::try_from(bytes.len()).map_err(|_| BlockDamage::Content)?);
        }
        bytes.shrink_to_fit();
        ends.shrink_to_fit();
        Ok(Self { bytes, ends })
    }

    pub(super) fn contains(&self, id: &[u8]) -> bool {
        let (mut from, mut until) = (0, self.ends.len());
        while from < until {
            let middle = usize::midpoint(from, until);
            match self.id(middle).cmp(id) {
                Ordering::Less => from = middle + 1,
                Ordering::Greater => until = middle,
                Ordering::Equal => return true,
            }
        }
        false
    }

    /// Bytes of memory that the ids take.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() + self.ends.len() * size_of::<u32>()
    }

    fn id(&self, index: usize) -> &[u8] {
        let end = |index: usize| self.ends.get(index).and_then(|end| usize::try_from(*end).ok());
        let begin = index.checked_sub(1).and_then(end).unwrap_or(0);
        end(index).and_then(|end| self.bytes.get(begin..end)).unwrap_or_default()
    }
}
