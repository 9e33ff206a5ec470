//! What a caller can state about a file; everything left out is detected from the content.

use crate::{ErrorKind, Limits, TableError, origin::Origin};

/// How to read a file. The default detects everything.
///
/// ```
/// use fanpass_table::{Header, Options};
///
/// let mut options = Options::default();
/// options.delimiter = Some(b';');
/// options.header = Header::Absent;
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Options {
    /// The format; a file whose content is of another format is refused. `None` detects it by content.
    pub format: Option<Format>,
    /// The formats that are taken at all.
    pub accepted: Accepted,
    /// The byte between two cells of delimited text. `None` chooses among `,`, `;`, tab and `|`.
    pub delimiter: Option<u8>,
    /// The encoding of delimited text. `None` detects it.
    pub encoding: Option<Encoding>,
    /// How many rows stand above the table and are passed over: lines of text, rows of a sheet. `None` takes the first row that
    /// is not blank for the table's, and where the table seems to begin further down, reading fails and asks.
    pub skip_rows: Option<u32>,
    /// Whether the first row of the table names the columns.
    pub header: Header,
    /// The sheet to read, by name. `None` takes the only visible sheet that holds data.
    pub sheet: Option<String>,
    /// Bounds on sizes.
    pub limits: Limits,
}

impl Options {
    /// Refuses a file that is not of the stated format, and what is stated of a sheet, a delimiter or an encoding for a file that
    /// has none: whoever states it takes the file for another.
    pub(crate) fn check(&self, found: Format, origin: &Origin) -> Result<(), TableError> {
        if let Some(stated) = self.format.filter(|&stated| stated != found) {
            let message = format!("is {}, not {} as stated", found.as_str(), stated.as_str());
            return Err(TableError::new(ErrorKind::UnsupportedFormat, origin, message));
        }
        if self.sheet.is_some() && matches!(found, Format::Csv | Format::Jsonl | Format::Parquet) {
            let what = if found == Format::Parquet { "Parquet" } else { "text" };
            let message = format!("is {what} and has no sheets; name none");
            return Err(TableError::new(ErrorKind::UnsupportedFormat, origin, message));
        }
        let refuse = |what: &str| {
            let message = format!("is {}, which has no {what}; state none", found.name());
            Err(TableError::new(ErrorKind::UnsupportedFormat, origin, message))
        };
        if self.delimiter.is_some() && !matches!(found, Format::Csv | Format::Zip) {
            return refuse("delimiter");
        }
        if self.encoding.is_some() && matches!(found, Format::Xlsx | Format::Xls | Format::Parquet) {
            return refuse("encoding of its own choice");
        }
        if found == Format::Jsonl && self.encoding.is_some_and(|stated| stated != Encoding::Utf8) {
            let message = "is JSONL, which is UTF-8 always; state no other encoding";
            return Err(TableError::new(ErrorKind::UnsupportedFormat, origin, message));
        }
        Ok(())
    }
}

/// Which formats are taken; one that is not is refused by its name, in an archive too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Accepted {
    /// All that this crate reads.
    #[default]
    All,
    /// Delimited text that is not packed, XLSX, XLS, and ZIP archives of those.
    TextAndWorkbooks,
}

impl Accepted {
    /// The formats as a list for people.
    pub(crate) fn wanted(self) -> &'static str {
        match self {
            Self::All => "CSV, JSONL, XLSX, XLS, ZIP or Parquet",
            Self::TextAndWorkbooks => "CSV, XLSX, XLS or ZIP",
        }
    }
}

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Delimited text: CSV, TSV, and the like with another delimiter, or one id a line.
    Csv,
    /// One JSON object a line (`.jsonl`, `.ndjson`).
    Jsonl,
    /// An Office Open XML workbook (`.xlsx`, `.xlsm`).
    Xlsx,
    /// A binary Excel 97-2003 workbook (`.xls`).
    Xls,
    /// A ZIP archive of the other formats.
    Zip,
    /// Columnar storage (`.parquet`).
    Parquet,
}

impl Format {
    /// The format's name as people write it.
    fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Jsonl => "JSONL",
            Self::Xlsx => "XLSX",
            Self::Xls => "XLS",
            Self::Zip => "ZIP",
            Self::Parquet => "Parquet",
        }
    }

    /// The format's name in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Xlsx => "xlsx",
            Self::Xls => "xls",
            Self::Zip => "zip",
            Self::Parquet => "parquet",
        }
    }
}

/// An encoding of delimited text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, least significant byte first.
    Utf16Le,
    /// UTF-16, most significant byte first.
    Utf16Be,
    /// Windows-1252, which Western European Excel writes as "CSV".
    Windows1252,
}

impl Encoding {
    /// The encoding's name in lower case, as the WHATWG Encoding Standard spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }
}

/// Whether the first row that is not blank names the columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Header {
    /// Decide by the content; where it does not decide, reading fails and asks.
    #[default]
    Detect,
    /// The first row names the columns.
    Present,
    /// The first row is data; columns are named by their letters: `A`, `B`, …, `AA`. Refused for JSONL and Parquet,
    /// which name their columns.
    Absent,
}
