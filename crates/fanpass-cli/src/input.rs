//! The file that a command reads: where it is, and how to read it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, ValueEnum};
use fanpass_sync::{Reading, RejectFiles, TextEncoding};
use fanpass_table::Options;
use serde::{Deserialize, Serialize};

use crate::exit::Exit;
use crate::failure::failure;
use crate::quoting::quoted;
use crate::source::SourceFile;

/// Where the rows come from and how to read them.
#[derive(Debug, Clone, Args)]
pub struct Input {
    #[command(flatten)]
    pub file: FileOption,
    #[command(flatten)]
    pub reading: ReadingOptions,
}

/// The one file of a command, named in either way.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct FileOption {
    /// The file, in place of --file
    #[arg(value_name = "FILE")]
    position: Option<PathBuf>,
    /// CSV, TSV, JSONL, XLSX, XLS, ZIP or Parquet file, text also gzip or zstd; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl FileOption {
    /// Where the file is; `-` is standard input.
    pub fn path(&self) -> &Path {
        self.file.as_deref().or(self.position.as_deref()).unwrap_or(Path::new("-"))
    }
}

/// How to read a file, as far as its content does not say.
#[derive(Debug, Clone, Default, Args)]
pub struct ReadingOptions {
    /// Column of the ids, by header (`fan_id`) or position (`#1`); detected when there is no doubt
    #[arg(long, value_name = "COLUMN")]
    pub id: Option<String>,
    /// Sheet of the workbook, when several hold data
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// Character between two cells of a text file: one character, or `tab`
    #[arg(long, value_name = "CHAR", value_parser = parse_delimiter)]
    delimiter: Option<char>,
    /// Encoding of a text file
    #[arg(long, value_parser = PossibleValuesParser::new(TextEncoding::NAMES).try_map(|name| name.parse::<TextEncoding>()))]
    encoding: Option<TextEncoding>,
    /// Lines of text, or rows of a sheet, that stand above the table
    #[arg(long, value_name = "N")]
    skip_rows: Option<u32>,
    /// Whether the first row of the table names the columns
    #[arg(long, value_enum)]
    header: Option<HeaderRow>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum HeaderRow {
    Present,
    Absent,
}

/// Names that promise what a file of rejected rows is not: it is CSV text.
const NOT_TEXT: [&str; 8] = ["xlsx", "xlsm", "xls", "ods", "zip", "gz", "zst", "parquet"];

/// The name of a file for rejected rows.
pub fn reject_file(text: &str) -> Result<PathBuf, String> {
    let named = rejects_of(Path::new(text));
    if named == Path::new(text) {
        return Ok(named);
    }
    Err(format!("it is written as CSV, which no program expects under that name; use {}", named.display()))
}

/// Tries whether rejected rows can go to a file at `path`, before anything is sent; `elsewhere` says how another place is named.
pub fn try_rejects(path: &Path, elsewhere: &str) -> Result<()> {
    let tried = RejectFiles::new(path).check();
    tried.map_err(|error| failure(Exit::Refused, format!("{error}; {elsewhere}; nothing was sent")))
}

/// How another place for rejected rows is named on the command line.
pub const REJECTS_OPTION: &str = "name another place for rejected rows with --rejects FILE";

/// Where the rows of a mended file go that are rejected again: beside it, as CSV.
pub fn rejects_of(mended: &Path) -> PathBuf {
    match mended.extension().and_then(|extension| extension.to_str()) {
        Some(extension) if NOT_TEXT.contains(&extension.to_ascii_lowercase().as_str()) => {
            mended.with_extension("csv")
        }
        _ => mended.to_owned(),
    }
}

fn parse_delimiter(text: &str) -> Result<char, String> {
    let mut characters = text.chars();
    let character = match (text, characters.next(), characters.next()) {
        ("tab" | "\\t", ..) => '\t',
        (_, Some(character), None) => character,
        _ => return Err("use one character, or `tab`".to_owned()),
    };
    let reading = Reading { delimiter: Some(character), ..Reading::default() };
    reading.options().map(|_| character).map_err(|error| error.to_string())
}

/// A row that cannot be sent, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    pub location: String,
    pub code: String,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

impl From<fanpass_table::Reject> for RejectedRow {
    fn from(reject: fanpass_table::Reject) -> Self {
        let fanpass_table::Reject { location, code, message, column, .. } = reject;
        Self { location, code: code.to_owned(), message, column }
    }
}

impl Input {
    /// The file, to be read as the options say.
    pub fn source(&self) -> Result<SourceFile> {
        self.reading.source(self.file.path())
    }
}

impl ReadingOptions {
    /// The file at `path`, to be read as these options say.
    pub fn source(&self, path: &Path) -> Result<SourceFile> {
        SourceFile::new(path, self.options()?)
    }

    fn options(&self) -> Result<Options> {
        let Self { sheet, delimiter, encoding, skip_rows, header, .. } = self.clone();
        let header = header.map(|header| matches!(header, HeaderRow::Present));
        Ok(Reading { sheet, delimiter, encoding, skip_rows, header }.options()?)
    }

    /// These options as words of a command line.
    pub fn arguments(&self) -> Vec<String> {
        let delimiter = self.delimiter.map(|character| match character {
            '\t' => "tab".to_owned(),
            character => character.to_string(),
        });
        let options = [
            ("--id", self.id.clone()),
            ("--sheet", self.sheet.clone()),
            ("--delimiter", delimiter),
            ("--encoding", self.encoding.map(String::from)),
            ("--skip-rows", self.skip_rows.map(|rows| rows.to_string())),
            ("--header", self.header.as_ref().and_then(word_of)),
        ];
        options.into_iter().filter_map(|(name, value)| Some(option(name, &value?))).collect()
    }
}

/// How a choice is written on the command line.
pub fn word_of(choice: &impl ValueEnum) -> Option<String> {
    choice.to_possible_value().map(|value| value.get_name().to_owned())
}

/// An option and its value as words of a command line.
pub fn option(name: &str, value: &str) -> String {
    let between = if value.len() > 1 && value.starts_with('-') { '=' } else { ' ' };
    format!("{name}{between}{}", quoted(value))
}
