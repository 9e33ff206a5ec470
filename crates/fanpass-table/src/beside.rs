//! What of a sheet belongs to its table, and what stands beside it.

use crate::{
    member::{Member, names},
    record::Record,
};

/// The columns with a header cell, be it one that is no name.
pub(crate) fn headed(header: &Record) -> Vec<usize> {
    (0..header.len()).filter(|&column| holds(header, column)).collect()
}

fn holds(record: &Record, column: usize) -> bool {
    !record.cell(column).trim().is_empty() || record.fault_of(Some(column)).is_some()
}

impl Member {
    /// Makes a column one of the table, whatever its header cell: it is that of the ids.
    pub(crate) fn count_in(&mut self, column: usize) {
        if !self.headed.is_empty() && !self.headed.contains(&column) {
            self.headed.push(column);
        }
    }

    /// Whether the row at hand has something in the table; not so notes beside one that is blank there.
    #[inline]
    pub(crate) fn is_in_table(&self) -> bool {
        self.headed.is_empty() || self.headed.iter().any(|&column| holds(&self.record, column))
    }

    /// Whether the row at hand says what the header says, cell by cell.
    pub(crate) fn repeats_header(&self) -> bool {
        let Self { record, columns, headed, .. } = self;
        if !self.has_header_row() {
            return false;
        }
        if headed.is_empty() {
            return names(record, record.len().max(columns.len())) == *columns;
        }
        let names = names(record, columns.len());
        headed.iter().all(|&column| names.get(column) == columns.get(column))
    }
}
