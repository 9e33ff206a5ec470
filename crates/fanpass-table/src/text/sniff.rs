//! What the first bytes of a text file say of its encoding, line ends and delimiter.

use memchr::memchr;

use super::split::{Cells, Dialect, Split, split};
use crate::{Encoding, ErrorKind, TableError, origin::Origin};

/// Bytes that are looked at.
pub(crate) const HEAD_BYTES: usize = 64 << 10;

/// Records that are looked at for the delimiter.
const RECORDS: usize = 100;

const DELIMITERS: [u8; 4] = *b",;\t|";

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
    match line.trim_ascii_end() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] => Some((*delimiter, line.len())),
        // A tab is white space to `trim_ascii_end`.
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'='] if line.get(4) == Some(&b'\t') => {
            Some((b'\t', line.len()))
        }
        _ => None,
    }
}

/// The delimiter of the first row that gives most of the following rows as many cells as that row has.
///
/// A byte that is not in the first row (outside quotes) is no delimiter, and one by which quotes of the first row stand
/// where none may is only taken for want of another: it is text inside a quoted cell. Without any, the file has one
/// column.
pub(crate) fn delimiter(head: &[u8], whole: bool, terminator: u8, origin: &Origin) -> Result<u8, TableError> {
    let mut fits: Vec<_> = DELIMITERS
        .into_iter()
        .filter_map(|delimiter| {
            fit(head, whole, Dialect { delimiter, terminator }).map(|fit| (fit, delimiter))
        })
        .collect();
    fits.sort_unstable();
    match fits.as_slice() {
        [] => Ok(b','),
        [.., (below, one), (best, other)] if below == best => {
            let message = format!(
                "the cells may be separated by {:?} or by {:?}: state the delimiter",
                char::from(*one),
                char::from(*other)
            );
            Err(TableError::new(ErrorKind::AmbiguousDelimiter, origin, message))
        }
        [.., (_, delimiter)] => Ok(*delimiter),
    }
}

/// How well a delimiter fits; the greater, the better.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    /// The quotes of the first row stand where they may.
    is_quoted_well: bool,
    /// Sound rows that have as many cells as the first.
    rows: usize,
    /// How many cells those are.
    width: usize,
}

/// `None` if the first row has one cell.
fn fit(head: &[u8], whole: bool, dialect: Dialect) -> Option<Fit> {
    let mut cells = Cells::default();
    let mut rest = head;
    let mut found = Fit { is_quoted_well: true, rows: 0, width: 0 };
    for _ in 0..RECORDS {
        cells.bytes.clear();
        cells.ends.clear();
        let fault = match split(rest, whole, dialect, &mut cells) {
            Split::Record { consumed, fault, .. } => {
                rest = &rest[consumed..];
                fault
            }
            Split::Incomplete { .. } | Split::Runaway { .. } => break,
        };
        if cells.bytes.trim_ascii().is_empty() {
            if rest.is_empty() {
                break;
            }
            continue;
        }
        if found.width == 0 {
            found.width = cells.ends.len();
            found.is_quoted_well = fault.is_none();
        }
        found.rows += usize::from(fault.is_none() && cells.ends.len() == found.width);
    }
    (found.width > 1).then_some(found)
}
