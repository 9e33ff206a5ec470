//! A row as callers see it: cells as text, its number, its place.

use crate::{Reject, Stored, origin::Origin, record::Record};

/// A row of a [`Table`](crate::Table), borrowed until the next one is read.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    pub(crate) record: &'a Record,
    pub(crate) origin: &'a Origin,
    pub(crate) columns: &'a [String],
}

impl<'a> Row<'a> {
    /// The row's number in its file or sheet: 1 is the first, header and blank rows counted.
    pub fn number(&self) -> u64 {
        self.record.number
    }

    /// The physical line where the row begins, for text files; quoted cells can span lines.
    pub fn line(&self) -> Option<u64> {
        self.record.line
    }

    /// Where the row is, for people: `holders.csv:12` or `fans.zip:north.xlsx:Sheet1!7`.
    pub fn location(&self) -> String {
        self.origin.locate(self.record.number, self.record.line, None)
    }

    /// The names of the columns of the file this row is from, as [`Table::columns`](crate::Table::columns) gives
    /// them for the first file.
    #[inline]
    pub fn columns(&self) -> &'a [String] {
        self.columns
    }

    /// The text of a cell (0 is the first column), exactly as stored; a cell that the row lacks is empty.
    ///
    /// # Errors
    ///
    /// The row as a [`Reject`], if this cell does not show what is stored: a destroyed number, an error, bytes
    /// that are not text.
    pub fn cell(&self, column: usize) -> Result<&'a str, Box<Reject>> {
        match self.record.fault_of(Some(column)) {
            None => Ok(self.record.cell(column)),
            Some(fault) => Err(self.reject(Some(column), fault.code, fault.message.clone())),
        }
    }

    /// What a cell stores beside its text, if it does; of delimited text none does. A cell whose text is refused by
    /// [`Row::cell`] may have a value here, for a caller who wants a number, a date or a list.
    #[inline]
    pub fn stored(&self, column: usize) -> Option<&'a Stored> {
        self.record.stored(column)
    }

    /// All cells as they were read, those that cannot be used as an id included.
    pub fn fields(&self) -> impl Iterator<Item = &'a str> {
        self.record.cells()
    }

    /// This row as a reject, for a rule of the caller's own.
    pub fn reject(
        &self,
        column: Option<usize>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Box<Reject> {
        Box::new(Reject {
            code,
            message: message.into(),
            row: self.record.number,
            location: self.origin.locate(self.record.number, self.record.line, column),
            column: column.and_then(|column| self.columns.get(column).cloned()),
            fields: self.record.cells().map(str::to_owned).collect(),
        })
    }

    /// The row to be kept while others are read, for the case that it has to be rejected later. That is cheaper than a
    /// [`Reject`] that nobody may want.
    pub fn keep(&self) -> KeptRow {
        KeptRow(Box::new((self.record.copy(), self.origin.clone())))
    }
}

/// A row that outlives the reading of the next one: its cells and its place.
// In a box, as it passes through many hands.
#[derive(Debug)]
pub struct KeptRow(Box<(Record, Origin)>);

impl KeptRow {
    /// The row as a reject that blames no column, for a fault that was found later.
    pub fn reject(&self, code: &'static str, message: impl Into<String>) -> Box<Reject> {
        let (record, origin) = &*self.0;
        Row { record, origin, columns: &[] }.reject(None, code, message)
    }
}
