//! What a file is, by its content; its name is only a hint for the message.

use memchr::{memchr, memchr_iter};

use crate::{
    Accepted, Encoding, ErrorKind, Options, TableError, jsonl,
    origin::Origin,
    packed::Packing,
    text::{utf16, without_marks},
};

/// Bytes of the file's beginning that are looked at.
pub(crate) const HEAD_BYTES: u64 = 4096;

/// A container that must be opened to know the format, or the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    /// A ZIP, which may be an XLSX.
    Zip,
    /// A compound file: an XLS, or an encrypted XLSX.
    Compound,
    Packed(Packing),
    Parquet,
    Jsonl,
    Text,
}

/// Content that people name `.csv` or `.xls` and that is none, with what to do.
const FOREIGN: [(&[u8], &str); 8] = [
    (b"\xFF\xFE\0\0", "text in UTF-32; save it as UTF-8"),
    (b"\0\0\xFE\xFF", "text in UTF-32; save it as UTF-8"),
    (b"%PDF", "a PDF; export the table as CSV"),
    (b"BZh", "bzip2-compressed; unpack it first"),
    (b"\xFD7zXZ\0", "xz-compressed; unpack it first"),
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive; pack it as ZIP"),
    (b"Rar!", "a RAR archive; pack it as ZIP"),
    (b"{\\rtf", "a text document; export the table as CSV"),
];

/// Tells what the file is from its beginning; `options` state the encoding of the text that it is said to be.
pub(crate) fn container(head: &[u8], options: &Options, origin: &Origin) -> Result<Container, TableError> {
    let refuse = |what: &str| {
        let message = format!("is {what} (a {} is wanted)", options.accepted.wanted());
        Err(TableError::new(ErrorKind::UnsupportedFormat, origin, message))
    };
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(Container::Zip);
    }
    if head.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Ok(Container::Compound);
    }
    let takes_all = options.accepted == Accepted::All;
    match packing(head) {
        Some(packing) if takes_all => return Ok(Container::Packed(packing)),
        Some(Packing::Gzip) => return refuse("gzip-compressed; unpack it first"),
        Some(Packing::Zstd) => return refuse("zstd-compressed; unpack it first"),
        None => {}
    }
    if is_parquet(head) {
        return if takes_all { Ok(Container::Parquet) } else { refuse("Parquet; export it as CSV") };
    }
    if let Some((_, what)) = FOREIGN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return refuse(what);
    }
    let text = without_marks(head).trim_ascii_start();
    let starts =
        |with: &str| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()));
    if ["<?xml", "<!doctype", "<html", "<table", "<meta"].into_iter().any(starts) {
        return refuse("a web page or XML, whatever its name says; save it as XLSX or CSV");
    }
    let is_utf16 =
        matches!(options.encoding, Some(Encoding::Utf16Le | Encoding::Utf16Be)) || utf16(head).is_some();
    match json(text) {
        Some(Json::Lines) if takes_all => return Ok(Container::Jsonl),
        Some(_) if !takes_all => return refuse("JSON; export it as CSV"),
        Some(_) => {
            return refuse(
                "a JSON document; write one object a line, as `jq -c '.[]'` does of an array, or export it as CSV",
            );
        }
        None if is_utf16 && json(&without_zeros(head)).is_some() => {
            return refuse("JSON in UTF-16; save it as UTF-8, one object a line");
        }
        None => {}
    }
    if let Some(at) = memchr(0, head).filter(|_| !is_utf16) {
        let line = memchr_iter(b'\n', &head[..at]).count() + 1;
        return refuse(&format!(
            "binary, not text: byte {} is zero, on line {line}; if it is text in UTF-16, state utf-16le or utf-16be as its \
             encoding, or save it as UTF-8",
            at + 1
        ));
    }
    Ok(Container::Text)
}

/// A gzip by its magic bytes and only method; a zstd by those of a frame or of one that may be skipped.
fn packing(head: &[u8]) -> Option<Packing> {
    match head {
        [0x1F, 0x8B, ..] => Some(Packing::Gzip),
        [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Some(Packing::Zstd),
        _ => None,
    }
}

/// A Parquet file by its magic bytes and what no text has behind them: in a plain one a control byte at once, in an
/// encrypted one a zero byte somewhere.
fn is_parquet(head: &[u8]) -> bool {
    let is_control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    match head {
        [b'P', b'A', b'R', b'1', behind, ..] => is_control(behind),
        [b'P', b'A', b'R', b'E', behind @ ..] => behind.contains(&0),
        _ => false,
    }
}

enum Json {
    /// One object a line.
    Lines,
    /// An array, or an object that goes on for lines.
    Document,
}

/// JSON by its first two bytes that are no white space, and whether the first line is an object by itself. A line that
/// goes beyond `text` counts as one.
fn json(text: &[u8]) -> Option<Json> {
    let (&first, rest) = text.split_first()?;
    let second = rest.trim_ascii_start().first().copied();
    match (first, second) {
        (b'[', Some(b'{')) => Some(Json::Document),
        (b'{', Some(b'"' | b'}')) => {
            let goes_on = memchr(b'\n', text).is_some_and(|end| jsonl::is_unfinished(&text[..end]));
            Some(if goes_on { Json::Document } else { Json::Lines })
        }
        _ => None,
    }
}

/// The ASCII characters of text in UTF-16.
fn without_zeros(head: &[u8]) -> Vec<u8> {
    let plain = head.iter().copied().filter(|byte| byte.is_ascii() && *byte != 0);
    plain.skip_while(u8::is_ascii_whitespace).collect()
}
