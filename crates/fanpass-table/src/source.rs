//! The formats behind one way to read the next record.

use std::{
    fs::File,
    io::{Cursor, Read, Seek, SeekFrom},
};

use crate::{
    ErrorKind, Format, Options, TableError,
    archive::Archive,
    detect::{self, Container},
    jsonl,
    metered::read_error,
    origin::Origin,
    packed::{self, Packing},
    parquet,
    record::Record,
    text::Text,
    xls, xlsx,
};

/// One file, or one file of an archive, that is being read.
pub(crate) enum Source {
    Text(Box<Text>),
    Jsonl(Box<jsonl::Lines>),
    Xlsx(Box<xlsx::Rows>),
    Xls(Box<xls::Rows>),
    Parquet(Box<parquet::Rows>),
}

/// What a file turned out to be.
pub(crate) enum Opened {
    Rows(Source, Origin),
    Archive(Archive),
}

impl Opened {
    /// Looks into the file and opens it as what it is.
    pub(crate) fn open(mut file: File, options: &Options, origin: &Origin) -> Result<Self, TableError> {
        let io = |source| TableError::io(origin, source);
        let mut head = Vec::new();
        file.by_ref().take(detect::HEAD_BYTES).read_to_end(&mut head).map_err(io)?;
        let container = detect::container(&head, options, origin)?;
        let length = file.seek(SeekFrom::End(0)).map_err(io)?;
        file.rewind().map_err(io)?;
        let limits = &options.limits;
        match container {
            Container::Text => Self::text(Box::new(file), options, origin),
            Container::Jsonl => Self::jsonl(Box::new(file), options, origin),
            Container::Packed(packing) => {
                check_size(length, limits.text_bytes, origin)?;
                let text = packed::unpack(file, length, packing, limits);
                let text = text.map_err(|error| read_error(origin, "its packing", &error))?;
                Self::unpacked(text, packing, options, origin)
            }
            Container::Compound => {
                check_size(length, limits.xls_bytes, origin)?;
                let (rows, origin) = xls::open(file, length, options, origin)?;
                Ok(Self::Rows(Source::Xls(Box::new(rows)), origin))
            }
            Container::Parquet => {
                check_size(length, limits.parquet_bytes, origin)?;
                let rows = parquet::Rows::open(file, length, options, origin)?;
                Ok(Self::Rows(Source::Parquet(Box::new(rows)), origin.clone()))
            }
            Container::Zip => {
                check_size(length, limits.zip_bytes.max(limits.xlsx_bytes), origin)?;
                let archive = Archive::open(file, origin, limits)?;
                if let Some(what) = xlsx::foreign(&archive) {
                    let message = format!("is {what}");
                    return Err(TableError::new(ErrorKind::UnsupportedFormat, origin, message));
                }
                if !xlsx::is_workbook(&archive) {
                    check_size(length, limits.zip_bytes, origin)?;
                    return Ok(Self::Archive(archive));
                }
                check_size(length, limits.xlsx_bytes, origin)?;
                let (rows, origin) = xlsx::open(archive, options, origin)?;
                Ok(Self::Rows(Source::Xlsx(Box::new(rows)), origin))
            }
        }
    }

    fn text(file: Box<dyn Read + Send>, options: &Options, origin: &Origin) -> Result<Self, TableError> {
        let text = Text::open(file, options, origin)?;
        Ok(Self::Rows(Source::Text(Box::new(text)), origin.clone()))
    }

    fn jsonl(file: Box<dyn Read + Send>, options: &Options, origin: &Origin) -> Result<Self, TableError> {
        let lines = jsonl::Lines::open(file, options, origin)?;
        Ok(Self::Rows(Source::Jsonl(Box::new(lines)), origin.clone()))
    }

    /// Looks into what a gzip or zstd holds. Only text is read from it: all other formats are read from several places.
    fn unpacked(
        mut file: Box<dyn Read + Send>,
        packing: Packing,
        options: &Options,
        origin: &Origin,
    ) -> Result<Self, TableError> {
        let mut head = Vec::new();
        let read = file.by_ref().take(detect::HEAD_BYTES).read_to_end(&mut head);
        read.map_err(|error| read_error(origin, "its packing", &error))?;
        let container = detect::container(&head, options, origin)?;
        let file = Box::new(Cursor::new(head).chain(file));
        let what = match container {
            Container::Text => return Self::text(file, options, origin),
            Container::Jsonl => return Self::jsonl(file, options, origin),
            Container::Zip => "a workbook or ZIP",
            Container::Compound => "a workbook",
            Container::Packed(_) => "packed content",
            Container::Parquet => "Parquet",
        };
        let packing = if packing == Packing::Gzip { "gzip" } else { "zstd" };
        let message = format!("is {what} inside a {packing}, in which only text is read; unpack it first");
        Err(TableError::new(ErrorKind::UnsupportedFormat, origin, message))
    }
}

impl Source {
    /// Reads the next record that is not blank; `false` at the end, after which it is not called again.
    #[inline]
    pub(crate) fn read(&mut self, record: &mut Record) -> Result<bool, TableError> {
        match self {
            Self::Text(text) => text.read(record),
            Self::Jsonl(lines) => lines.read(record),
            Self::Xlsx(rows) => rows.read(record),
            Self::Xls(rows) => rows.read(record),
            Self::Parquet(rows) => rows.read(record),
        }
    }

    pub(crate) fn format(&self) -> Format {
        match self {
            Self::Text(_) => Format::Csv,
            Self::Jsonl(_) => Format::Jsonl,
            Self::Xlsx(_) => Format::Xlsx,
            Self::Xls(_) => Format::Xls,
            Self::Parquet(_) => Format::Parquet,
        }
    }

    /// The names of the columns, where the format gives them apart from its rows.
    pub(crate) fn names(&self) -> Option<Vec<String>> {
        match self {
            Self::Jsonl(lines) => Some(lines.names()),
            Self::Parquet(rows) => Some(rows.names()),
            Self::Text(_) | Self::Xlsx(_) | Self::Xls(_) => None,
        }
    }

    /// Why a column may be missing that the file holds further on, and what to do; `None` if all are known.
    pub(crate) fn unseen_columns(&self) -> Option<&'static str> {
        match self {
            Self::Jsonl(lines) if lines.goes_on() => Some(
                "keys are looked for in the first MiB of the file only: write the key into an object there too, if only as null",
            ),
            _ => None,
        }
    }

    /// The delimited text, unless this is another format. Those store each cell with its place: none can move.
    pub(crate) fn text(&self) -> Option<&Text> {
        match self {
            Self::Text(text) => Some(text),
            Self::Jsonl(_) | Self::Xlsx(_) | Self::Xls(_) | Self::Parquet(_) => None,
        }
    }
}

fn check_size(length: u64, most: u64, origin: &Origin) -> Result<(), TableError> {
    if length <= most {
        return Ok(());
    }
    let message = format!("the file has {length} bytes; a file of its kind may have {most}");
    Err(TableError::new(ErrorKind::LimitExceeded, origin, message))
}
