//! A column: what the users of one block carry of one attribute. The values that occur, each once, and for each user the
//! number of its value, packed into as few bits as that takes.
//!
//! Layout: bits of a code (1), bytes of a value (1), number of values (2, little-endian), the values, and the codes. Values of different lengths have 0 for their bytes, and each its length before it. Code 0 is a
//! user without the attribute, code n the n-th value. Codes of no bits are all 1.

use super::number::take_bytes;
use super::value::ColumnValue;

/// Widths of which a whole number fits into a byte, and one for more values.
pub(super) const WIDTHS: [(u8, usize); 6] = [(0, 0), (1, 2), (2, 4), (4, 16), (8, 256), (16, 65_536)];

/// A column as it is read.
#[derive(Debug)]
pub(crate) struct Column {
    bytes: Vec<u8>,
    values: Values,
    width: u8,
    /// Where the codes begin.
    codes: usize,
    users: usize,
}

/// Where the values are.
#[derive(Debug)]
enum Values {
    /// So many bytes each, and how many there are.
    Alike(usize, usize),
    /// From where to where.
    Each(Vec<(u32, u32)>),
}

/// Where the values begin.
const VALUES: usize = 4;

impl Column {
    /// The column of a block of `users`; `None` if it is not what was written.
    pub(super) fn read(bytes: Vec<u8>, users: usize) -> Option<Self> {
        if users > usize::from(u16::MAX) {
            return None;
        }
        let (&[width, length, low, high], mut rest) = bytes.split_first_chunk::<VALUES>()?;
        let count = usize::from(u16::from_le_bytes([low, high]));
        let values = if length > 0 {
            let length = usize::from(length);
            rest = rest.get(count * length..)?;
            Values::Alike(length, count)
        } else {
            let mut places = Vec::with_capacity(count);
            for _ in 0..count {
                let value = take_bytes(&mut rest)?;
                let end = bytes.len() - rest.len();
                places.push((u32::try_from(end - value.len()).ok()?, u32::try_from(end).ok()?));
            }
            Values::Each(places)
        };
        let codes = bytes.len() - rest.len();
        let known = WIDTHS.iter().any(|(known, _)| *known == width);
        let whole = rest.len() == (users * usize::from(width)).div_ceil(8);
        (known && whole).then_some(Self { bytes, values, width, codes, users })
    }

    /// How many values occur.
    pub(crate) fn len(&self) -> usize {
        match &self.values {
            Values::Alike(_, count) => *count,
            Values::Each(places) => places.len(),
        }
    }

    /// The bytes of the value with a code from 1 on.
    pub(super) fn bytes(&self, code: u16) -> Option<&[u8]> {
        let index = usize::from(code).checked_sub(1)?;
        match &self.values {
            Values::Alike(length, count) if index < *count => {
                self.bytes.get(VALUES + index * length..VALUES + (index + 1) * length)
            }
            Values::Alike(..) => None,
            Values::Each(places) => {
                let (start, end) = places.get(index)?;
                self.bytes.get(usize::try_from(*start).ok()?..usize::try_from(*end).ok()?)
            }
        }
    }

    /// The value with a code from 1 on.
    #[cfg(test)]
    pub(super) fn value(&self, code: u16) -> Option<ColumnValue<'_>> {
        ColumnValue::read(self.bytes(code)?)
    }

    /// For each code, 0 included, whether it stands for a value that passes the test.
    pub(crate) fn passing(&self, test: impl Fn(&ColumnValue<'_>) -> bool) -> Vec<bool> {
        let passes = |bytes| ColumnValue::read(bytes).is_some_and(|value| test(&value));
        let mut passing = Vec::with_capacity(self.len() + 1);
        passing.push(false);
        match &self.values {
            Values::Alike(length, count) => {
                let values = self.bytes.get(VALUES..VALUES + length * count).unwrap_or_default();
                passing.extend(values.chunks_exact(*length).map(passes));
            }
            Values::Each(places) => {
                let codes = (1..).take(places.len());
                passing.extend(codes.map(|code| self.bytes(code).is_some_and(passes)));
            }
        }
        passing
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

    use super::super::packer::ColumnPacker;
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
            bytes in prop::collection::vec(any::<u8>(), 0..60), users in 0_usize..5_000,
        ) {
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
            packer.pack(users).len() - 8 * values - VALUES
        };
        assert_eq!(
            [1, 2, 3, 15, 255, 256].map(|values| packed(values, 4_096)),
            [0, 1_024, 1_024, 2_048, 4_096, 8_192]
        );
    }
}
