//! What can be wrong with a row as a whole.

use crate::{
    code,
    member::Member,
    record::{Fault, Record},
};

impl Member {
    /// Nothing can be wrong with the row at hand.
    #[inline]
    pub(crate) fn is_sound(&self) -> bool {
        let Self { record, columns, .. } = self;
        record.faults.is_empty() && record.len() == columns.len()
    }

    /// What is wrong with the row at hand as a whole.
    #[inline]
    pub(crate) fn fault(&self) -> Option<Fault> {
        if self.is_sound() { None } else { self.find_fault() }
    }

    fn find_fault(&self) -> Option<Fault> {
        let Self { record, columns, source, .. } = self;
        record.fault_of(None).cloned().or_else(|| source.text().and_then(|_| ragged(record, columns.len())))
    }
}

pub(crate) fn repeated_header() -> Fault {
    let message = "the row is a header among the data, as where files were put together: remove it";
    Fault::new(code::REPEATED_HEADER, message.to_owned())
}

/// Cells that are missing, or data beyond the last column: cells may have moved, so no cell can be trusted.
fn ragged(record: &Record, columns: usize) -> Option<Fault> {
    let surplus = || (columns..record.len()).any(|column| !record.cell(column).trim().is_empty());
    if record.len() == columns || (record.len() > columns && !surplus()) {
        return None;
    }
    let cells = if record.len() == 1 { "1 cell".to_owned() } else { format!("{} cells", record.len()) };
    let there = if columns == 1 { "is 1 column".to_owned() } else { format!("are {columns} columns") };
    let mend = if record.len() > columns {
        "write a cell that holds the delimiter in quotes"
    } else {
        "add the cells that are missing, and write one that holds a line break in quotes"
    };
    let message = format!("the row has {cells} and there {there}: {mend}");
    Some(Fault::new(code::RAGGED_ROW, message))
}
