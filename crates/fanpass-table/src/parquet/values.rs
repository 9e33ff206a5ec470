//! The values of a page or dictionary, in each of Parquet's encodings.

use super::{
    delta::Delta,
    hybrid::Hybrid,
    schema::Physical,
    thrift::{Broken, ENDS},
};

/// A stored value, before anybody asks what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Boolean(bool),
    /// `INT32` and `INT64`.
    Int(i64),
    /// All other types as they are stored.
    Bytes(&'a [u8]),
}

/// The values of a dictionary page, which stay in memory for all pages of its column chunk.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    bytes: Vec<u8>,
    /// Where each value ends, where they differ in length.
    ends: Vec<u32>,
    physical: Option<Physical>,
}

impl Dictionary {
    /// Takes the values in; a dictionary is always written plainly.
    pub(super) fn new(bytes: Vec<u8>, physical: Physical) -> Result<Self, Broken> {
        let mut ends = Vec::new();
        if physical == Physical::Bytes {
            let mut at = 0;
            while at < bytes.len() {
                at = prefixed(&bytes, at)?.1;
                ends.push(u32::try_from(at).map_err(|_| ENDS)?);
            }
        }
        Ok(Self { bytes, ends, physical: Some(physical) })
    }

    /// Bytes of memory that the dictionary of a page of `page` bytes takes.
    pub(super) fn cost(page: usize) -> usize {
        // Each value has a prefix of four bytes, and its end takes as many.
        page.saturating_mul(2)
    }

    fn get(&self, index: u64) -> Result<Value<'_>, Broken> {
        let lacks = Broken("a value is not in its dictionary");
        let index = usize::try_from(index).map_err(|_| lacks)?;
        let physical = self.physical.ok_or(lacks)?;
        if let Some(width) = physical.width() {
            let start = index.checked_mul(width).ok_or(lacks)?;
            return fixed(physical, self.bytes.get(start..start.saturating_add(width)).ok_or(lacks)?);
        }
        let end = self.ends.get(index).and_then(|&end| usize::try_from(end).ok()).ok_or(lacks)?;
        let before = index.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = before.and_then(|&end| usize::try_from(end).ok()).unwrap_or(0);
        self.bytes.get(start.saturating_add(4)..end).map(Value::Bytes).ok_or(lacks)
    }
}

/// Where in a page its next value stands. The page itself is given to each call.
#[derive(Debug)]
pub(super) enum Decoder {
    Plain {
        at: usize,
    },
    PlainBooleans {
        bit: usize,
    },
    Booleans(Hybrid),
    Dictionary(Hybrid),
    Ints(Delta),
    /// All lengths, then all bytes.
    Lengths {
        lengths: Delta,
        at: usize,
    },
    /// How much each value shares with the one before, then the rests as above.
    Shared {
        shared: Delta,
        lengths: Delta,
        at: usize,
        last: Vec<u8>,
    },
    /// All first bytes, then all second bytes, and so on.
    Split {
        index: usize,
        start: usize,
        count: usize,
        value: Vec<u8>,
    },
}

/// Encodings by Parquet's numbers.
const PLAIN: i64 = 0;
const DICTIONARY: [i64; 2] = [2, 8];
const RLE: i64 = 3;
const DELTA: i64 = 5;
const DELTA_LENGTH: i64 = 6;
const DELTA_BYTES: i64 = 7;
const SPLIT: i64 = 9;

impl Decoder {
    /// For the values of `page` from byte `at` on, of which there are `count` at most.
    pub(super) fn new(
        encoding: i64,
        physical: Physical,
        page: &[u8],
        at: usize,
        count: u64,
    ) -> Result<Self, Broken> {
        use Physical::{Boolean, Bytes, Fixed, Int32, Int64};
        Ok(match (encoding, physical) {
            (PLAIN, Boolean) => Self::PlainBooleans { bit: at.saturating_mul(8) },
            (PLAIN, _) => Self::Plain { at },
            // With no value but nulls, even the width may be missing.
            (_, _) if at == page.len() => Self::Plain { at },
            (RLE, Boolean) => {
                let length = prefix(page, at)?;
                let start = at.saturating_add(4);
                let end = start.checked_add(length).filter(|&end| end <= page.len()).ok_or(ENDS)?;
                Self::Booleans(Hybrid::new(start, end, 1)?)
            }
            (encoding, _) if DICTIONARY.contains(&encoding) => {
                let width = *page.get(at).ok_or(ENDS)?;
                Self::Dictionary(Hybrid::new(at + 1, page.len(), u32::from(width))?)
            }
            (DELTA, Int32 | Int64) => Self::Ints(Delta::new(page, at, count)?),
            (DELTA_LENGTH, Bytes) => {
                let lengths = Delta::new(page, at, count)?;
                Self::Lengths { at: behind(&lengths, page)?, lengths }
            }
            (DELTA_BYTES, Bytes | Fixed(_)) => {
                let shared = Delta::new(page, at, count)?;
                let lengths = Delta::new(page, behind(&shared, page)?, count)?;
                Self::Shared { at: behind(&lengths, page)?, shared, lengths, last: Vec::new() }
            }
            (SPLIT, physical) => {
                let width = physical.width().ok_or(Broken("a page has the encoding of another type"))?;
                let length = page.len().checked_sub(at).ok_or(ENDS)?;
                Self::Split { index: 0, start: at, count: length / width, value: Vec::new() }
            }
            _ => return Err(Broken("a page's encoding is not known or not one of its type")),
        })
    }

