//! What the first bytes of a text file say of its encoding and line ends.

use memchr::memchr;

use crate::Encoding;

/// Bytes that are looked at.
pub(crate) const HEAD_BYTES: usize = 64 << 10;

/// What a byte order mark says.
pub(super) fn mark(head: &[u8]) -> Option<Encoding> {
    match head {
        [0xEF, 0xBB, 0xBF, ..] => Some(Encoding::Utf8),
        [0xFF, 0xFE, ..] => Some(Encoding::Utf16Le),
        [0xFE, 0xFF, ..] => Some(Encoding::Utf16Be),
        _ => None,
    }
}

/// The byte order mark of UTF-8, which UTF-16's becomes too once it is decoded.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// A line without the marks it begins with: one is in front of each of the files that were put together.
#[inline]
pub(crate) fn without_marks(mut line: &[u8]) -> &[u8] {
    while let Some(rest) = line.strip_prefix(MARK) {
        line = rest;
    }
    line
}

/// UTF-16 by its byte order mark; without one by the zero bytes with most of its line ends, or, where it has none, with most
/// of its characters.
pub(crate) fn utf16(head: &[u8]) -> Option<Encoding> {
    if let Some(marked) = mark(head) {
        return Some(marked).filter(|encoding| *encoding != Encoding::Utf8);
    }
    let (pairs, _) = head.as_chunks::<2>();
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let ends = head.iter().filter(|byte| is_end(byte)).count();
    let all = if ends > 0 { ends } else { pairs.len() };
    // Where the zero of a character stands, and the character.
    [(1, 0, Encoding::Utf16Le), (0, 1, Encoding::Utf16Be)].into_iter().find_map(|(zero, other, encoding)| {
        let is_counted = |pair: &&[u8; 2]| pair[zero] == 0 && (ends == 0 || is_end(&pair[other]));
        let is_read = || is_text(pairs.iter().map(|pair| u16::from_le_bytes([pair[other], pair[zero]])));
        (pairs.iter().filter(is_counted).count() * 2 > all && is_read()).then_some(encoding)
    })
}

/// Whether units of UTF-16 hold no zero and, but for a half at the end, whole characters.
fn is_text(units: impl Iterator<Item = u16>) -> bool {
    let mut units = char::decode_utf16(units).peekable();
    while let Some(unit) = units.next() {
        match unit {
            Ok('\0') => return false,
            Err(_) if units.peek().is_some() => return false,
            _ => {}
        }
    }
    true
}

/// Line feed, unless the file's beginning holds carriage returns only.
pub(crate) fn terminator(head: &[u8]) -> u8 {
    if memchr(b'\n', head).is_none() && memchr(b'\r', head).is_some() { b'\r' } else { b'\n' }
}

/// The delimiter named by a first line `sep=;`, as spreadsheets write and read it, with that line's length.
pub(crate) fn stated_separator(head: &[u8]) -> Option<(u8, usize)> {
    let line = &head[..=memchr(b'\n', head)?];
    let stated = line.trim_ascii_end();
    // A program that has taken it for a row may have put it in quotes.
    let quoted = stated.strip_prefix(b"\"").and_then(|stated| stated.strip_suffix(b"\""));
    match quoted.unwrap_or(stated) {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] => Some((*delimiter, line.len())),
        // A tab is white space to `trim_ascii_end`.
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'='] if line.get(4) == Some(&b'\t') => {
            Some((b'\t', line.len()))
        }
        _ => None,
    }
}
