//! The ids of one column, each with its place.

use crate::{Reject, Row, Table, TableError, code};

/// The ids of a table's id column, made by [`Table::ids`].
///
/// Which ids are valid is not decided here: callers check the text and turn a bad one into a reject with
/// [`IdRow::reject`].
#[derive(Debug)]
pub struct Ids {
    table: Table,
    counts: Counts,
}

/// What was read so far. Every row with data is in exactly one of `ids` and `rejects`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Rows with data, the header not counted: `ids + rejects`.
    pub rows: u64,
    /// Rows that gave an id.
    pub ids: u64,
    /// Rows that were rejected here.
    pub rejects: u64,
    /// Blank rows between rows with data; they are skipped and in none of the other counts.
    pub blank: u64,
    /// Ids of `ids` from which white space was trimmed.
    pub trimmed: u64,
}

/// An id and the row that holds it, borrowed until the next one is read.
#[derive(Debug, Clone, Copy)]
pub struct IdRow<'a> {
    /// The id, white space around it trimmed; never empty.
    pub id: &'a str,
    table: &'a Table,
}

impl<'a> IdRow<'a> {
    /// The row.
    #[inline]
    pub fn row(&self) -> Row<'a> {
        self.table.last_row()
    }

    /// The column of the id; 0 is the first.
    #[inline]
    pub fn column(&self) -> usize {
        self.table.id_column()
    }

    /// Where the id is, for people: `holders.csv:12` or `fans.xlsx:Sheet1!B7`.
    pub fn location(&self) -> String {
        let row = self.row();
        row.origin.locate(row.number(), row.line(), Some(self.column()))
    }

    /// This row as a reject that blames the id, for a rule of the caller's own.
    pub fn reject(&self, code: &'static str, message: impl Into<String>) -> Box<Reject> {
        self.row().reject(Some(self.column()), code, message)
    }
}

/// White space (Unicode) around the cell taken away; nearly always there is none.
#[inline]
fn trimmed(cell: &str) -> &str {
    match cell.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => cell,
        _ => trim(cell),
    }
}

#[cold]
fn trim(cell: &str) -> &str {
    cell.trim()
}

/// Why the row at hand has no id: for the row as a whole, else for its cell.
#[cold]
fn refused(table: &Table) -> Result<IdRow<'_>, Box<Reject>> {
    let column = table.id_column();
    let row = table.row()?;
    row.cell(column)?;
    Err(row.reject(Some(column), code::EMPTY_ID, "the id's cell is empty: fill it in, or remove the row"))
}

impl Ids {
    pub(crate) fn new(table: Table) -> Self {
        Self { table, counts: Counts::default() }
    }

    /// Reads the next row that is not blank and gives its id, or says why it has none; `None` at the end.
    ///
    /// # Errors
    ///
    /// If the file cannot be read further.
    // Inlined, so that the caller takes its result apart in registers.
    #[inline]
    pub fn next_id(&mut self) -> Result<Option<Result<IdRow<'_>, Box<Reject>>>, TableError> {
        if !self.table.advance()? {
            return Ok(None);
        }
        let Self { table, counts } = self;
        counts.rows += 1;
        let cell = table.id_cell().unwrap_or("");
        let id = trimmed(cell);
        if id.is_empty() {
            counts.rejects += 1;
            return Ok(Some(refused(table)));
        }
        counts.ids += 1;
        counts.trimmed += u64::from(id.len() < cell.len());
        Ok(Some(Ok(IdRow { id, table })))
    }

    /// The name of the column that is read, in the file at hand.
    pub fn column(&self) -> &str {
        self.table.columns().get(self.table.id_column()).map_or("", String::as_str)
    }

    /// What was read so far.
    pub fn counts(&self) -> Counts {
        Counts { blank: self.table.blank_rows(), ..self.counts }
    }

    /// The table, for its format, encoding and delimiter.
    pub fn table(&self) -> &Table {
        &self.table
    }
}
