//! JSONL: one JSON object (RFC 8259) a line, its members the cells of a row.

mod keys;
mod object;

use std::io::{BufRead, BufReader, Cursor, Read, Take};

use self::{
    keys::{Keys, names_of},
    object::Slots,
};
use crate::{
    ErrorKind, Limits, Options, TableError, code,
    metered::read_error,
    origin::Origin,
    record::{Fault, Record},
    text::without_marks,
};

pub(crate) use self::object::is_unfinished;

/// Bytes of the file's beginning whose objects name the columns.
const HEAD_BYTES: u64 = 1 << 20;

const BUFFER_BYTES: usize = 256 << 10;

/// A file of JSON lines that is being read.
pub(crate) struct Lines {
    input: BufReader<Take<Box<dyn Read + Send>>>,
    line: Vec<u8>,
    keys: Keys,
    /// Whether the file goes on behind the beginning that was looked at.
    goes_on: bool,
    slots: Slots,
    /// Lines read so far.
    count: u64,
    limits: Limits,
    origin: Origin,
}

impl Lines {
    /// Reads the file's beginning and takes the columns' names from it.
    pub(crate) fn open(
        mut file: Box<dyn Read + Send>,
        options: &Options,
        origin: &Origin,
    ) -> Result<Self, TableError> {
        let limits = options.limits.clone();
        let mut head = Vec::new();
        let read = file.by_ref().take(HEAD_BYTES).read_to_end(&mut head);
        read.map_err(|error| read_error(origin, "the file", &error))?;
        let names = names_of(&head, limits.columns).map_err(|most| {
            let message = format!("its first objects have more than {most} keys; is this a table?");
            TableError::new(ErrorKind::LimitExceeded, origin, message)
        })?;
        let goes_on = u64::try_from(head.len()).is_ok_and(|length| length == HEAD_BYTES);
        let input: Box<dyn Read + Send> = Box::new(Cursor::new(head).chain(file));
        Ok(Self {
            input: BufReader::with_capacity(BUFFER_BYTES, input.take(limits.text_bytes.saturating_add(1))),
            line: Vec::new(),
            slots: Slots::default(),
            keys: Keys::new(names),
            goes_on,
            count: 0,
            limits,
            origin: origin.clone(),
        })
    }

    /// The names of the columns.
    pub(crate) fn names(&self) -> Vec<String> {
        self.keys.names()
    }

    /// Whether keys may follow that are no columns.
    pub(crate) fn goes_on(&self) -> bool {
        self.goes_on
    }

    /// Reads the next line that is not blank; `false` at the end of the file.
    pub(crate) fn read(&mut self, record: &mut Record) -> Result<bool, TableError> {
        while self.next_line()? {
            let line = without_marks(&self.line);
            if line.trim_ascii().is_empty() {
                continue;
            }
            record.clear();
            record.number = self.count;
            record.line = Some(self.count);
            if let Ok(line) = std::str::from_utf8(line) {
                if let Err(fault) = self.slots.fill(line, &mut self.keys, record) {
                    whole(line, fault, record);
                }
            } else {
                let message = "the line is not UTF-8, in which JSON is written; export it again";
                let fault = Fault::new(code::UNDECODABLE, message);
                whole(&String::from_utf8_lossy(line), fault, record);
            }
            if !record.is_blank() {
                record.mark_long_cells(self.limits.cell_bytes);
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn next_line(&mut self) -> Result<bool, TableError> {
        self.line.clear();
        let most = u64::try_from(self.limits.record_bytes).unwrap_or(u64::MAX).saturating_add(1);
        let read = self.input.by_ref().take(most).read_until(b'\n', &mut self.line);
        read.map_err(|error| read_error(&self.origin, "the file", &error))?;
        if self.input.get_ref().limit() == 0 && self.input.buffer().is_empty() {
            let message = format!("the file is larger than {} bytes", self.limits.text_bytes);
            return Err(TableError::new(ErrorKind::LimitExceeded, &self.origin, message));
        }
        self.count += 1;
        if self.line.len() > self.limits.record_bytes {
            let message = format!("the line is longer than {} bytes", self.limits.record_bytes);
            let place = self.origin.locate(self.count, Some(self.count), None);
            return Err(TableError::new(ErrorKind::LimitExceeded, place, message));
        }
        Ok(!self.line.is_empty())
    }
}

/// A line that gives no cells: it stands whole in the first, to be mended.
fn whole(line: &str, fault: Fault, record: &mut Record) {
    let number = (record.number, record.line);
    record.clear();
    (record.number, record.line) = number;
    record.text.push_str(line.trim_end_matches(['\r', '\n']));
    record.end_cell();
    record.faults.push((None, fault));
}
