//! Rows of a worksheet, one at a time.

use std::{fs::File, io::Read};

use quick_xml::events::{BytesStart, Event};

use super::{
    cell::{Cell, Kind},
    xml::{Xml, attribute, is, malformed, unescape},
};
use crate::{
    ErrorKind, Limits, Stored, TableError, code,
    number::{Epoch, Shown},
    origin::Origin,
    record::{Fault, Record},
    strings::Strings,
};

/// The rows of one worksheet.
pub(crate) struct Rows {
    xml: Xml<File>,
    strings: Strings,
    styles: Vec<Shown>,
    epoch: Epoch,
    limits: Limits,
    origin: Origin,
    /// Number of the row read last.
    row: u64,
    value: String,
}

/// What a cell holds, its text apart.
#[derive(Default)]
struct Content {
    formula: bool,
    /// A value stands in the file, though it may be empty.
    value: bool,
}

impl Rows {
    pub(super) fn new(
        xml: Xml<File>,
        strings: Strings,
        (styles, epoch): (Vec<Shown>, Epoch),
        limits: Limits,
        origin: Origin,
    ) -> Self {
        Self { xml, strings, styles, epoch, limits, origin, row: 0, value: String::new() }
    }

    /// Reads the next row that is not blank; `false` at the end.
    pub(crate) fn read(&mut self, record: &mut Record) -> Result<bool, TableError> {
        loop {
            let number = match self.xml.next()? {
                Event::Start(start) if is(&start, "row") => row_number(&start),
                Event::End(end) if end.local_name().as_ref() == "sheetData" => return Ok(false),
                Event::Eof => return Err(malformed(&self.origin, "the sheet ends in the middle")),
                _ => continue,
            };
            let number = number.unwrap_or(self.row + 1);
            if number <= self.row {
                let what = format!("row {number} stands behind row {}", self.row);
                return Err(malformed(&self.origin, &what));
            }
            self.row = number;
            record.clear();
            record.number = number;
            self.cells(record)?;
            if !record.is_blank() {
                record.mark_long_cells(self.limits.cell_bytes);
                return Ok(true);
            }
        }
    }

    fn cells(&mut self, record: &mut Record) -> Result<(), TableError> {
        let mut next = 0;
        loop {
            let cell = match self.xml.next()? {
                Event::Start(start) if is(&start, "c") => Cell::from_tag(&start),
                Event::End(end) if end.local_name().as_ref() == "row" => return Ok(()),
                Event::Eof => return Err(malformed(&self.origin, "the sheet ends in the middle")),
                _ => continue,
            };
            let column = cell.column.unwrap_or(next);
            if column < next {
                return Err(malformed(&self.origin, &format!("cells of row {} are out of order", self.row)));
            }
            if column >= self.limits.columns {
                let message = format!("the row has a cell beyond column {}", self.limits.columns);
                let place = self.origin.locate(self.row, None, None);
                return Err(TableError::new(ErrorKind::LimitExceeded, place, message));
            }
            next = column + 1;
            let content = self.content(cell.kind)?;
            if self.value.is_empty() && !content.formula {
                continue;
            }
            record.skip_to(column);
            if let Err(fault) = self.push_text(&cell, &content, record)? {
                record.text.push_str(&self.value);
                record.faults.push((Some(column), fault));
            }
            record.end_cell();
            self.check_length(record)?;
        }
    }

    fn check_length(&self, record: &Record) -> Result<(), TableError> {
        if record.text.len() <= self.limits.record_bytes {
            return Ok(());
        }
        let message = format!("the row is longer than {} bytes", self.limits.record_bytes);
        let place = self.origin.locate(self.row, None, None);
        Err(TableError::new(ErrorKind::LimitExceeded, place, message))
    }

