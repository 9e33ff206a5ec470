//! What a file is, by its content; its name is only a hint for the message.

use crate::{Encoding, ErrorKind, TableError, origin::Origin, text::utf16};

/// Bytes of the file's beginning that are looked at.
pub(crate) const HEAD_BYTES: u64 = 4096;

/// A container that must be opened to know the format, or the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    /// A ZIP, which may be an XLSX.
    Zip,
    /// A compound file: an XLS, or an encrypted XLSX.
    Compound,
    Text,
}

/// Content that people name `.csv` or `.xls` and that is none, with what to do.
const FOREIGN: [(&[u8], &str); 9] = [
    (b"%PDF", "a PDF; export the table as CSV"),
    (b"\x1F\x8B", "gzip-compressed; unpack it first"),
    (b"\x28\xB5\x2F\xFD", "zstd-compressed; unpack it first"),
    (b"BZh", "bzip2-compressed; unpack it first"),
    (b"\xFD7zXZ\0", "xz-compressed; unpack it first"),
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive; pack it as ZIP"),
    (b"Rar!", "a RAR archive; pack it as ZIP"),
    (b"PAR1", "Parquet; export it as CSV"),
    (b"{\\rtf", "a text document; export the table as CSV"),
];

/// Tells what the file is from its beginning; `stated` is the encoding of the text that it is said to be.
pub(crate) fn container(
    head: &[u8],
    stated: Option<Encoding>,
    origin: &Origin,
) -> Result<Container, TableError> {
    let refuse = |what: &str| {
        let message = format!("is {what} (a CSV, XLSX, XLS or ZIP is wanted)");
        Err(TableError::new(ErrorKind::UnsupportedFormat, origin, message))
    };
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(Container::Zip);
    }
    if head.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Ok(Container::Compound);
    }
    if let Some((_, what)) = FOREIGN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return refuse(what);
    }
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    let starts =
        |with: &str| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()));
    if ["<?xml", "<!doctype", "<html", "<table", "<meta"].into_iter().any(starts) {
        return refuse("a web page or XML, whatever its name says; save it as XLSX or CSV");
    }
    if starts("{\"") || starts("[{") {
        return refuse("JSON; export it as CSV");
    }
    let is_utf16 = matches!(stated, Some(Encoding::Utf16Le | Encoding::Utf16Be)) || utf16(head).is_some();
    if head.contains(&0) && !is_utf16 {
        return refuse("binary, not text");
    }
    Ok(Container::Text)
}
