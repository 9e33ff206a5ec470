//! The records of the workbook stream ([MS-XLS] 2.1.4): a kind, a length, data.

use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
};

use super::{Compound, malformed};
use crate::{
    TableError,
    metered::{Metered, read_error},
    origin::Origin,
    strings::Strings,
};

pub(super) const CONTINUE: u16 = 0x003C;
pub(super) const BOF: u16 = 0x0809;
pub(super) const EOF: u16 = 0x000A;

type Stream = cfb::Stream<Metered<BufReader<File>>>;

/// Records one after the other; the data of the one at hand is in a buffer that is reused.
pub(super) struct Records {
    stream: BufReader<Stream>,
    /// The stream reads only as long as the file it is in lives.
    _compound: Compound,
    kind: u16,
    data: Vec<u8>,
    /// The header of the record that follows, if it was looked at.
    ahead: Option<(u16, u16)>,
    pub(super) origin: Origin,
}

impl Records {
    pub(super) fn new(mut compound: Compound, origin: &Origin) -> Result<Self, TableError> {
        let stream = compound.open_stream("/Workbook");
        let stream = stream.map_err(|error| read_error(origin, "the workbook", &error))?;
        let stream = BufReader::with_capacity(64 << 10, stream);
        Ok(Self {
            stream,
            _compound: compound,
            kind: 0,
            data: Vec::new(),
            ahead: None,
            origin: origin.clone(),
        })
    }

    pub(super) fn seek(&mut self, to: u64) -> Result<(), TableError> {
        self.ahead = None;
        self.stream.seek(SeekFrom::Start(to)).map(|_| ()).map_err(|error| self.broken(&error))
    }

    /// Reads the next record and returns its kind.
    pub(super) fn next(&mut self) -> Result<u16, TableError> {
        let (kind, length) = self.header()?;
        self.ahead = None;
        self.kind = kind;
        self.data.resize(usize::from(length), 0);
        self.stream
            .read_exact(&mut self.data)
            .map_err(|error| read_error(&self.origin, "the workbook", &error))?;
        Ok(kind)
    }

    /// Reads the next record if it continues the one at hand.
    pub(super) fn next_continues(&mut self) -> Result<bool, TableError> {
        if self.header()?.0 != CONTINUE {
            return Ok(false);
        }
        self.next().map(|_| true)
    }

    fn header(&mut self) -> Result<(u16, u16), TableError> {
        if let Some(ahead) = self.ahead {
            return Ok(ahead);
        }
        let mut header = [0; 4];
        self.stream.read_exact(&mut header).map_err(|error| self.broken(&error))?;
        let header = (u16::from_le_bytes([header[0], header[1]]), u16::from_le_bytes([header[2], header[3]]));
        self.ahead = Some(header);
        Ok(header)
    }

    pub(super) fn data(&self) -> &[u8] {
        &self.data
    }

    pub(super) fn byte(&self, at: usize) -> Result<u8, TableError> {
        self.data.get(at).copied().ok_or_else(|| self.short())
    }

    pub(super) fn word(&self, at: usize) -> Result<u16, TableError> {
        self.array(at).map(u16::from_le_bytes)
    }

    pub(super) fn double_word(&self, at: usize) -> Result<u32, TableError> {
        self.array(at).map(u32::from_le_bytes)
    }

    pub(super) fn float(&self, at: usize) -> Result<f64, TableError> {
        self.array(at).map(f64::from_le_bytes)
    }

    fn array<const N: usize>(&self, at: usize) -> Result<[u8; N], TableError> {
        let bytes = self.data.get(at..).and_then(|rest| rest.first_chunk());
        bytes.copied().ok_or_else(|| self.short())
    }

    pub(super) fn short(&self) -> TableError {
        malformed(&self.origin, &format!("record {:#06x} is too short", self.kind))
    }

    pub(super) fn broken(&self, error: &std::io::Error) -> TableError {
        read_error(&self.origin, "the workbook", error)
    }
}

/// Characters of a string, which can go on in `CONTINUE` records: each begins with a byte that says anew
/// whether its characters take one byte or two ([MS-XLS] 2.5.293).
pub(super) struct Characters<'a> {
    records: &'a mut Records,
    at: usize,
}

impl<'a> Characters<'a> {
    pub(super) fn new(records: &'a mut Records, at: usize) -> Self {
        Self { records, at }
    }

    /// Goes on to the next record if this one is used up.
    fn refill(&mut self) -> Result<bool, TableError> {
        if self.at < self.records.data().len() {
            return Ok(false);
        }
        if !self.records.next_continues()? {
            return Err(self.records.short());
        }
        self.at = 0;
        Ok(true)
    }

    /// A string with a count of two bytes, its formatting left out, is appended to `text`.
    pub(super) fn string(&mut self, text: &mut String) -> Result<(), TableError> {
        self.refill()?;
        let (count, flags) = (self.records.word(self.at)?, self.records.byte(self.at + 2)?);
        self.at += 3;
        let mut extra = 0_usize;
        if flags & 0x08 != 0 {
            extra += usize::from(self.records.word(self.at)?) * 4;
            self.at += 2;
        }
        if flags & 0x04 != 0 {
            let bytes = self.records.double_word(self.at)?;
            extra = extra.saturating_add(usize::try_from(bytes).unwrap_or(usize::MAX));
            self.at += 4;
        }
        self.units(usize::from(count), flags & 1 != 0, text)?;
        self.pass(extra)
    }

    /// Ends the shared string under way.
    pub(super) fn end(&self, strings: &mut Strings) -> Result<(), TableError> {
        strings.end().map_err(|error| self.records.broken(&error))
    }

    fn units(&mut self, count: usize, wide: bool, text: &mut String) -> Result<(), TableError> {
        let mut wide = wide;
        let mut units: Vec<u16> = Vec::with_capacity(count);
        while units.len() < count {
            if self.refill()? {
                wide = self.records.byte(0)? & 1 != 0;
                self.at = 1;
            }
            let rest = self.records.data().get(self.at..).unwrap_or_default();
            let wanted = count - units.len();
            let before = units.len();
            if wide {
                let (pairs, _) = rest.as_chunks::<2>();
                units.extend(pairs.iter().take(wanted).map(|pair| u16::from_le_bytes(*pair)));
                self.at += (units.len() - before) * 2;
            } else {
                units.extend(rest.iter().take(wanted).map(|&byte| u16::from(byte)));
                self.at += units.len() - before;
            }
            if units.len() == before {
                return Err(self.records.short());
            }
        }
        text.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
        Ok(())
    }

    fn pass(&mut self, bytes: usize) -> Result<(), TableError> {
        let mut left = bytes;
        while left > 0 {
            self.refill()?;
            let here = left.min(self.records.data().len() - self.at);
            self.at += here;
            left -= here;
        }
        Ok(())
    }
}
