//! Whether the first row names the columns: never swallow an id as a header, never send a header as an id.

use crate::{
    ErrorKind, Header, TableError,
    columns::{Selector, is_id_name},
    member::{Member, names},
    origin::quoted,
    record::Record,
};

/// What the content says of the first row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It names the columns.
    Named,
    /// It is data.
    Data,
    /// It may be either; a person must say.
    Unclear,
}

/// Words of which a header is made. A first cell that holds one is no id beyond doubt.
const HEADER_WORDS: [&str; 24] = [
    "account",
    "client",
    "code",
    "contact",
    "crm",
    "customer",
    "email",
    "external",
    "fan",
    "fans",
    "header",
    "holder",
    "id",
    "ids",
    "identifier",
    "key",
    "mail",
    "member",
    "name",
    "no",
    "nr",
    "number",
    "user",
    "users",
];

impl Member {
    pub(crate) fn verdict(&self, first: &Record, wanted: &Selector) -> Verdict {
        let column = match (self.stated, wanted) {
            (Header::Detect, Selector::Name(_)) => return Verdict::Named,
            (Header::Detect, Selector::Recognised) if self.width() > 1 => return Verdict::Named,
            // There is no such column: take the row for a header, so that the error lists names.
            (Header::Detect, Selector::Position(column)) if *column >= self.width() => return Verdict::Named,
            (_, Selector::Position(column)) => *column,
            _ => 0,
        };
        let others = self.ahead.iter().skip(1).map(|record| record.cell(column).trim());
        judge(self.stated, first.cell(column).trim(), others)
    }

    pub(crate) fn unclear(&self, first: &Record, wanted: &Selector) -> TableError {
        let column = if let Selector::Position(column) = wanted { *column } else { 0 };
        let cell: String = first.cell(column).trim().chars().take(40).collect();
        let place = self.origin.locate(first.number, first.line, Some(column));
        let message = format!(
            "{} may be the column's name or an id: state whether the header is present or absent",
            quoted(&cell)
        );
        TableError::new(ErrorKind::AmbiguousHeader, place, message)
    }

    /// The row that names the wanted column while the first does not.
    pub(crate) fn header_below(&self, wanted: &Selector) -> Option<&Record> {
        let (first, behind) = (self.ahead.front()?, self.ahead.iter().skip(1));
        let column = match wanted {
            Selector::Position(column) => *column,
            Selector::Recognised if self.width() == 1 => 0,
            // Letters may well be cells.
            Selector::Name(_) if self.stated == Header::Absent => return None,
            Selector::Name(_) | Selector::Recognised => {
                let is_found = !wanted.candidates(&names(first, self.width())).is_empty();
                let is_header = |row: &&Record| row.cells().any(|cell| wanted.is_header(cell.trim()));
                return behind.filter(|_| !is_found).find(is_header);
            }
        };
        let is_header = |row: &&Record| is_id_name(row.cell(column));
        behind.filter(|_| !is_header(&first)).find(is_header)
    }
}

/// Decides from the cells of the id column: the first row's and those of the rows that follow it.
fn judge<'a>(stated: Header, first: &str, others: impl Iterator<Item = &'a str>) -> Verdict {
    match stated {
        Header::Present => return Verdict::Named,
        Header::Absent => return Verdict::Data,
        Header::Detect => {}
    }
    if is_id_name(first) {
        return Verdict::Named;
    }
    let stands_out = !has_digit(first) && others.into_iter().all(has_digit);
    if stands_out || speaks_of_ids(first) { Verdict::Unclear } else { Verdict::Data }
}

fn speaks_of_ids(cell: &str) -> bool {
    if has_digit(cell) {
        return false;
    }
    cell.split(|c: char| !c.is_alphabetic()).any(|word| HEADER_WORDS.contains(&word.to_lowercase().as_str()))
}

fn has_digit(cell: &str) -> bool {
    cell.chars().any(char::is_numeric)
}
