//! A column: what the users of one block carry of one attribute. The values that occur, each once, and for each user the
//! number of its value, packed into as few bits as that takes.
//!
//! Layout: format byte (1), CRC-32 of the rest (4, little-endian), bits of a code (1), number of values (2), each value with
//! its length before it, and the codes. Code 0 is a user without the attribute, code n the n-th value. Codes of no bits are
//! all 1.

use std::collections::HashMap;

use super::number::{put_bytes, take_bytes};
use super::value::ColumnValue;

const FORMAT: u8 = 1;
const HEADER: usize = 5;
/// Widths of which a whole number fits into a byte, and one for more values.
const WIDTHS: [(u8, usize); 6] = [(0, 0), (1, 2), (2, 4), (4, 16), (8, 256), (16, 65_536)];

/// Gathers a column while its block is filled.
#[derive(Debug, Default)]
pub(super) struct ColumnPacker {
    numbers: HashMap<Box<[u8]>, u16>,
    values: Vec<u8>,
    codes: Vec<u16>,
}

impl ColumnPacker {
    /// The user at `place` carries `value`; places ascend.
    pub(super) fn set(&mut self, place: usize, value: &[u8]) {
        let code = if let Some(code) = self.numbers.get(value) {
            *code
        } else {
            let code = u16::try_from(self.numbers.len() + 1).unwrap_or(u16::MAX);
            self.numbers.insert(value.into(), code);
            put_bytes(&mut self.values, value);
            code
        };
        self.codes.resize(place, 0);
        self.codes.push(code);
    }

    /// The column of a block of `users`.
    pub(super) fn pack(mut self, users: usize) -> Vec<u8> {
        self.codes.resize(users, 0);
        let values = self.numbers.len();
        let constant = values == 1 && !self.codes.contains(&0);
        let fits = |(_, most): &&(u8, usize)| if constant { true } else { *most > values };
        let width = WIDTHS.iter().find(fits).map_or(16, |(width, _)| *width);
        let mut bytes = vec![FORMAT, 0, 0, 0, 0, width];
        bytes.extend_from_slice(&u16::try_from(values).unwrap_or(u16::MAX).to_le_bytes());
        bytes.append(&mut self.values);
        pack_codes(&self.codes, width, &mut bytes);
        let sum = crc32fast::hash(bytes.get(HEADER..).unwrap_or_default());
        if let Some(place) = bytes.get_mut(1..HEADER) {
            place.copy_from_slice(&sum.to_le_bytes());
        }
        bytes
    }
}

fn pack_codes(codes: &[u16], width: u8, bytes: &mut Vec<u8>) {
    match width {
        0 => {}
        16 => bytes.extend(codes.iter().flat_map(|code| code.to_le_bytes())),
        _ => {
            let a_byte = usize::from(8 / width);
            for together in codes.chunks(a_byte) {
                let packed = together.iter().rev().fold(0_u16, |packed, code| (packed << width) | code);
                let [low, _] = packed.to_le_bytes();
                bytes.push(low);
            }
        }
    }
}

/// A column as it is read.
#[derive(Debug)]
pub(crate) struct Column {
    bytes: Vec<u8>,
    /// Where each value begins and ends.
    values: Vec<(u32, u32)>,
    width: u8,
    /// Where the codes begin.
    codes: usize,
    users: usize,
}

