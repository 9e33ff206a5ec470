//! The buffer into which every format reads its next row, reused from row to row.

use std::sync::Arc;

use crate::{Stored, code};

/// One row as text: cells one after the other in a single string.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// 1-based number in the file or sheet.
    pub(crate) number: u64,
    /// The physical line where a record of a text file begins.
    pub(crate) line: Option<u64>,
    /// The cells, unless they are in `shared`.
    pub(crate) text: String,
    /// Text of many rows, in which this one begins at `start`: most rows of a text file are not copied.
    shared: Option<Arc<String>>,
    start: usize,
    /// The end of each cell, counted from the row's beginning.
    pub(crate) ends: Vec<usize>,
    /// Whether the delimiters are still between the cells, and quotes around some of them.
    pub(crate) is_raw: bool,
    /// Cells that cannot be used, by column, and without one what is wrong with the row as a whole; nearly always empty.
    pub(crate) faults: Vec<(Option<usize>, Fault)>,
    /// What cells store beside their text, by column.
    stored: Vec<(usize, Stored)>,
}

/// Why a cell or a row cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl Record {
    /// Empties the record for the next row and keeps its memory.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.start = 0;
        self.ends.clear();
        self.is_raw = false;
        self.faults.clear();
        self.stored.clear();
        self.line = None;
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Takes the cells from `start` of `text`, no longer from its own.
    #[inline]
    pub(crate) fn share(&mut self, text: &Arc<String>, start: usize) {
        self.start = start;
        if !self.shared.as_ref().is_some_and(|shared| Arc::ptr_eq(shared, text)) {
            self.shared = Some(Arc::clone(text));
        }
    }

    /// Takes the cells from its own text again.
    pub(crate) fn unshare(&mut self) {
        (self.shared, self.start) = (None, 0);
    }

    /// The same cells in text of its own; without what is wrong with them.
    pub(crate) fn copy(&self) -> Self {
        let length = self.ends.last().copied().unwrap_or(0);
        Self {
            number: self.number,
            line: self.line,
            text: self.slice(0, length).to_owned(),
            ends: self.ends.clone(),
            is_raw: self.is_raw,
            ..Self::default()
        }
    }

    /// The cell's text, empty beyond the last cell.
    #[inline]
    pub(crate) fn cell(&self, column: usize) -> &str {
        let Some(&end) = self.ends.get(column) else { return "" };
        let before = column.checked_sub(1).and_then(|before| self.ends.get(before));
        let cell = self.slice(before.map_or(0, |&end| end + usize::from(self.is_raw)), end);
        if self.is_raw { unquoted(cell) } else { cell }
    }

    #[inline]
    fn slice(&self, start: usize, end: usize) -> &str {
        self.held().get(self.start + start..self.start + end).unwrap_or("")
    }

    /// The text that holds the cells from `start` on.
    #[inline]
    fn held(&self) -> &str {
        self.shared.as_deref().unwrap_or(&self.text)
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|column| self.cell(column))
    }

    /// Ends the cell under way: what was pushed to `text` since the last end is its text.
    pub(crate) fn end_cell(&mut self) {
        self.ends.push(self.text.len());
    }

    /// Keeps what the cell under way stores beside its text.
    pub(crate) fn store(&mut self, stored: Option<Stored>) {
        self.stored.extend(stored.map(|stored| (self.ends.len(), stored)));
    }

    #[inline]
    pub(crate) fn stored(&self, column: usize) -> Option<&Stored> {
        self.stored.iter().find(|(at, _)| *at == column).map(|(_, stored)| stored)
    }

    /// Puts another text in the place of a cell's, in a record that has its own.
    pub(crate) fn rewrite(&mut self, column: usize, cell: &str) {
        let Some(&end) = self.ends.get(column).filter(|_| self.shared.is_none() && !self.is_raw) else {
            return;
        };
        let start = column.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.text.replace_range(start..end, cell);
        let moved = start + cell.len();
        self.ends[column..].iter_mut().for_each(|later| *later = *later - end + moved);
    }

    /// Fills up with empty cells until `column` is the next one.
    pub(crate) fn skip_to(&mut self, column: usize) {
        self.ends.resize(column.max(self.ends.len()), self.text.len());
    }

    /// What is wrong with a cell, or with the row as a whole.
    pub(crate) fn fault_of(&self, column: Option<usize>) -> Option<&Fault> {
        self.faults.iter().find(|(at, _)| *at == column).map(|(_, fault)| fault)
    }

    /// True if no cell holds anything but white space.
    #[inline]
    pub(crate) fn is_blank(&self) -> bool {
        let end = self.start + self.ends.first().copied().unwrap_or(0);
        let begins = |cell: &[u8]| cell.first().is_some_and(u8::is_ascii_alphanumeric);
        let has_text = match self.held().as_bytes().get(self.start..end) {
            Some([b'"', cell @ ..]) if self.is_raw => begins(cell),
            Some(cell) => begins(cell),
            None => false,
        };
        !has_text && self.is_all_space()
    }

    fn is_all_space(&self) -> bool {
        self.faults.is_empty() && self.cells().all(|cell| cell.trim().is_empty())
    }

    /// Marks every cell longer than `most` bytes.
    #[inline]
    pub(crate) fn mark_long_cells(&mut self, most: usize) {
        if self.ends.last().is_some_and(|&length| length > most) {
            self.mark_each_long_cell(most);
        }
    }

    fn mark_each_long_cell(&mut self, most: usize) {
        for column in 0..self.len() {
            let length = self.cell(column).len();
            if length > most {
                self.stored.retain(|(at, _)| *at != column);
                let message = format!("the cell is {length} bytes long; a cell may have {most}");
                self.faults.push((Some(column), Fault::new(code::CELL_TOO_LONG, message)));
            }
        }
    }
}

/// A cell without the quotes around it.
#[inline]
fn unquoted(cell: &str) -> &str {
    cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).unwrap_or(cell)
}
