//! The buffer into which every format reads its next row, reused from row to row.

use crate::code;

/// One row as text: cells one after the other in a single string.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// 1-based number in the file or sheet.
    pub(crate) number: u64,
    /// The physical line where a record of a text file begins.
    pub(crate) line: Option<u64>,
    pub(crate) text: String,
    /// The end of each cell in `text`.
    pub(crate) ends: Vec<usize>,
    /// Bytes of `text` between two cells.
    pub(crate) gap: usize,
    /// Cells that cannot be used, by column; nearly always empty.
    pub(crate) faults: Vec<(usize, Fault)>,
    /// A fault of the row as a whole.
    pub(crate) fault: Option<Fault>,
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
        self.ends.clear();
        self.gap = 0;
        self.faults.clear();
        self.fault = None;
        self.line = None;
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The cell's text, empty beyond the last cell.
    #[inline]
    pub(crate) fn cell(&self, column: usize) -> &str {
        let Some(&end) = self.ends.get(column) else { return "" };
        let before = column.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = before.map_or(0, |&end| end + self.gap);
        self.text.get(start..end).unwrap_or("")
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|column| self.cell(column))
    }

    /// Ends the cell under way: what was pushed to `text` since the last end is its text.
    pub(crate) fn end_cell(&mut self) {
        self.ends.push(self.text.len());
    }

    /// Fills up with empty cells until `column` is the next one.
    pub(crate) fn skip_to(&mut self, column: usize) {
        self.ends.resize(column.max(self.ends.len()), self.text.len());
    }

    pub(crate) fn fault_of(&self, column: usize) -> Option<&Fault> {
        self.faults.iter().find(|(at, _)| *at == column).map(|(_, fault)| fault)
    }

    /// True if no cell holds anything but white space.
    #[inline]
    pub(crate) fn is_blank(&self) -> bool {
        if self.text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric) {
            return false;
        }
        self.faults.is_empty() && self.fault.is_none() && self.cells().all(|cell| cell.trim().is_empty())
    }

    /// Marks every cell longer than `most` bytes.
    #[inline]
    pub(crate) fn mark_long_cells(&mut self, most: usize) {
        if self.text.len() <= most {
            return;
        }
        for column in 0..self.len() {
            let length = self.cell(column).len();
            if length > most {
                let message = format!("the cell is {length} bytes long; a cell may have {most}");
                self.faults.push((column, Fault::new(code::CELL_TOO_LONG, message)));
            }
        }
    }
}
