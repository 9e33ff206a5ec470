//! Delimited text as a stream of records in constant memory.

mod decode;
mod sniff;
mod split;

use std::io::{Read, Take};

use encoding_rs_io::DecodeReaderBytesBuilder;
use memchr::memchr;

use self::{
    decode::Decoder,
    split::{Cells, Dialect, Split, split},
};
use crate::{
    Encoding, ErrorKind, Limits, Options, TableError, metered::read_error, origin::Origin, record::Record,
};

pub(crate) use self::sniff::{HEAD_BYTES, utf16};

const BUFFER_BYTES: usize = 256 << 10;

/// A text file that is being read.
pub(crate) struct Text {
    input: Take<Box<dyn Read + Send>>,
    buffer: Vec<u8>,
    /// The part of `buffer` that is read from the file and not yet used.
    start: usize,
    end: usize,
    last: bool,
    dialect: Dialect,
    decoder: Decoder,
    /// Reused from record to record.
    cells: Cells,
    /// Where the next quote in `buffer` is, `end` if there is none; `None` until it is looked for.
    quote: Option<usize>,
    /// Everything read so far is ASCII.
    is_ascii: bool,
    records: u64,
    lines: u64,
    limits: Limits,
    origin: Origin,
}

impl Text {
    /// Reads the file's beginning and settles encoding, line ends and delimiter, as far as they are not stated.
    pub(crate) fn open(
        mut file: Box<dyn Read + Send>,
        options: &Options,
        origin: &Origin,
    ) -> Result<Self, TableError> {
        let mut head = Vec::new();
        let read = file.by_ref().take(4096).read_to_end(&mut head);
        read.map_err(|error| read_error(origin, "the file", &error))?;
        let stated = options.encoding.or_else(|| utf16(&head));
        let file = Box::new(std::io::Cursor::new(head).chain(file));
        let input: Box<dyn Read + Send> = match stated {
            Some(Encoding::Utf16Le) => decoded(encoding_rs::UTF_16LE, file),
            Some(Encoding::Utf16Be) => decoded(encoding_rs::UTF_16BE, file),
            _ => file,
        };
        let limits = options.limits.clone();
        let mut text = Self {
            input: input.take(limits.text_bytes.saturating_add(1)),
            buffer: vec![0; BUFFER_BYTES],
            start: 0,
            end: 0,
            last: false,
            dialect: Dialect { delimiter: b',', terminator: b'\n' },
            decoder: Decoder::new(stated),
            cells: Cells::default(),
            quote: None,
            is_ascii: true,
            records: 0,
            lines: 0,
            limits,
            origin: origin.clone(),
        };
        text.settle(options.delimiter)?;
        Ok(text)
    }

    fn settle(&mut self, delimiter: Option<u8>) -> Result<(), TableError> {
        while !self.last && self.end < HEAD_BYTES {
            self.fill()?;
        }
        if self.buffer[..self.end].starts_with(b"\xEF\xBB\xBF") {
            self.decoder.saw_utf8_mark();
            self.start = 3;
        }
        let head = &self.buffer[self.start..self.end];
        self.dialect.terminator = sniff::terminator(head);
        if let (None, Some((delimiter, length))) = (delimiter, sniff::stated_separator(head)) {
            self.dialect.delimiter = delimiter;
            self.start += length;
            self.lines += 1;
            self.records += 1;
            return Ok(());
        }
        let detected = || sniff::delimiter(head, self.last, self.dialect.terminator, &self.origin);
        self.dialect.delimiter = delimiter.map_or_else(detected, Ok)?;
        Ok(())
    }

    pub(crate) fn encoding(&self) -> Encoding {
        self.decoder.encoding()
    }

    pub(crate) fn delimiter(&self) -> u8 {
        self.dialect.delimiter
    }

    /// Reads the next record that is not blank; `false` at the end of the file.
    pub(crate) fn read(&mut self, record: &mut Record) -> Result<bool, TableError> {
        loop {
            record.clear();
            // The record's memory serves for the next one.
            self.cells.bytes = std::mem::take(&mut record.text).into_bytes();
            self.cells.bytes.clear();
            self.cells.ends.clear();
            let input = &self.buffer[self.start..self.end];
            if input.is_empty() && self.last {
                return Ok(false);
            }
            let known = self.quote.filter(|&quote| quote >= self.start);
            let quote = known.unwrap_or_else(|| memchr(b'"', input).map_or(self.end, |at| self.start + at));
            self.quote = Some(quote);
            let quote = quote - self.start;
            match split(input, quote, self.last, self.dialect, &mut self.cells) {
                Split::Record { consumed, lines, fault } => {
                    self.start += consumed;
                    self.records += 1;
                    record.number = self.records;
                    record.line = Some(self.lines + 1);
                    self.lines += lines;
                    record.fault = fault;
                    self.decoder.decode(&mut self.cells, self.is_ascii, record);
                    if !record.is_blank() {
                        return self.checked(record).map(|()| true);
                    }
                }
                Split::Runaway { quote } => {
                    return Err(self.unclosed(quote, "closes lines later, inside a cell"));
                }
                Split::Incomplete { quote: Some(quote) } if self.last => {
                    return Err(self.unclosed(quote, "is never closed"));
                }
                Split::Incomplete { quote } => self.grow(quote)?,
            }
        }
    }

    fn checked(&self, record: &mut Record) -> Result<(), TableError> {
        if record.len() > self.limits.columns {
            let message =
                format!("the row has {} cells; a row may have {}", record.len(), self.limits.columns);
            return Err(self.error(ErrorKind::LimitExceeded, self.lines, message));
        }
        record.mark_long_cells(self.limits.cell_bytes);
        Ok(())
    }

    /// Makes room for a record that goes beyond the buffer, within the limit, and reads on.
    fn grow(&mut self, quote: Option<u64>) -> Result<(), TableError> {
        let held = self.end - self.start;
        if held > self.limits.record_bytes {
            let most = self.limits.record_bytes;
            if let Some(quote) = quote {
                return Err(self.unclosed(quote, &format!("is not closed within {most} bytes")));
            }
            let message = format!("the row is longer than {most} bytes; is this a table?");
            return Err(self.error(ErrorKind::LimitExceeded, self.lines + 1, message));
        }
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, held);
        self.quote = None;
        if held * 2 > self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        self.fill()
    }

    fn fill(&mut self) -> Result<(), TableError> {
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) if self.input.limit() == 0 => {
                    let message = format!("the file is larger than {} bytes", self.limits.text_bytes);
                    return Err(TableError::new(ErrorKind::LimitExceeded, &self.origin, message));
                }
                Ok(0) => self.last = true,
                Ok(read) => {
                    self.is_ascii &= self.buffer[self.end..self.end + read].is_ascii();
                    self.end += read;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(read_error(&self.origin, "the file", &error)),
            }
            return Ok(());
        }
    }

    fn unclosed(&self, quote: u64, what: &str) -> TableError {
        let message = format!("the quote that opens on this line {what}; close it, or write a quote as \"\"");
        self.error(ErrorKind::UnclosedQuote, self.lines + quote + 1, message)
    }

    fn error(&self, kind: ErrorKind, line: u64, message: String) -> TableError {
        TableError::new(kind, self.origin.locate(line, Some(line), None), message)
    }
}

fn decoded(
    encoding: &'static encoding_rs::Encoding,
    file: impl Read + Send + 'static,
) -> Box<dyn Read + Send> {
    Box::new(DecodeReaderBytesBuilder::new().encoding(Some(encoding)).bom_override(true).build(file))
}