impl Column {
    /// The column of a block of `users`; `None` if it is not what was written.
    pub(super) fn read(bytes: Vec<u8>, users: usize) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
        let [format, sum @ ..] = *header;
        if format != FORMAT
            || crc32fast::hash(rest) != u32::from_le_bytes(sum)
            || users > usize::from(u16::MAX)
        {
            return None;
        }
        let (&[width, low, high], mut rest) = rest.split_first_chunk::<3>()?;
        let mut values = Vec::new();
        for _ in 0..u16::from_le_bytes([low, high]) {
            let value = take_bytes(&mut rest)?;
            let end = bytes.len() - rest.len();
            values.push((u32::try_from(end - value.len()).ok()?, u32::try_from(end).ok()?));
        }
        let codes = bytes.len() - rest.len();
        let known = WIDTHS.iter().any(|(known, _)| *known == width);
        let whole = rest.len() == (users * usize::from(width)).div_ceil(8);
        (known && whole).then_some(Self { bytes, values, width, codes, users })
    }

    /// How many values occur.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// The bytes of the value with a code from 1 on.
    pub(super) fn bytes(&self, code: u16) -> Option<&[u8]> {
        let (start, end) = self.values.get(usize::from(code).checked_sub(1)?)?;
        self.bytes.get(usize::try_from(*start).ok()?..usize::try_from(*end).ok()?)
    }

    /// The value with a code from 1 on.
    pub(crate) fn value(&self, code: u16) -> Option<ColumnValue<'_>> {
        ColumnValue::read(self.bytes(code)?)
    }

    /// The values in the order of their codes, which begin at 1.
    pub(crate) fn values(&self) -> impl Iterator<Item = Option<ColumnValue<'_>>> {
        (1..).take(self.values.len()).map(|code| self.value(code))
    }

    /// Each user's code, in place of what `codes` held.
    pub(crate) fn codes(&self, codes: &mut Vec<u16>) {
        codes.clear();
        let bytes = self.bytes.get(self.codes..).unwrap_or_default();
        match self.width {
            0 => codes.resize(self.users, 1),
            8 => codes.extend(bytes.iter().map(|byte| u16::from(*byte))),
            16 => codes.extend(bytes.as_chunks().0.iter().map(|code| u16::from_le_bytes(*code))),
            width => {
                let mask = (1_u8 << width) - 1;
                let shifts = 8 / width;
                for byte in bytes {
                    codes.extend((0..shifts).map(|place| u16::from((byte >> (place * width)) & mask)));
                }
                codes.truncate(self.users);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_column_says_what_each_user_carries(
            carried in prop::collection::vec(
                prop::option::weighted(0.8, prop_oneof![
                    3 => (0_u16..3).prop_map(|value| value.to_le_bytes().to_vec()),
                    1 => (0_u16..2_000).prop_map(|value| value.to_le_bytes().to_vec()),
                    1 => prop::collection::vec(any::<u8>(), 0..300),
                ]),
                1..1_000,
            ),
        ) {
            let mut packer = ColumnPacker::default();
            for (place, value) in carried.iter().enumerate() {
                if let Some(value) = value {
                    packer.set(place, value);
                }
            }
            let column = Column::read(packer.pack(carried.len()), carried.len()).unwrap();
            let mut codes = vec![7];
            column.codes(&mut codes);
            let read: Vec<_> = codes.iter().map(|code| column.bytes(*code).map(<[u8]>::to_vec)).collect();
            prop_assert_eq!(read, carried);
        }

        #[test]
        fn no_bytes_are_read_for_what_they_are_not(
            mut bytes in prop::collection::vec(any::<u8>(), 0..60), users in 0_usize..5_000, summed in any::<bool>(),
        ) {
            if summed && bytes.len() >= HEADER {
                bytes[0] = FORMAT;
                let sum = crc32fast::hash(&bytes[HEADER..]);
                bytes[1..HEADER].copy_from_slice(&sum.to_le_bytes());
            }
            if let Some(column) = Column::read(bytes, users) {
                let mut codes = Vec::new();
                column.codes(&mut codes);
                prop_assert_eq!(codes.len(), users);
                for code in codes {
                    let _ = column.value(code);
                }
            }
        }
    }

    #[test]
    fn few_values_take_few_bits() {
        let packed = |values: usize, users: usize| {
            let mut packer = ColumnPacker::default();
            for place in 0..users {
                packer.set(place, &(place % values).to_le_bytes());
            }
            packer.pack(users).len() - 9 * values - 8
        };
        assert_eq!(
            [1, 2, 3, 15, 255, 256].map(|values| packed(values, 4_096)),
            [0, 1_024, 1_024, 2_048, 4_096, 8_192]
        );
    }
}
