//! The hybrid of runs and packed bits in which Parquet writes levels, booleans and places in a dictionary.

use super::thrift::{Broken, ENDS, varint};

/// Numbers of `width` bits in the bytes from `at` to `end` of a page. The page itself is given to each call.
#[derive(Debug, Clone)]
pub(super) struct Hybrid {
    at: usize,
    end: usize,
    width: u32,
    run: Run,
}

#[derive(Debug, Clone)]
enum Run {
    /// The same number over and over.
    Same { value: u64, left: u64 },
    /// Numbers from a bit of the page on.
    Packed { bit: usize, left: u64 },
}

impl Hybrid {
    pub(super) fn new(at: usize, end: usize, width: u32) -> Result<Self, Broken> {
        if width > 32 {
            return Err(Broken("a page's numbers have too many bits"));
        }
        Ok(Self { at, end, width, run: Run::Same { value: 0, left: 0 } })
    }

    #[inline]
    pub(super) fn next(&mut self, page: &[u8]) -> Result<u64, Broken> {
        loop {
            match &mut self.run {
                Run::Same { value, left } if *left > 0 => {
                    *left -= 1;
                    return Ok(*value);
                }
                Run::Packed { bit, left } if *left > 0 => {
                    let value = bits(page.get(..self.end).ok_or(ENDS)?, *bit, self.width)?;
                    *left -= 1;
                    *bit = bit.saturating_add(width(self.width));
                    return Ok(value);
                }
                _ => self.begin_run(page)?,
            }
        }
    }

    fn begin_run(&mut self, page: &[u8]) -> Result<(), Broken> {
        let bytes = page.get(self.at..self.end).ok_or(ENDS)?;
        let (head, length) = varint(bytes)?;
        self.at += length;
        if head & 1 == 1 {
            let groups = usize::try_from(head >> 1).map_err(|_| ENDS)?;
            let left = u64::try_from(groups).unwrap_or(u64::MAX).saturating_mul(8);
            self.run = Run::Packed { bit: self.at.saturating_mul(8), left };
            // A group of eight takes as many bytes as a number has bits. The last group may be cut short.
            self.at = self.at.saturating_add(groups.saturating_mul(width(self.width))).min(self.end);
            return Ok(());
        }
        let bytes = page.get(self.at..self.end).ok_or(ENDS)?;
        let value = bytes.get(..width(self.width.div_ceil(8))).ok_or(ENDS)?;
        self.at += value.len();
        let value = value.iter().rev().fold(0, |sum, &byte| (sum << 8) | u64::from(byte));
        self.run = Run::Same { value, left: head >> 1 };
        Ok(())
    }
}

/// The number of `width` bits, at most 64, from bit `at` on, least significant bits first.
#[inline]
pub(super) fn bits(bytes: &[u8], at: usize, width: u32) -> Result<u64, Broken> {
    if width == 0 {
        return Ok(0);
    }
    let rest = bytes.get(at / 8..).ok_or(ENDS)?;
    let shift = u32::try_from(at % 8).unwrap_or(0);
    let needed = self::width((shift + width).div_ceil(8));
    let mut number = [0; 16];
    match rest.first_chunk::<16>() {
        Some(whole) => number = *whole,
        None => number.get_mut(..needed).ok_or(ENDS)?.copy_from_slice(rest.get(..needed).ok_or(ENDS)?),
    }
    let number = (u128::from_le_bytes(number) >> shift) & ((1_u128 << width) - 1);
    u64::try_from(number).map_err(|_| Broken("a number has too many bits"))
}

fn width(bits: u32) -> usize {
    usize::try_from(bits).unwrap_or(usize::MAX)
}
