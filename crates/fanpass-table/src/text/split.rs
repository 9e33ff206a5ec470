//! Splits one record of delimited text into cells (RFC 4180, quotes strict).

use memchr::{memchr, memchr2, memchr3_iter};

use crate::{code, record::Fault};

/// What stands between cells and between records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// The same as the terminator in a file of one column, in which no other byte ends a cell.
    pub(crate) delimiter: u8,
    /// Line feed, or carriage return in files that hold no line feed.
    pub(crate) terminator: u8,
}

/// How splitting ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Split {
    /// A record; `consumed` bytes of input with its terminator, `lines` of them line ends.
    Record { consumed: usize, lines: u64, fault: Option<Fault> },
    /// The input ends within the record; `quote` is the number of line ends before a quote that is open.
    Incomplete { quote: Option<u64> },
    /// A quote that was opened after `quote` line ends closes on a later line in the middle of a cell.
    Runaway { quote: u64 },
}

/// Finds the first line of `input`, of which `marks` are the delimiters and terminators outside quotes, and puts the ends of
/// its cells into `ends`. Returns its length without and with what ends it; `None` if the marks end within the line.
#[inline]
pub(crate) fn line(
    input: &[u8],
    marks: impl Iterator<Item = usize>,
    dialect: Dialect,
    ends: &mut Vec<usize>,
) -> Option<(usize, usize)> {
    for at in marks {
        if input[at] == dialect.terminator {
            let length = without_return(&input[..at], dialect).len();
            ends.push(length);
            return Some((length, at + 1));
        }
        ends.push(at);
    }
    None
}

/// Reads the first record of `input` into `cells`; `last` says that nothing follows `input`.
pub(crate) fn split(input: &[u8], last: bool, dialect: Dialect, cells: &mut Cells) -> Split {
    cells.is_raw = true;
    let mut has_quote = false;
    let marks = memchr3_iter(dialect.delimiter, dialect.terminator, b'"', input).take_while(|&at| {
        has_quote = input[at] == b'"';
        !has_quote
    });
    if let Some((length, consumed)) = line(input, marks, dialect, &mut cells.ends) {
        cells.bytes.extend_from_slice(&input[..length]);
        return Split::Record { consumed, lines: 1, fault: None };
    }
    if has_quote {
        cells.ends.clear();
        return Quoted::new(input, last, dialect).split(cells);
    }
    if !last {
        return Split::Incomplete { quote: None };
    }
    let length = without_return(input, dialect).len();
    cells.bytes.extend_from_slice(&input[..length]);
    cells.ends.push(length);
    Split::Record { consumed: input.len(), lines: 1, fault: None }
}

/// The cells of a record, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    pub(crate) bytes: Vec<u8>,
    /// Where each cell ends in `bytes`.
    pub(crate) ends: Vec<usize>,
    /// Whether the delimiters are still between the cells: they are left in where nothing else has to be taken out.
    pub(crate) is_raw: bool,
}

impl Cells {
    /// Each cell's bytes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let gap = usize::from(self.is_raw);
        let starts = std::iter::once(0).chain(self.ends.iter().map(move |end| end + gap));
        starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end])
    }
}

/// A carriage return before the line feed belongs to the line's end.
fn without_return(line: &[u8], dialect: Dialect) -> &[u8] {
    if dialect.terminator == b'\n' { line.strip_suffix(b"\r").unwrap_or(line) } else { line }
}

/// The careful way, for records that hold a quote.
struct Quoted<'a> {
    input: &'a [u8],
    last: bool,
    dialect: Dialect,
    at: usize,
    /// The first line end at or behind `at`.
    line_end: usize,
    lines: u64,
    fault: Option<Fault>,
}

impl<'a> Quoted<'a> {
    fn new(input: &'a [u8], last: bool, dialect: Dialect) -> Self {
        let line_end = memchr(dialect.terminator, input).unwrap_or(input.len());
        Self { input, last, dialect, at: 0, line_end, lines: 0, fault: None }
    }