    /// Reads the cell's stored value into `self.value`.
    fn content(&mut self, kind: Kind) -> Result<Content, TableError> {
        self.value.clear();
        let mut content = Content::default();
        loop {
            let element = match self.xml.next()? {
                Event::Start(start) => match start.local_name().as_ref() {
                    "v" if kind != Kind::Inline => "v",
                    "is" if kind == Kind::Inline => "is",
                    "f" => "f",
                    _ => "",
                },
                Event::End(end) if end.local_name().as_ref() == "c" => return Ok(content),
                Event::Eof => return Err(malformed(&self.origin, "the sheet ends in the middle")),
                _ => continue,
            };
            match element {
                "v" => {
                    content.value = true;
                    self.xml.text_into(&mut self.value)?;
                }
                "is" => {
                    content.value = true;
                    self.xml.rich_text_into(&mut self.value)?;
                }
                _ => {
                    content.formula |= element == "f";
                    self.xml.skip()?;
                }
            }
        }
    }

    /// Appends what the cell shows to the record, or says why that is not known.
    fn push_text(
        &mut self,
        cell: &Cell,
        content: &Content,
        record: &mut Record,
    ) -> Result<Result<(), Fault>, TableError> {
        let cached = content.value && (!self.value.is_empty() || cell.kind == Kind::Text);
        if content.formula && !cached {
            let message =
                "the cell is a formula whose result is not stored; open the file, save it, and export again";
            return Ok(Err(Fault::new(code::UNCACHED_FORMULA, message)));
        }
        match cell.kind {
            Kind::Shared => {
                let text = self.value.trim().parse().ok().and_then(|index| self.strings.get(index));
                record
                    .text
                    .push_str(text.ok_or_else(|| malformed(&self.origin, "a shared string is missing"))?);
            }
            Kind::Text => {
                unescape(&mut self.value, 0);
                record.text.push_str(&self.value);
            }
            Kind::Inline => record.text.push_str(&self.value),
            Kind::Boolean => {
                let shown = if matches!(self.value.trim(), "0" | "false") { "FALSE" } else { "TRUE" };
                record.text.push_str(shown);
            }
            Kind::Error => {
                return Ok(Err(Fault::new(
                    code::ERROR_CELL,
                    format!("the cell shows the error {}", self.value),
                )));
            }
            Kind::Date => {
                record.store(iso_date(&self.value));
                return Ok(Err(Fault::new(code::DATE_CELL, "the cell is a date or time; make it text")));
            }
            Kind::Number => {
                let number: f64 = self.value.trim().parse().map_err(|_| {
                    let what = format!("{} is not a number", self.origin.locate(self.row, None, cell.column));
                    malformed(&self.origin, &what)
                })?;
                let shown = match self.styles.get(cell.style) {
                    Some(shown) => shown,
                    None if self.styles.is_empty() => &Shown::Plain,
                    None => &Shown::Altered,
                };
                match shown.text(number) {
                    Ok(text) => {
                        record.store(shown.padded(&text, number));
                        record.text.push_str(&text);
                    }
                    Err(fault) => {
                        record.store(shown.stored(number, self.epoch));
                        return Ok(Err(fault));
                    }
                }
            }
        }
        Ok(Ok(()))
    }
}

/// The date of a point in time as ISO 8601 writes it.
fn iso_date(text: &str) -> Option<Stored> {
    let (date, rest) = text.trim().split_at_checked(10)?;
    let is_date = date.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    (is_date && (rest.is_empty() || rest.starts_with('T'))).then(|| Stored::Date(date.to_owned()))
}

fn row_number(tag: &BytesStart<'_>) -> Option<u64> {
    attribute(tag, "r")?.parse().ok().filter(|&row| row > 0)
}

/// True if any cell of the sheet stores a value or a formula.
pub(super) fn has_data<R: Read>(mut xml: Xml<R>) -> Result<bool, TableError> {
    loop {
        match xml.next()? {
            Event::Start(start) if is(&start, "v") || is(&start, "is") || is(&start, "f") => return Ok(true),
            Event::End(end) if end.local_name().as_ref() == "sheetData" => return Ok(false),
            Event::Eof => return Ok(false),
            _ => {}
        }
    }
}
