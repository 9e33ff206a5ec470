//! Whether the first row names the columns: never swallow an id as a header, never send a header as an id.

use crate::{Header, columns::is_id_name};

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

/// Decides from the cells of the id column: the first row's and those of the rows that follow it.
pub(crate) fn judge<'a>(stated: Header, first: &str, others: impl Iterator<Item = &'a str>) -> Verdict {
    match stated {
        Header::Present => return Verdict::Named,
        Header::Absent => return Verdict::Data,
        Header::Detect => {}
    }
    if is_id_name(first) {
        return Verdict::Named;
    }
    let has_digit = |cell: &str| cell.chars().any(char::is_numeric);
    let stands_out = !has_digit(first) && others.into_iter().all(has_digit);
    if stands_out || speaks_of_ids(first) { Verdict::Unclear } else { Verdict::Data }
}

fn speaks_of_ids(cell: &str) -> bool {
    if cell.chars().any(char::is_numeric) {
        return false;
    }
    cell.split(|c: char| !c.is_alphabetic()).any(|word| HEADER_WORDS.contains(&word.to_lowercase().as_str()))
}
