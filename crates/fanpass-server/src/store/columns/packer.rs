//! Writes a column: what each user of a block carries, gathered while the block is filled. The layout is that of a [`column`].
//!
//! [`column`]: super::column

use std::collections::HashMap;

use super::column::WIDTHS;
use super::number::{put_bytes, take_bytes};

/// Gathers a column while its block is filled.
#[derive(Debug, Default)]
pub(super) struct ColumnPacker {
    numbers: HashMap<Box<[u8]>, u16>,
    values: Vec<u8>,
    /// Bytes of each value; none where they differ, or are too many.
    length: Option<u8>,
    codes: Vec<u16>,
}

impl ColumnPacker {
    /// The user at `place` carries `value`; places ascend.
    pub(super) fn set(&mut self, place: usize, value: &[u8]) {
        let code = if let Some(code) = self.numbers.get(value) {
            *code
        } else {
            let code = u16::try_from(self.numbers.len() + 1).unwrap_or(u16::MAX);
            let length = u8::try_from(value.len()).ok();
            self.length = if code == 1 { length } else { self.length.filter(|_| self.length == length) };
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
        let length = self.length.unwrap_or(0);
        let mut bytes = vec![width, length];
        bytes.extend_from_slice(&u16::try_from(values).unwrap_or(u16::MAX).to_le_bytes());
        if length == 0 {
            bytes.append(&mut self.values);
        } else {
            let mut rest = self.values.as_slice();
            while let Some(value) = take_bytes(&mut rest) {
                bytes.extend_from_slice(value);
            }
        }
        pack_codes(&self.codes, width, &mut bytes);
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