    #[inline]
    pub(super) fn next<'a>(
        &'a mut self,
        page: &'a [u8],
        dictionary: &'a Dictionary,
        physical: Physical,
    ) -> Result<Value<'a>, Broken> {
        match self {
            Self::Plain { at } => {
                if let Some(width) = physical.width() {
                    let end = at.saturating_add(width);
                    let value = page.get(*at..end).ok_or(ENDS)?;
                    *at = end;
                    return fixed(physical, value);
                }
                let (value, end) = prefixed(page, *at)?;
                *at = end;
                Ok(Value::Bytes(value))
            }
            Self::PlainBooleans { bit } => {
                let byte = *page.get(*bit / 8).ok_or(ENDS)?;
                let value = (byte >> (*bit % 8)) & 1 == 1;
                *bit += 1;
                Ok(Value::Boolean(value))
            }
            Self::Booleans(runs) => Ok(Value::Boolean(runs.next(page)? == 1)),
            Self::Dictionary(places) => dictionary.get(places.next(page)?),
            Self::Ints(numbers) => {
                let number = numbers.next(page)?;
                // The differences of 32-bit numbers may wrap around in 32 bits.
                let [low @ .., _, _, _, _] = number.to_le_bytes();
                let narrow = || i64::from(i32::from_le_bytes(low));
                Ok(Value::Int(if physical == Physical::Int32 { narrow() } else { number }))
            }
            Self::Lengths { lengths, at } => {
                let end = at.checked_add(length(lengths.next(page)?)?).ok_or(ENDS)?;
                let value = page.get(*at..end).ok_or(ENDS)?;
                *at = end;
                Ok(Value::Bytes(value))
            }
            Self::Shared { shared, lengths, at, last } => {
                let kept = length(shared.next(page)?)?;
                let end = at.checked_add(length(lengths.next(page)?)?).ok_or(ENDS)?;
                if kept > last.len() {
                    return Err(Broken("a value shares more than the one before has"));
                }
                last.truncate(kept);
                last.extend_from_slice(page.get(*at..end).ok_or(ENDS)?);
                *at = end;
                fixed(physical, last)
            }
            Self::Split { index, start, count, value } => {
                if *index >= *count {
                    return Err(ENDS);
                }
                value.clear();
                let places = (*start..page.len()).skip(*index).step_by(*count);
                value.extend(places.take(physical.width().unwrap_or(0)).filter_map(|at| page.get(at)));
                *index += 1;
                fixed(physical, value)
            }
        }
    }
}

/// Where the numbers end; reads them all.
fn behind(numbers: &Delta, page: &[u8]) -> Result<usize, Broken> {
    let mut numbers = numbers.clone();
    while numbers.left() > 0 {
        numbers.next(page)?;
    }
    Ok(numbers.end())
}

fn length(number: i64) -> Result<usize, Broken> {
    usize::try_from(number).map_err(|_| Broken("a value's length is negative"))
}

/// The four bytes of a length in front of what it is of.
pub(super) fn prefix(bytes: &[u8], at: usize) -> Result<usize, Broken> {
    let length = bytes.get(at..).and_then(|rest| rest.first_chunk()).ok_or(ENDS)?;
    usize::try_from(u32::from_le_bytes(*length)).map_err(|_| ENDS)
}

/// A value behind its length, and where it ends.
fn prefixed(bytes: &[u8], at: usize) -> Result<(&[u8], usize), Broken> {
    let start = at.saturating_add(4);
    let end = start.checked_add(prefix(bytes, at)?).ok_or(ENDS)?;
    Ok((bytes.get(start..end).ok_or(ENDS)?, end))
}

fn fixed(physical: Physical, bytes: &[u8]) -> Result<Value<'_>, Broken> {
    Ok(match physical {
        Physical::Int32 => Value::Int(i64::from(i32::from_le_bytes(bytes.try_into().map_err(|_| ENDS)?))),
        Physical::Int64 => Value::Int(i64::from_le_bytes(bytes.try_into().map_err(|_| ENDS)?)),
        Physical::Fixed(width) if width != bytes.len() => {
            return Err(Broken("a value has not the length of its type"));
        }
        _ => Value::Bytes(bytes),
    })
}
