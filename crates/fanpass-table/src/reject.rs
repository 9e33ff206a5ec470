//! A row that cannot be used, and why; it stops nothing.

/// A row that was read but cannot be used as it stands. It is handed about in a box: few rows are rejects.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reject {
    /// What is wrong, for programs: one of [`code`], or the caller's own.
    pub code: &'static str,
    /// What is wrong, for people.
    pub message: String,
    /// The row's number in its file or sheet: 1 is the first, header and blank rows counted.
    pub row: u64,
    /// Where the row is, for people: `holders.csv:12` (the line where it begins) or `fans.zip:north.xlsx:Sheet1!B7`.
    pub location: String,
    /// The name of the column, if one is to blame.
    pub column: Option<String>,
    /// The row's cells as they were read, to be written to a file, mended and sent again.
    pub fields: Vec<String>,
}

/// The codes that this crate gives a [`Reject`].
pub mod code {
    /// The id's cell is empty, while other cells of the row are not.
    pub const EMPTY_ID: &str = "empty_id";
    /// A number of more than 15 digits (of a `FLOAT`, one from 16,777,216 on), or one shown with an exponent: digits of it are lost.
    /// Also what is no number, such as NaN.
    pub const DESTROYED_NUMBER: &str = "destroyed_number";
    /// A number with a fraction.
    pub const FRACTION: &str = "fraction";
    /// A number under a display format that changes what is seen: separators, decimals, percent, currency.
    pub const NUMBER_FORMAT: &str = "number_format";
    /// A date or time, which a spreadsheet stores as a number of days.
    pub const DATE_CELL: &str = "date_cell";
    /// The cell shows an error, such as `#N/A`.
    pub const ERROR_CELL: &str = "error_cell";
    /// A formula whose result is not stored in the file.
    pub const UNCACHED_FORMULA: &str = "uncached_formula";
    /// The row has fewer cells than there are columns, or data beyond the last one.
    pub const RAGGED_ROW: &str = "ragged_row";
    /// Each cell of the row is that of the header, or the id's is a recognised name of a column of ids: files were put together
    /// with their headers.
    pub const REPEATED_HEADER: &str = "repeated_header";
    /// The id's cell is a word for a total, alone or before a figure: the row adds up others.
    pub const TOTAL_ROW: &str = "total_row";
    /// A quoted cell goes on after its closing quote, or a quote follows a cell's leading space.
    pub const BAD_QUOTE: &str = "bad_quote";
    /// The cell's bytes are not text in the file's encoding.
    pub const UNDECODABLE: &str = "undecodable";
    /// The line of a JSONL file is not one JSON object.
    pub const BAD_JSON: &str = "bad_json";
    /// A key stands twice in a JSON object.
    pub const DUPLICATE_KEY: &str = "duplicate_key";
    /// A key of a JSON object that is no column, because no object at the file's beginning has it.
    pub const UNKNOWN_KEY: &str = "unknown_key";
    /// The cell holds a list or an object.
    pub const NESTED_VALUE: &str = "nested_value";
    /// The cell is longer than [`Limits::cell_bytes`](crate::Limits::cell_bytes).
    pub const CELL_TOO_LONG: &str = "cell_too_long";
}
