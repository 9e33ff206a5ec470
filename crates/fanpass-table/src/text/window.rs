//! The part of a file that is in memory, and what is known of its bytes as a whole, so that no record has to ask again.

use std::{
    io::{self, ErrorKind::Interrupted, Read, Take},
    sync::Arc,
};

use memchr::memchr;

use super::{HEAD_BYTES, marks::Marks, sniff::without_marks, split::Dialect};
use crate::{metered::reached, record::Record};

/// The beginning that is looked at has to fit; little more stays in a processor's cache.
const BUFFER_BYTES: usize = HEAD_BYTES;

/// Bytes that were read from a file and are not yet used.
pub(crate) struct Window {
    input: Take<Box<dyn Read + Send>>,
    /// Bytes of the file that may be read.
    most: u64,
    buffer: Vec<u8>,
    /// The part of `buffer` that is read from the file and not yet used.
    start: usize,
    end: usize,
    /// A copy of `buffer` up to `end`, or up to what is not UTF-8. Records share it.
    text: Arc<String>,
    /// What ends cells and lines in `text`, as far as they are plain.
    marks: Marks,
    is_marked: bool,
    is_last: bool,
    is_ascii: bool,
}

impl Window {
    /// On a file of which `most` bytes may be read. Nothing is read yet.
    pub(crate) fn new(input: Box<dyn Read + Send>, most: u64) -> Self {
        Self {
            input: input.take(most.saturating_add(1)),
            most,
            buffer: vec![0; BUFFER_BYTES],
            start: 0,
            end: 0,
            text: Arc::default(),
            marks: Marks::default(),
            is_marked: false,
            is_last: false,
            is_ascii: true,
        }
    }

    /// All of it.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Finds the line at the beginning, if it is whole, UTF-8 and plain, with quotes at most around cells: puts the ends of
    /// its cells into `ends` and returns its length without and with what ends it.
    #[inline]
    pub(crate) fn line(&mut self, dialect: Dialect, ends: &mut Vec<usize>) -> Option<(usize, usize)> {
        let text = self.text.as_bytes();
        if self.start >= text.len() {
            return None;
        }
        if !self.is_marked {
            self.marks.find(text, self.start, text.len(), dialect);
            self.is_marked = true;
        }
        self.marks.line(text, self.start, dialect, ends)
    }

    /// The beginning as text, if it is UTF-8.
    #[inline]
    pub(crate) fn text(&self, length: usize) -> &str {
        self.text.get(self.start..self.start + length).unwrap_or("")
    }

    /// Lets a record take its cells from the beginning.
    #[inline]
    pub(crate) fn share(&self, record: &mut Record) {
        record.share(&self.text, self.start);
    }

    /// Nothing follows in the file.
    pub(crate) fn is_last(&self) -> bool {
        self.is_last
    }

    /// Everything read so far is ASCII.
    #[inline]
    pub(crate) fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// Leaves behind the line that was found.
    #[inline]
    pub(crate) fn skip_line(&mut self, bytes: usize) {
        self.start += bytes;
    }

    /// Leaves byte order marks at the beginning behind, and says whether there were any. What ends cells stands where it stood.
    #[inline]
    pub(crate) fn drop_marks(&mut self) -> bool {
        if self.is_ascii {
            return false;
        }
        let marked = self.bytes();
        let bytes = marked.len() - without_marks(marked).len();
        self.start += bytes;
        bytes > 0
    }

    /// Leaves the first bytes behind, whatever they are.
    pub(crate) fn skip(&mut self, bytes: usize) {
        self.start += bytes;
        self.is_marked = false;
    }

    /// Leaves the first lines behind, however long they are.
    pub(crate) fn skip_lines(&mut self, lines: u32, terminator: u8) -> io::Result<()> {
        for _ in 0..lines {
            loop {
                let end = memchr(terminator, self.bytes());
                self.skip(end.map_or(self.end - self.start, |end| end + 1));
                if end.is_some() || self.is_last {
                    break;
                }
                self.grow()?;
            }
        }
        self.fill_head()
    }

    /// Makes room behind the bytes that are held, and reads on.
    pub(crate) fn grow(&mut self) -> io::Result<()> {
        self.move_to_front();
        if self.end * 2 > self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        self.fill()
    }

    fn move_to_front(&mut self) {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        Arc::make_mut(&mut self.text).clear();
    }

    /// Reads on until all that is looked at is held.
    pub(crate) fn fill_head(&mut self) -> io::Result<()> {
        if !self.is_last && self.start > 0 {
            self.move_to_front();
        }
        while !self.is_last && self.end < HEAD_BYTES {
            self.fill()?;
        }
        Ok(())
    }

    /// Reads on behind the bytes that are held.
    fn fill(&mut self) -> io::Result<()> {
        let read = loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == Interrupted => {}
                read => break read?,
            }
        };
        if read == 0 && self.input.limit() == 0 {
            return Err(reached(format!("the file is larger than {} bytes", self.most)));
        }
        self.is_last = read == 0;
        self.is_ascii &= self.buffer[self.end..self.end + read].is_ascii();
        self.end += read;
        let text = Arc::make_mut(&mut self.text);
        text.push_str(valid(&self.buffer[text.len()..self.end]));
        self.is_marked = false;
        Ok(())
    }
}

/// The beginning of `bytes`, as far as it is UTF-8.
fn valid(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes)
        .unwrap_or_else(|error| std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default())
}
