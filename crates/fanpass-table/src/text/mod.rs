//! Delimited text as a stream of records in constant memory.

mod decode;
mod marks;
mod quotes;
mod sniff;
mod split;
mod start;
mod window;

use std::io::Read;

use encoding_rs_io::DecodeReaderBytesBuilder;

use self::{
    decode::Decoder,
    split::{Cells, Dialect, Split, split},
    start::Head,
    window::Window,
};
use crate::{
    Encoding, ErrorKind, Limits, Options, TableError, metered::read_error, origin::Origin, record::Record,
};

pub(crate) use self::{
    sniff::{HEAD_BYTES, utf16, without_marks},
    start::begins_below,
};

/// A text file that is being read.
pub(crate) struct Text {
    window: Window,
    dialect: Dialect,
    decoder: Decoder,
    /// Reused from record to record.
    cells: Cells,
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
        if let (Some(stated), Some(marked)) = (options.encoding, sniff::mark(&head))
            && stated != marked
        {
            let (stated, marked) = (stated.as_str(), marked.as_str());
            let message =
                format!("begins with the mark of {marked}, not {stated} as stated; state no other encoding");
            return Err(TableError::new(ErrorKind::UnsupportedFormat, origin, message));
        }
        let stated = options.encoding.or_else(|| utf16(&head));
        let file = Box::new(std::io::Cursor::new(head).chain(file));
        let input: Box<dyn Read + Send> = match stated {
            Some(Encoding::Utf16Le) => decoded(encoding_rs::UTF_16LE, file),
            Some(Encoding::Utf16Be) => decoded(encoding_rs::UTF_16BE, file),
            _ => file,
        };
        let limits = options.limits.clone();
        let mut text = Self {
            window: Window::new(input, limits.text_bytes),
            dialect: Dialect { delimiter: b',', terminator: b'\n' },
            decoder: Decoder::new(stated),
            cells: Cells::default(),
            records: 0,
            lines: 0,
            limits,
            origin: origin.clone(),
        };
        text.settle(options)?;
        Ok(text)
    }

    fn settle(&mut self, options: &Options) -> Result<(), TableError> {
        let origin = self.origin.clone();
        let failed = |error| read_error(&origin, "the file", &error);
        self.window.fill_head().map_err(failed)?;
        self.drop_marks();
        self.dialect.terminator = sniff::terminator(self.window.bytes());
        let above = options.skip_rows.unwrap_or(0);
        self.window.skip_lines(above, self.dialect.terminator).map_err(failed)?;
        (self.lines, self.records) = (above.into(), above.into());
        let separator = sniff::stated_separator(self.window.bytes());
        if let Some((_, length)) = separator {
            self.window.skip(length);
            self.lines += 1;
            self.records += 1;
        }
        let head = Head {
            bytes: self.window.bytes(),
            is_whole: self.window.is_last(),
            terminator: self.dialect.terminator,
            lines: self.lines,
        };
        let stated = options.delimiter.or(separator.map(|(delimiter, _)| delimiter));
        self.dialect.delimiter = head.delimiter(stated, options.skip_rows.is_some(), &self.origin)?;
        Ok(())
    }

    /// Leaves byte order marks at the beginning of a line behind; nearly always there are none.
    #[inline]
    fn drop_marks(&mut self) {
        if self.window.drop_marks() {
            self.decoder.saw_utf8_mark();
        }
    }

    pub(crate) fn encoding(&self) -> Encoding {
        self.decoder.encoding()
    }

    /// Whether the encoding is one that nothing in the file states, and that any bytes could be.
    pub(crate) fn is_guessed(&self) -> bool {
        self.decoder.is_guessed()
    }

    pub(crate) fn delimiter(&self) -> u8 {
        self.dialect.delimiter
    }

    /// Reads the next record that is not blank; `false` at the end of the file.
    #[inline]
    pub(crate) fn read(&mut self, record: &mut Record) -> Result<bool, TableError> {
        loop {
            record.clear();
            if !self.read_plain(record) && !self.read_any(record)? {
                return Ok(false);
            }
            if !record.is_blank() {
                return self.checked(record).map(|()| true);
            }
        }
    }

    /// Reads a record that is UTF-8, in a line that is in memory and plain, as nearly all are; `false` if the next one is
    /// none of those.
    #[inline]
    fn read_plain(&mut self, record: &mut Record) -> bool {
        self.drop_marks();
        let Some((length, consumed)) = self.window.line(self.dialect, &mut record.ends) else { return false };
        record.is_raw = true;
        if self.window.is_ascii() || self.decoder.takes_utf8(self.window.text(length)) {
            self.window.share(record);
        } else {
            record.unshare();
            self.decoder.each(self.window.text(length).as_bytes(), record);
        }
        self.window.skip_line(consumed);
        self.count(record, 1);
        true
    }

    /// Reads a record of any kind; `false` at the end of the file.
    #[inline(never)]
    fn read_any(&mut self, record: &mut Record) -> Result<bool, TableError> {
        record.unshare();
        loop {
            // A mark may have been read in parts.
            self.drop_marks();
            self.cells.bytes.clear();
            self.cells.ends.clear();
            let (input, last) = (self.window.bytes(), self.window.is_last());
            if input.is_empty() && last {
                return Ok(false);
            }
            match split(input, last, self.dialect, &mut self.cells) {
                Split::Record { consumed, lines, fault } => {
                    self.window.skip(consumed);
                    self.count(record, lines);
                    record.faults.extend(fault.map(|fault| (None, fault)));
                    self.decoder.decode(&mut self.cells, self.window.is_ascii(), record);
                    return Ok(true);
                }
                Split::Runaway { quote } => {
                    return Err(self.unclosed(quote, "closes lines later, inside a cell"));
                }
                Split::Incomplete { quote: Some(quote) } if last => {
                    return Err(self.unclosed(quote, "is never closed"));
                }
                Split::Incomplete { quote } => self.grow(quote)?,
            }
        }
    }

    /// Numbers a record that takes so many lines.
    #[inline]
    fn count(&mut self, record: &mut Record, lines: u64) {
        self.records += 1;
        record.number = self.records;
        record.line = Some(self.lines + 1);
        self.lines += lines;
    }

    #[inline]
    fn checked(&self, record: &mut Record) -> Result<(), TableError> {
        if record.len() > self.limits.columns {
            return Err(self.too_wide(record.len()));
        }
        record.mark_long_cells(self.limits.cell_bytes);
        Ok(())
    }

    fn too_wide(&self, cells: usize) -> TableError {
        let message = format!("the row has {cells} cells; a row may have {}", self.limits.columns);
        self.error(ErrorKind::LimitExceeded, self.lines, message)
    }

    /// Makes room for a record that goes beyond the window, within the limit, and reads on.
    fn grow(&mut self, quote: Option<u64>) -> Result<(), TableError> {
        if self.window.bytes().len() > self.limits.record_bytes {
            let most = self.limits.record_bytes;
            if let Some(quote) = quote {
                return Err(self.unclosed(quote, &format!("is not closed within {most} bytes")));
            }
            let message = format!("the row is longer than {most} bytes; is this a table?");
            return Err(self.error(ErrorKind::LimitExceeded, self.lines + 1, message));
        }
        self.window.grow().map_err(|error| read_error(&self.origin, "the file", &error))
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