    fn split(mut self, cells: &mut Cells) -> Split {
        let Cells { bytes, ends, is_raw } = cells;
        *is_raw = false;
        loop {
            if self.input.get(self.at) == Some(&b'"') {
                if let Err(stop) = self.quoted_cell(bytes) {
                    return stop;
                }
                let Dialect { delimiter, terminator } = self.dialect;
                if delimiter != terminator && self.input.get(self.at) == Some(&delimiter) {
                    self.at += 1;
                    ends.push(bytes.len());
                    continue;
                }
            }
            let Some(done) = self.plain_cell(bytes) else { return Split::Incomplete { quote: None } };
            ends.push(bytes.len());
            if done {
                return Split::Record { consumed: self.at, lines: self.lines, fault: self.fault };
            }
        }
    }

    /// From an opening quote to behind the closing one.
    fn quoted_cell(&mut self, bytes: &mut Vec<u8>) -> Result<(), Split> {
        let opened = self.lines;
        self.at += 1;
        loop {
            let rest = &self.input[self.at..];
            let Some(quote) = memchr(b'"', rest) else {
                return Err(Split::Incomplete { quote: Some(opened) });
            };
            bytes.extend_from_slice(&rest[..quote]);
            self.at += quote + 1;
            self.count_lines();
            match self.input.get(self.at) {
                Some(b'"') => {
                    bytes.push(b'"');
                    self.at += 1;
                }
                None if !self.last => return Err(Split::Incomplete { quote: Some(opened) }),
                next => return self.after_quote(next.copied(), opened),
            }
        }
    }

    /// Counts the line ends that were passed; most cells have none.
    fn count_lines(&mut self) {
        while self.line_end < self.at {
            self.lines += 1;
            let from = self.line_end + 1;
            let next = memchr(self.dialect.terminator, &self.input[from..]);
            self.line_end = next.map_or(self.input.len(), |next| from + next);
        }
    }

    /// Behind a closing quote only a delimiter or the end of the record may stand.
    fn after_quote(&mut self, next: Option<u8>, opened: u64) -> Result<(), Split> {
        let returned = next == Some(b'\r') && self.dialect.terminator == b'\n';
        if returned && self.at + 1 == self.input.len() && !self.last {
            return Err(Split::Incomplete { quote: None });
        }
        let ends_record = returned && self.input.get(self.at + 1).is_none_or(|&byte| byte == b'\n');
        match next {
            None => Ok(()),
            Some(byte)
                if byte == self.dialect.delimiter || byte == self.dialect.terminator || ends_record =>
            {
                Ok(())
            }
            Some(_) if self.lines > opened => Err(Split::Runaway { quote: opened }),
            Some(_) => {
                self.fault("a quoted cell goes on after its closing quote; write a quote inside it twice");
                Ok(())
            }
        }
    }

    /// Up to and with the next delimiter or terminator. Returns whether the record is done; `None` if the input
    /// ends before that is known.
    fn plain_cell(&mut self, bytes: &mut Vec<u8>) -> Option<bool> {
        let rest = &self.input[self.at..];
        let end = memchr2(self.dialect.delimiter, self.dialect.terminator, rest);
        let (cell, done) = match end {
            Some(end) => (&rest[..end], rest[end] == self.dialect.terminator),
            None if self.last => (rest, true),
            None => return None,
        };
        self.at += end.map_or(rest.len(), |end| end + 1);
        self.lines += u64::from(done);
        let cell = if done { without_return(cell, self.dialect) } else { cell };
        if cell.trim_ascii_start().first() == Some(&b'"') && self.fault.is_none() {
            self.fault("a quote stands behind a cell's leading space; take the space away");
        }
        bytes.extend_from_slice(cell);
        Some(done)
    }

    fn fault(&mut self, message: &str) {
        self.fault.get_or_insert_with(|| Fault::new(code::BAD_QUOTE, message));
    }
}
