//! Parquet (format version 2): rows put together from their columns, a page of each in memory.

mod column;
mod delta;
mod fields;
mod footer;
mod hybrid;
mod lists;
mod meaning;
mod page;
mod schema;
mod thrift;
mod values;

use std::{fs::File, io};

use self::{
    column::Values,
    footer::{Footer, Group, Refused},
    page::Budget,
    schema::{Column, Logical},
};
use crate::{
    ErrorKind, Limits, Options, Stored, TableError, code,
    columns::letters,
    metered::{reached, read_error},
    origin::Origin,
    record::{Fault, Record},
};

/// A Parquet file that is being read.
pub(crate) struct Rows {
    file: File,
    columns: Vec<Column>,
    groups: std::vec::IntoIter<Group>,
    /// The columns of the row group at hand that are read, and how many rows are left in it.
    values: Vec<Option<Values>>,
    left: u64,
    row: u64,
    budget: Budget,
    limits: Limits,
    origin: Origin,
}

impl Rows {
    /// Reads the footer of a file of `length` bytes.
    pub(crate) fn open(
        mut file: File,
        length: u64,
        options: &Options,
        origin: &Origin,
    ) -> Result<Self, TableError> {
        let limits = options.limits.clone();
        let footer = Footer::read(&mut file, length, &limits).map_err(|refused| why(refused, origin))?;
        let mut used = footer.groups.iter().flat_map(|group| {
            let flat = footer.columns.iter().filter_map(|column| column.leaf);
            flat.filter_map(|leaf| group.chunks.get(leaf.index))
        });
        if let Some(codec) = used.find_map(|chunk| page::foreign_codec(chunk.codec)) {
            let message = format!(
                "is Parquet compressed with {codec}, which is not read; write it with Snappy, zstd, gzip or LZ4_RAW"
            );
            return Err(TableError::new(ErrorKind::UnsupportedFormat, origin, message));
        }
        Ok(Self {
            file,
            columns: footer.columns,
            groups: footer.groups.into_iter(),
            values: Vec::new(),
            left: 0,
            row: 0,
            budget: Budget::new(&limits),
            limits,
            origin: origin.clone(),
        })
    }

    /// The names of the columns, trimmed, and by letters where nothing is left.
    pub(crate) fn names(&self) -> Vec<String> {
        let name = |(position, column): (usize, &Column)| match column.name.trim() {
            "" => letters(position),
            name => name.to_owned(),
        };
        self.columns.iter().enumerate().map(name).collect()
    }

    /// Reads the next row that is not blank; `false` at the end of the file.
    pub(crate) fn read(&mut self, record: &mut Record) -> Result<bool, TableError> {
        loop {
            while self.left == 0 {
                if !self.next_group()? {
                    return Ok(false);
                }
            }
            self.left -= 1;
            self.row += 1;
            record.clear();
            record.number = self.row;
            self.cells(record).map_err(|error| {
                let place = self.origin.locate(self.row, None, None);
                read_error(place, "the file", &error)
            })?;
            if !record.is_blank() {
                record.mark_long_cells(self.limits.cell_bytes);
                return Ok(true);
            }
        }
    }

    fn next_group(&mut self) -> Result<bool, TableError> {
        if self.values.iter().flatten().any(|values| !values.is_done()) {
            let message =
                "the file is damaged (a column has more values than there are rows); export it again";
            return Err(TableError::new(ErrorKind::Malformed, &self.origin, message));
        }
        self.values.iter_mut().flatten().for_each(|values| values.release(&mut self.budget));
        let Some(group) = self.groups.next() else { return Ok(false) };
        self.left = group.rows;
        self.values = self
            .columns
            .iter()
            .map(|column| {
                let leaf = column.leaf?;
                group.chunks.get(leaf.index).map(|&chunk| Values::new(leaf, chunk))
            })
            .collect();
        Ok(true)
    }

    fn cells(&mut self, record: &mut Record) -> io::Result<()> {
        for (position, values) in self.values.iter_mut().enumerate() {
            let Some(values) = values else {
                push_nested(position, record);
                continue;
            };
            let leaf = values.leaf();
            if let Some(list) = leaf.list {
                let most = self.limits.record_bytes.saturating_sub(record.text.len());
                let entries = lists::read(values, list, most, &mut self.file, &mut self.budget)?;
                lists::push(entries, position, record);
                continue;
            }
            let value = values.next(&mut self.file, &mut self.budget)?;
            if value.is_none() {
                record.store(Some(Stored::Null));
            }
            if let Some(value) = value {
                let length = if let values::Value::Bytes(bytes) = value { bytes.len() } else { 0 };
                if record.text.len().saturating_add(length) > self.limits.record_bytes {
                    let most = self.limits.record_bytes;
                    return Err(reached(format!("the row is longer than {most} bytes")));
                }
                let pushed = meaning::push_text(value, leaf, &mut record.text);
                if pushed.is_err() || leaf.logical == Logical::Date {
                    record.store(meaning::stored(value, leaf));
                }
                record.faults.extend(pushed.err().map(|fault| (Some(position), fault)));
            }
            record.end_cell();
        }
        self.budget.spend(u64::try_from(record.text.len() + 1).unwrap_or(u64::MAX))
    }
}

fn push_nested(position: usize, record: &mut Record) {
    record.faults.push((Some(position), nested()));
    record.end_cell();
}

fn nested() -> Fault {
    let message = "the cell is a list, a map or a structure; write one text or number";
    Fault::new(code::NESTED_VALUE, message)
}

fn why(refused: Refused, origin: &Origin) -> TableError {
    match refused {
        Refused::Io(error) => read_error(origin, "the file", &error),
        Refused::Broken(broken) => read_error(origin, "the file", &page::damaged(broken)),
        Refused::Limit(message) => TableError::new(ErrorKind::LimitExceeded, origin, message),
        Refused::Nested => {
            let message =
                "is Parquet in which every column is a list or a structure; write columns of single values";
            TableError::new(ErrorKind::UnsupportedFormat, origin, message)
        }
        Refused::Encrypted => {
            let message = "is encrypted; write it again without";
            TableError::new(ErrorKind::PasswordProtected, origin, message)
        }
    }
}
