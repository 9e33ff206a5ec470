//! Which bytes of a text stand between quotes, told for many at a time.

use super::marks::ones;

/// Follows the quotes of a text from block to block, as long as they stand around whole cells.
pub(super) struct Quotes {
    /// All bits if the cell at the block's beginning is quoted.
    inside: u64,
    /// The first bit if a cell begins with the block.
    begun: u64,
    /// The first bit if a quote closed just before the block.
    closed: u64,
}

impl Default for Quotes {
    /// At the beginning of a line.
    fn default() -> Self {
        Self { inside: 0, begun: 1, closed: 0 }
    }
}

impl Quotes {
    /// Takes the next block, a bit for each byte: those of `text`'s beginning that are quotes, and the `marks` that may
    /// end cells. Returns the marks that do, and whether they are all: not those in and behind a line that is not plain.
    #[inline]
    pub(super) fn look(&mut self, quotes: u64, marks: u64, text: &[u8], terminator: u8) -> (u64, bool) {
        const LAST: u32 = u64::BITS - 1;
        if quotes | self.inside | self.closed == 0 {
            self.begun = marks >> LAST;
            return (marks, true);
        }
        let inside = parity(quotes) ^ self.inside;
        let (outer, inner) = (marks & !inside, marks & inside);
        let (opening, closing) = (quotes & inside, quotes & !inside);
        let stray = opening & !(outer << 1 | self.begun);
        let behind = (closing << 1 | self.closed) & !outer;
        self.inside = (inside >> LAST).wrapping_neg();
        self.begun = outer >> LAST;
        self.closed = closing >> LAST;
        if stray | behind | inner == 0 {
            return (outer, true);
        }
        let is_line_end = |&at: &usize| text.get(at) == Some(&terminator);
        let is_return = |&at: &usize| terminator == b'\n' && text[at..].starts_with(b"\r\n");
        let odd = [ones(stray).next(), ones(behind).find(|at| !is_return(at)), ones(inner).find(is_line_end)];
        match odd.into_iter().flatten().min() {
            None => (outer, true),
            Some(odd) => (outer & ((1 << odd) - 1), false),
        }
    }
}

/// For each bit, whether the number of bits that are set up to it is odd.
fn parity(bits: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].into_iter().fold(bits, |bits, step| bits ^ bits << step)
}
