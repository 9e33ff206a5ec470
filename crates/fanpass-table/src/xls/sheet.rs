//! Rows of a binary worksheet, put together from its cells.

use super::{
    cells::{Cell, Cells},
    malformed,
    records::Records,
};
use crate::{
    ErrorKind, Limits, TableError,
    number::{Epoch, Shown},
    origin::Origin,
    record::Record,
    strings::Strings,
};

pub(super) use super::cells::has_data;

/// The rows of one worksheet.
pub(crate) struct Rows {
    cells: Cells,
    /// The first cell of the next row.
    ahead: Option<Cell>,
    limits: Limits,
    origin: Origin,
}

impl Rows {
    pub(super) fn new(
        records: Records,
        strings: Strings,
        styles: (Vec<Shown>, Epoch),
        limits: Limits,
        origin: Origin,
    ) -> Self {
        Self { cells: Cells::new(records, strings, styles), ahead: None, limits, origin }
    }

    /// Reads the next row that is not blank; `false` at the end.
    pub(crate) fn read(&mut self, record: &mut Record) -> Result<bool, TableError> {
        loop {
            let first = match self.ahead.take() {
                Some(cell) => cell,
                None => match self.cells.next()? {
                    Some(cell) => cell,
                    None => return Ok(false),
                },
            };
            record.clear();
            record.number = first.row;
            self.push(first, record)?;
            loop {
                match self.cells.next()? {
                    Some(cell) if cell.row == record.number => self.push(cell, record)?,
                    Some(cell) if cell.row < record.number => {
                        let what = format!("row {} stands behind row {}", cell.row, record.number);
                        return Err(malformed(&self.origin, &what));
                    }
                    Some(cell) => {
                        self.ahead = Some(cell);
                        break;
                    }
                    None => break,
                }
            }
            if !record.is_blank() {
                record.mark_long_cells(self.limits.cell_bytes);
                return Ok(true);
            }
        }
    }

    fn push(&self, cell: Cell, record: &mut Record) -> Result<(), TableError> {
        if cell.column < record.len() {
            return Err(malformed(&self.origin, &format!("cells of row {} are out of order", cell.row)));
        }
        let place = || self.origin.locate(cell.row, None, None);
        if cell.column >= self.limits.columns {
            let message = format!("the row has a cell beyond column {}", self.limits.columns);
            return Err(TableError::new(ErrorKind::LimitExceeded, place(), message));
        }
        record.skip_to(cell.column);
        record.text.push_str(&cell.text);
        record.store(cell.stored);
        record.end_cell();
        if record.text.len() > self.limits.record_bytes {
            let message = format!("the row is longer than {} bytes", self.limits.record_bytes);
            return Err(TableError::new(ErrorKind::LimitExceeded, place(), message));
        }
        if let Some(fault) = cell.fault {
            record.faults.push((Some(cell.column), fault));
        }
        Ok(())
    }
}
