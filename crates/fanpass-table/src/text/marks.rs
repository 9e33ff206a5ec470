//! Where cells and lines end in text without quotes, found for many lines at a time.

use memchr::memchr2_iter;

use super::split::{Dialect, line};

/// Bytes that are looked at together: compilers make a few steps of them, and a bit of each.
const BLOCK: usize = 32;

/// The delimiters and terminators of a text, in order.
#[derive(Default)]
pub(crate) struct Marks {
    places: Vec<usize>,
    /// How many of them were used.
    used: usize,
}

impl Marks {
    /// Finds them in the part of `text` between `start` and `end`.
    pub(crate) fn find(&mut self, text: &[u8], start: usize, end: usize, dialect: Dialect) {
        let Dialect { delimiter, terminator } = dialect;
        self.used = 0;
        self.places.clear();
        let (blocks, rest) = text[start..end].as_chunks::<BLOCK>();
        let mut at = start;
        for block in blocks {
            let mut bits = 0_u32;
            for (at, &byte) in block.iter().enumerate() {
                bits |= u32::from(byte == delimiter || byte == terminator) << at;
            }
            while bits != 0 {
                self.places.push(at + usize::try_from(bits.trailing_zeros()).unwrap_or(BLOCK));
                bits &= bits - 1;
            }
            at += BLOCK;
        }
        self.places.extend(memchr2_iter(delimiter, terminator, rest).map(|place| at + place));
    }

    /// Uses up the line of `text` that begins at `start`: puts the ends of its cells into `ends` and returns its length
    /// without and with what ends it. `None` if it is not whole.
    #[inline]
    pub(crate) fn line(
        &mut self,
        text: &[u8],
        start: usize,
        dialect: Dialect,
        ends: &mut Vec<usize>,
    ) -> Option<(usize, usize)> {
        let places = self.places.get(self.used..)?.iter().map(|place| place - start);
        let line = line(&text[start..], places, dialect, ends);
        match line {
            // Each cell is ended by a mark of its own.
            Some(_) => self.used += ends.len(),
            None => ends.clear(),
        }
        line
    }
}
