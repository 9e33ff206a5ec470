//! Bytes of a record to text, with the encoding decided by the first bytes that are not ASCII.

use encoding_rs::WINDOWS_1252;

use super::split::Cells;
use crate::{
    Encoding, code,
    record::{Fault, Record},
};

/// Decides between UTF-8 and Windows-1252 as the file goes by, and never changes its mind.
///
/// All is ASCII, which both share, until the first record that is not; that record decides. A later record
/// that speaks for the other encoding shows that the file mixes them: its cells are refused, never guessed.
pub(crate) struct Decoder {
    decided: Option<Encoding>,
    stated: bool,
}

impl Decoder {
    pub(crate) fn new(stated: Option<Encoding>) -> Self {
        Self { decided: stated, stated: stated.is_some() }
    }

    pub(crate) fn saw_utf8_mark(&mut self) {
        self.decided.get_or_insert(Encoding::Utf8);
    }

    pub(crate) fn encoding(&self) -> Encoding {
        self.decided.unwrap_or(Encoding::Utf8)
    }

    pub(crate) fn is_guessed(&self) -> bool {
        !self.stated && self.decided == Some(Encoding::Windows1252)
    }

    /// Moves the cells into `record` as text; `is_ascii` says that nothing else was read so far.
    pub(crate) fn decode(&mut self, cells: &mut Cells, is_ascii: bool, record: &mut Record) {
        std::mem::swap(&mut record.ends, &mut cells.ends);
        record.is_raw = cells.is_raw;
        // The memory of one serves the other.
        cells.bytes = match String::from_utf8(std::mem::take(&mut cells.bytes)) {
            Ok(text) if is_ascii || self.takes_utf8(&text) => {
                std::mem::replace(&mut record.text, text).into_bytes()
            }
            Ok(text) => {
                self.each(text.as_bytes(), record);
                text.into_bytes()
            }
            Err(error) => {
                self.decided.get_or_insert(Encoding::Windows1252);
                self.each(error.as_bytes(), record);
                error.into_bytes()
            }
        };
    }

    /// Whether valid UTF-8 is taken as such; the first text that is not ASCII decides if nothing has yet.
    pub(crate) fn takes_utf8(&mut self, text: &str) -> bool {
        match self.decided {
            Some(Encoding::Utf8) => true,
            _ if text.is_ascii() => true,
            Some(_) => false,
            None => {
                self.decided = Some(Encoding::Utf8);
                true
            }
        }
    }

    /// Decodes cell by cell, so that only those that are not sound are refused.
    pub(crate) fn each(&self, bytes: &[u8], record: &mut Record) {
        let is_raw = std::mem::take(&mut record.is_raw);
        let mut start = 0;
        for column in 0..record.len() {
            let end = record.ends[column];
            let cell = match &bytes[start..end] {
                [b'"', quoted @ .., b'"'] if is_raw => quoted,
                cell => cell,
            };
            start = end + usize::from(is_raw);
            let sound = match self.encoding() {
                Encoding::Windows1252 => windows_1252(cell, self.stated, &mut record.text),
                encoding => utf8(cell, encoding, &mut record.text),
            };
            record.ends[column] = record.text.len();
            if !sound {
                record.faults.push((Some(column), Fault::new(code::UNDECODABLE, message(self.encoding()))));
            }
        }
    }
}

fn utf8(cell: &[u8], decided: Encoding, text: &mut String) -> bool {
    let shown = String::from_utf8_lossy(cell);
    text.push_str(&shown);
    match decided {
        // The transcoder has put the replacement character where a surrogate stood alone.
        Encoding::Utf16Le | Encoding::Utf16Be => !shown.contains('\u{FFFD}'),
        _ => matches!(shown, std::borrow::Cow::Borrowed(_)),
    }
}

/// Five bytes stand for nothing in Windows-1252, and a cell that is valid UTF-8 beyond ASCII belies a guess.
fn windows_1252(cell: &[u8], stated: bool, text: &mut String) -> bool {
    let as_utf8 = std::str::from_utf8(cell);
    if let Ok(ascii) = as_utf8
        && ascii.is_ascii()
    {
        text.push_str(ascii);
        return true;
    }
    let (shown, _) = WINDOWS_1252.decode_without_bom_handling(cell);
    text.push_str(&shown);
    let undefined = cell.iter().any(|byte| [0x81, 0x8D, 0x8F, 0x90, 0x9D].contains(byte));
    let belied = !stated && as_utf8.is_ok();
    !undefined && !belied
}

fn message(decided: Encoding) -> String {
    let name = decided.as_str();
    format!(
        "the cell is not text in {name}, the encoding of the rows before; state the encoding or mend the file"
    )
}
