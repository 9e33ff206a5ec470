//! Reject files: what they are told by, and whether their rows were mended.

mod file;
mod marks;
mod part;

use fanpass_table::{Reject, Row, code as table};

pub use self::file::RejectFiles;
pub(crate) use self::marks::{DATE, FAULT, NULL, escaped, unescaped};
use crate::code;

/// The columns of a reject file behind those of the source, in this order:
///
/// - `fanpass_source`: where the row stood, for people: `holders.csv:12` or `fans.zip:north.xlsx:Sheet1!B7`;
/// - `fanpass_row`: its number in its file or sheet, from 1, header and blank rows counted;
/// - `fanpass_column`: the column at fault, empty if it is the row as a whole;
/// - `fanpass_code`: what is wrong, for programs;
/// - `fanpass_message`: what is wrong and how to mend it, for people;
/// - `fanpass_check`: a checksum of what was at fault, by which a row that was not mended is known, and behind a colon the
///   id, unless it was at fault: by it an id is known that came to be another.
pub const REJECT_COLUMNS: [&str; 6] =
    ["fanpass_source", "fanpass_row", "fanpass_column", "fanpass_code", "fanpass_message", "fanpass_check"];

/// Faults of a spreadsheet or of broken text that a reject file cannot show: its cells are sound text, and would pass
/// for ids and values if nobody had looked at them.
const HIDDEN: [&str; 17] = [
    table::DESTROYED_NUMBER,
    table::FRACTION,
    table::NUMBER_FORMAT,
    table::DATE_CELL,
    table::ERROR_CELL,
    table::UNCACHED_FORMULA,
    table::RAGGED_ROW,
    table::REPEATED_HEADER,
    table::TOTAL_ROW,
    table::BAD_QUOTE,
    table::UNDECODABLE,
    table::BAD_JSON,
    table::DUPLICATE_KEY,
    table::UNKNOWN_KEY,
    table::CELL_TOO_LONG,
    table::NESTED_VALUE,
    code::NOT_MENDED,
];

/// What stands in a message before each fault but the first.
pub(crate) const ALSO: &str = "; column ";

/// Whether the fault of that code is one that a reject file cannot show.
pub(crate) fn is_hidden(code: &str) -> bool {
    HIDDEN.contains(&code)
}

/// Whether these are the columns of a reject file: the last ones are [`REJECT_COLUMNS`].
#[inline]
pub fn is_reject_file(columns: &[String]) -> bool {
    let source = columns.len().checked_sub(REJECT_COLUMNS.len());
    source.is_some_and(|source| columns[source..].iter().eq(&REJECT_COLUMNS))
}

/// The columns of the source: all but [`REJECT_COLUMNS`] if they are there, else all.
///
/// ```
/// let columns = ["fan_id", "tier"].map(str::to_owned);
/// assert_eq!(fanpass_sync::original_columns(&columns), columns);
/// ```
pub fn original_columns(columns: &[String]) -> &[String] {
    let count = if is_reject_file(columns) { columns.len() - REJECT_COLUMNS.len() } else { columns.len() };
    &columns[..count]
}

/// Refuses a row of a reject file whose fault is as it was, where it cannot be seen in the reject file any more: a number
/// that a spreadsheet had destroyed, cells that had moved. And refuses one whose id, which was not at fault, is another by
/// now: a spreadsheet program saves `00042` as `42`. `id` is the column of the ids; [`Updates`](crate::Updates) does so by
/// itself.
///
/// Other rows pass: what is still wrong with them is found again, and what is not (an attribute that is registered
/// by now) is mended. A row whose `fanpass_check` cell was emptied passes as it stands.
///
/// # Errors
///
/// The row as a [`Reject`] with the code [`code::NOT_MENDED`] and the message that it was rejected with, or with the code
/// [`code::ID_CHANGED`].
#[inline]
pub fn check_mended(row: &Row<'_>, id: usize) -> Result<(), Box<Reject>> {
    if is_reject_file(row.columns()) { check_row_of_rejects(row, id) } else { Ok(()) }
}

#[inline(never)]
fn check_row_of_rejects(row: &Row<'_>, id: usize) -> Result<(), Box<Reject>> {
    let columns = row.columns();
    let cells: Vec<&str> = row.fields().collect();
    let (original, [_, _, column, why, message, check]) = split_cells(&cells, columns);
    let (sum, user) = split_check(check);
    if is_hidden(why) && sum == checksum(at_fault(&original, original_columns(columns), column)) {
        // What else was wrong is found again, or mended by now.
        let first = message.split_once(ALSO).map_or(message, |(first, _)| first);
        let message = format!("{}{AS_IT_WAS}", first.strip_suffix(AS_IT_WAS).unwrap_or(first));
        return Err(row.reject(columns.iter().position(|name| name == column), code::NOT_MENDED, message));
    }
    let now = original.get(id).map_or("", |cell| cell.trim());
    if user.is_some_and(|user| user != now) {
        return Err(row.reject(Some(id), code::ID_CHANGED, ID_CHANGED));
    }
    Ok(())
}

/// What to do about a fault that cannot be seen any more.
const AS_IT_WAS: &str = "; it is as it was: mend it, or empty the row's cell of fanpass_check to send it so";

/// What to do about an id that is another; no ids in it, as messages are logged.
const ID_CHANGED: &str = "the id is not the one that the row was rejected with: put that one back, which stands behind the colon \
    in fanpass_check (a spreadsheet program may have rewritten it, 00042 as 42), or empty that cell to send the row so";

/// The cells of the source in a row of a reject file, those beyond its last column too, and the cells between.
fn split_cells<'a>(cells: &[&'a str], columns: &[String]) -> (Vec<&'a str>, [&'a str; REJECT_COLUMNS.len()]) {
    let count = original_columns(columns).len();
    let added = std::array::from_fn(|at| cells.get(count + at).copied().unwrap_or_default());
    let beyond = cells.iter().skip(count + added.len());
    (cells.iter().take(count).chain(beyond).copied().collect(), added)
}

/// The cell at fault, if it is one, else all: what a row that is mended has different.
fn at_fault<'a>(cells: &'a [&'a str], columns: &[String], column: &str) -> &'a [&'a str] {
    let mut named = columns.iter().enumerate().filter(|(_, name)| *name == column);
    match (named.next(), named.next()) {
        (Some((at, _)), None) => cells.get(at..=at).unwrap_or(cells),
        _ => cells,
    }
}

/// The checksum and the id of a cell of `fanpass_check`.
fn split_check(check: &str) -> (&str, Option<&str>) {
    check.split_once(':').map_or((check, None), |(sum, user)| (sum, Some(user)))
}

/// A checksum of cells that does not see empty ones at the end. The letter in front keeps spreadsheets from taking
/// it for a number.
fn checksum(cells: &[&str]) -> String {
    let count = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
    let mut sum = crc32fast::Hasher::new();
    for cell in &cells[..count] {
        sum.update(cell.as_bytes());
        // No byte of UTF-8: where one cell ends and the next begins counts.
        sum.update(&[0xFF]);
    }
    format!("c{:08x}", sum.finalize())
}
