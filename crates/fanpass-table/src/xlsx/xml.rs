//! XML events of a part, each bounded in size and the whole bounded in depth.

use std::{
    borrow::Cow,
    io::{BufReader, Read},
};

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};

use crate::{
    ErrorKind, TableError,
    metered::{Stepped, read_error},
    origin::Origin,
};

/// Far deeper than any part nests.
const DEPTH: usize = 64;

pub(crate) struct Xml<R> {
    reader: Reader<Stepped<BufReader<R>>>,
    buffer: Vec<u8>,
    depth: usize,
    origin: Origin,
}

impl<R: Read> Xml<R> {
    /// Reads a part of which no single tag or text is longer than `most` bytes.
    pub(crate) fn new(part: R, most: usize, origin: &Origin) -> Self {
        let mut reader = Reader::from_reader(Stepped::new(BufReader::with_capacity(64 << 10, part), most));
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), depth: 0, origin: origin.clone() }
    }

    /// The next event; [`Event::Eof`] at the end.
    pub(crate) fn next(&mut self) -> Result<Event<'_>, TableError> {
        self.buffer.clear();
        self.reader.get_mut().grant();
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(quick_xml::Error::Io(error)) => return Err(read_error(&self.origin, "the workbook", &error)),
            Err(error) => return Err(malformed(&self.origin, &error.to_string())),
        };
        match event {
            Event::Start(_) if self.depth == DEPTH => {
                return Err(malformed(&self.origin, "its parts nest too deep"));
            }
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        Ok(event)
    }

    /// Appends the text of the element that was just started, up to and with its end.
    pub(crate) fn text_into(&mut self, text: &mut String) -> Result<(), TableError> {
        let outside = self.depth.saturating_sub(1);
        let origin = self.origin.clone();
        while self.depth > outside {
            match self.next()? {
                Event::Text(part) => text.push_str(&part.xml10_content()),
                Event::CData(part) => text.push_str(&part.xml10_content()),
                Event::GeneralRef(reference) => text.push_str(&resolved(&reference, &origin)?),
                Event::Eof => return Err(malformed(&origin, "it ends in the middle")),
                _ => {}
            }
        }
        Ok(())
    }

    /// Passes over the element that was just started.
    pub(crate) fn skip(&mut self) -> Result<(), TableError> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            if matches!(self.next()?, Event::Eof) {
                return Err(malformed(&self.origin, "it ends in the middle"));
            }
        }
        Ok(())
    }

    /// Appends the text of a rich string (`si` or `is`), phonetic hints left out.
    pub(crate) fn rich_text_into(&mut self, text: &mut String) -> Result<(), TableError> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            let (is_text, is_phonetic) = match self.next()? {
                Event::Start(start) => (is(&start, "t"), is(&start, "rPh")),
                Event::Eof => return Err(malformed(&self.origin, "it ends in the middle")),
                _ => continue,
            };
            if is_phonetic {
                self.skip()?;
            } else if is_text {
                let start = text.len();
                self.text_into(text)?;
                unescape(text, start);
            }
        }
        Ok(())
    }
}

pub(crate) fn is(start: &BytesStart<'_>, name: &str) -> bool {
    start.local_name().as_ref() == name
}

/// The value of an attribute, its namespace prefix left aside.
pub(crate) fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found =
        start.attributes().with_checks(false).flatten().find(|one| one.key.local_name().as_ref() == name)?;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(Cow::into_owned)
}

pub(crate) fn malformed(origin: &Origin, what: &str) -> TableError {
    let message =
        format!("the workbook is damaged ({what}); open it in the spreadsheet program and save it again");
    TableError::new(ErrorKind::Malformed, origin, message)
}

fn resolved(reference: &BytesRef<'_>, origin: &Origin) -> Result<String, TableError> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Ok(character.to_string());
    }
    let known = resolve_predefined_entity(reference).map(str::to_owned);
    known.ok_or_else(|| malformed(origin, "an unknown entity"))
}

/// Resolves `_xHHHH_`, by which a workbook writes characters that XML cannot hold (ECMA-376 part 1, 22.9.2.19).
pub(crate) fn unescape(text: &mut String, start: usize) {
    let Some(escaped) = text.get(start..).filter(|escaped| escaped.contains("_x")) else { return };
    let mut plain = String::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some(at) = rest.find("_x") {
        let digits = rest.get(at + 2..at + 6).filter(|_| rest.get(at + 6..at + 7) == Some("_"));
        let code = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let character = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        let used = if let Some(character) = character {
            plain.push_str(&rest[..at]);
            plain.push(character);
            at + 7
        } else {
            plain.push_str(&rest[..at + 2]);
            at + 2
        };
        rest = &rest[used..];
    }
    plain.push_str(rest);
    text.truncate(start);
    text.push_str(&plain);
}
