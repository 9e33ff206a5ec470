//! Cells in the column of the ids that are none, totals and headers that came along, and ids with characters that cannot be seen.

use crate::{Table, code, columns::ID_NAMES, faults::repeated_header, member::Member, record::Fault};

/// What reports call the row that adds up others, in lower case, without spaces, `-`, `_` and `.`.
const TOTALS: [&str; 25] = [
    "celkem",
    "eindtotaal",
    "gesamt",
    "gesamtergebnis",
    "gesamtsumme",
    "grandtotal",
    "insgesamt",
    "razem",
    "soma",
    "somme",
    "soustotal",
    "subtotaal",
    "subtotal",
    "sum",
    "suma",
    "summa",
    "summe",
    "total",
    "totaal",
    "totale",
    "totalgeneral",
    "totals",
    "totalt",
    "ukupno",
    "zwischensumme",
];

/// Letters of the longest word.
const MOST: usize = 16;

impl Table {
    /// Looks for what is wrong with the id of the row at hand, where it can be: nearly all ids hold more than words, and are not the
    /// name of their column.
    #[inline]
    pub(crate) fn look_at_id(&mut self) {
        let Member { record, columns, .. } = &self.member;
        let id = record.cell(self.id_column);
        if columns.get(self.id_column).is_some_and(|name| name == id) && self.member.repeats_header() {
            self.member.record.faults.push((None, repeated_header()));
            return;
        }
        let edges = [id.as_bytes().first(), id.as_bytes().last()];
        let is_trimmed = edges.into_iter().flatten().all(u8::is_ascii_graphic);
        let is_plain = is_trimmed && words_of(id.as_bytes()).is_none() && id.is_ascii();
        if !is_plain && self.selector.is_some() {
            self.look_closer_at_id();
        }
    }

    #[inline(never)]
    fn look_closer_at_id(&mut self) {
        let Member { record, origin, .. } = &mut self.member;
        let id = record.cell(self.id_column).trim();
        if !id.is_ascii() && id.contains(is_hidden) {
            self.hidden
                .get_or_insert_with(|| origin.locate(record.number, record.line, Some(self.id_column)));
        }
        if let Some(fault) = no_id(id) {
            record.faults.push((None, fault));
        }
    }
}

/// The words that a cell begins with; `None` where they are a part of something else. What follows them stands apart, behind
/// a space or with a colon.
#[inline]
fn words_of(cell: &[u8]) -> Option<&[u8]> {
    let is_word = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'-' | b'_' | b'.');
    let Some(end) = cell.iter().position(|byte| !is_word(byte)) else { return Some(cell) };
    let (words, rest) = cell.split_at(end);
    let stands_apart = words.last() == Some(&b' ') || rest.first() == Some(&b':');
    (stands_apart && !words.is_empty()).then_some(words)
}

/// Why a cell, white space around it trimmed, is no id whatever else its row holds.
fn no_id(cell: &str) -> Option<Fault> {
    let words = words_of(cell.as_bytes())?;
    let rest = cell.get(words.len()..).unwrap_or_default();
    let (mut word, mut length) = ([0; MOST], 0);
    for letter in words.iter().filter(|byte| byte.is_ascii_alphabetic()) {
        *word.get_mut(length)? = letter.to_ascii_lowercase();
        length += 1;
    }
    let word = std::str::from_utf8(&word[..length]).unwrap_or_default();
    if rest.is_empty() && ID_NAMES.contains(&word) {
        Some(repeated_header())
    } else if TOTALS.contains(&word) && is_figure(rest) {
        let message = "the row is a total, as reports have below or between rows: remove it";
        Some(Fault::new(code::TOTAL_ROW, message))
    } else {
        None
    }
}

/// Whether what stands behind a word is a colon, a figure, both or nothing.
fn is_figure(rest: &str) -> bool {
    let figure = rest.strip_prefix(':').unwrap_or(rest).trim();
    let figure = figure.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')).unwrap_or(figure);
    let is_digit = |character: char| character.is_ascii_digit();
    let is_between = |character: char| matches!(character, '.' | ',' | '\'') || character.is_whitespace();
    rest.trim() == ":"
        || rest.is_empty()
        || (figure.starts_with(is_digit)
            && figure.ends_with(is_digit)
            && figure.chars().all(|character| is_digit(character) || is_between(character)))
}

/// Characters that cannot be seen, or not told from a space. An id that holds one is seldom meant to.
fn is_hidden(character: char) -> bool {
    matches!(character,
        '\u{A0}' | '\u{AD}' | '\u{34F}' | '\u{180E}' | '\u{2000}'..='\u{200F}' | '\u{2028}'..='\u{202F}'
        | '\u{205F}'..='\u{206F}' | '\u{3000}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}
