//! Where cells and lines end in text, found for many lines at a time.

use wide::u8x16;

use super::{
    quotes::Quotes,
    split::{Dialect, line},
};

/// Bytes that are looked at together, each a bit of a word.
const BLOCK: usize = 64;

/// The delimiters and terminators of a text that stand outside quotes, in order.
#[derive(Default)]
pub(crate) struct Marks {
    places: Vec<usize>,
    /// How many of them were used.
    used: usize,
}

impl Marks {
    /// Finds them in the part of `text` between `start`, where a line begins, and `end`: up to the first line in which
    /// something is quoted other than whole cells, or a line end is.
    pub(crate) fn find(&mut self, text: &[u8], start: usize, end: usize, dialect: Dialect) {
        self.used = 0;
        self.places.clear();
        // Such a quote would be both.
        if dialect.delimiter == b'"' {
            return;
        }
        let mut quotes = Quotes::default();
        let (blocks, rest) = text[start..end].as_chunks();
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        let mut at = start;
        for block in blocks.iter().chain([&last]) {
            let marks = equal(block, dialect.delimiter) | equal(block, dialect.terminator);
            let (marks, is_plain) =
                quotes.look(equal(block, b'"'), marks, &text[at..end], dialect.terminator);
            self.places.extend(ones(marks).map(|bit| at + bit));
            if !is_plain {
                return;
            }
            at += BLOCK;
        }
        // What fills up the last block may be a delimiter too.
        self.places.truncate(self.places.partition_point(|&place| place < end));
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

/// A bit for each byte of the block, set where it is `byte`.
#[inline]
fn equal(block: &[u8; BLOCK], byte: u8) -> u64 {
    let (parts, _) = block.as_chunks();
    let bits = |part: &[u8; 16]| u64::from(u8x16::new(*part).simd_eq(u8x16::splat(byte)).to_bitmask());
    parts.iter().rev().fold(0, |all, part| all << 16 | bits(part))
}

/// The numbers of the bits that are set.
#[inline]
pub(super) fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let next = usize::try_from(bits.trailing_zeros()).ok().filter(|_| bits != 0)?;
        bits &= bits - 1;
        Some(next)
    })
}
