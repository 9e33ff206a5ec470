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

/// UTF-16 by its byte order mark, or without one by its zero bytes: in Western text every other byte is zero.
pub(crate) fn utf16(head: &[u8]) -> Option<Encoding> {
    if let Some(marked) = mark(head) {
        return Some(marked).filter(|encoding| *encoding != Encoding::Utf8);
    }
    let (pairs, _) = head.as_chunks::<2>();
    let zeros = |of: usize| pairs.iter().filter(|pair| pair[of] == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    match pairs.len() {
        0 => None,
        all if even == 0 && odd * 2 > all => Some(Encoding::Utf16Le),
        all if odd == 0 && even * 2 > all => Some(Encoding::Utf16Be),
        _ => None,
    }
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
