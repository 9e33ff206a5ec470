//! How much of what is stored one answer holds: as many entries as were asked for, and so many bytes.

/// Bytes after which a page ends, however many entries were asked for; the entry that reaches them is in it.
const BYTES: usize = 4 << 20;

/// The room that is left on a page.
#[derive(Debug)]
pub(crate) struct PageRoom {
    entries: usize,
    bytes: usize,
}

impl PageRoom {
    /// An empty page that is to hold `limit` entries at most.
    pub(crate) fn new(limit: u32) -> Self {
        Self { entries: usize::try_from(limit).unwrap_or(usize::MAX), bytes: BYTES }
    }

    /// Takes an entry of some `bytes`, if the page is not full.
    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        let full = self.entries == 0 || self.bytes == 0;
        if !full {
            self.entries -= 1;
            self.bytes = self.bytes.saturating_sub(bytes);
        }
        !full
    }
}
