//! Whole numbers as differences to the one before (`DELTA_BINARY_PACKED`).

use super::{
    hybrid::bits,
    thrift::{Broken, ENDS, varint, zigzag},
};

/// Numbers in a block; writers have 128.
const BLOCK_MAX: usize = 1 << 20;

/// The numbers from a byte of a page on. The page itself is given to each call.
#[derive(Debug, Clone)]
pub(super) struct Delta {
    at: usize,
    /// Numbers that are still to come.
    left: u64,
    last: i64,
    is_first: bool,
    /// Mini blocks in a block, and numbers in a mini block.
    minis: usize,
    mini_length: usize,
    least: i64,
    /// Where the widths of the block's mini blocks stand, and how many of these are used up.
    widths: usize,
    used: usize,
    /// The mini block under way: its next bit, its width, what is left of it.
    bit: usize,
    width: u8,
    mini_left: usize,
}

impl Delta {
    /// Reads the head; `most` bounds how many numbers there may be.
    pub(super) fn new(page: &[u8], at: usize, most: u64) -> Result<Self, Broken> {
        let mut at = at;
        let mut next = || -> Result<u64, Broken> {
            let (number, length) = varint(page.get(at..).ok_or(ENDS)?)?;
            at += length;
            Ok(number)
        };
        let (block, minis, left, first) = (next()?, next()?, next()?, zigzag(next()?));
        let block = usize::try_from(block).unwrap_or(usize::MAX);
        let minis = usize::try_from(minis).unwrap_or(usize::MAX);
        if block > BLOCK_MAX || minis == 0 || block % minis != 0 || block / minis % 8 != 0 || block == 0 {
            return Err(Broken("a page's differences are in blocks of an impossible size"));
        }
        if left > most {
            return Err(Broken("a page holds more numbers than values"));
        }
        Ok(Self {
            at,
            left,
            last: first,
            is_first: true,
            minis,
            mini_length: block / minis,
            least: 0,
            widths: 0,
            used: minis,
            bit: 0,
            width: 0,
            mini_left: 0,
        })
    }

    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// Where what follows the numbers stands, once all are read.
    pub(super) fn end(&self) -> usize {
        self.at
    }

    #[inline]
    pub(super) fn next(&mut self, page: &[u8]) -> Result<i64, Broken> {
        self.left = self.left.checked_sub(1).ok_or(ENDS)?;
        if std::mem::take(&mut self.is_first) {
            return Ok(self.last);
        }
        if self.mini_left == 0 {
            self.begin_mini(page)?;
        }
        let difference = bits(page, self.bit, u32::from(self.width))?;
        self.bit = self.bit.saturating_add(usize::from(self.width));
        self.mini_left -= 1;
        self.last = self.last.wrapping_add(self.least).wrapping_add(difference.cast_signed());
        Ok(self.last)
    }

    fn begin_mini(&mut self, page: &[u8]) -> Result<(), Broken> {
        if self.used == self.minis {
            let (least, length) = varint(page.get(self.at..).ok_or(ENDS)?)?;
            self.least = zigzag(least);
            self.widths = self.at + length;
            self.at = self.widths.saturating_add(self.minis);
            self.used = 0;
        }
        self.width = *page.get(self.widths + self.used).ok_or(ENDS)?;
        if self.width > 64 {
            return Err(Broken("a page's differences have too many bits"));
        }
        self.bit = self.at.saturating_mul(8);
        self.at = self.at.saturating_add(self.mini_length / 8 * usize::from(self.width));
        self.used += 1;
        self.mini_left = self.mini_length;
        Ok(())
    }
}
