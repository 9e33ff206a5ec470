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
    /// Looks for what is wrong with the id of the row at hand, where it can be. Nearly all ids begin with a digit.
    #[inline]
    pub(crate) fn look_at_id(&mut self) {
        let id = self.member.record.cell(self.id_column);
        let is_plain = id.bytes().next().is_none_or(|first| first.is_ascii_digit()) && id.is_ascii();
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

/// Why a cell, white space around it trimmed, is no id whatever else its row holds.
fn no_id(cell: &str) -> Option<Fault> {
    let mut letters = [0; MOST];
    let (mut length, mut last, mut rest) = (0, b' ', cell.bytes().peekable());
    while let Some(byte) = rest.next_if(|byte| byte.is_ascii_alphabetic() || b" -_.".contains(byte)) {
        if byte.is_ascii_alphabetic() {
            *letters.get_mut(length)? = byte.to_ascii_lowercase();
            length += 1;
        }
        last = byte;
    }
    let word = std::str::from_utf8(&letters[..length]).unwrap_or_default();
    match rest.next() {
        None if ID_NAMES.contains(&word) => Some(repeated_header()),
        // A figure belongs to the word only where it stands apart.
        Some(next) if last != b' ' && next != b':' => None,
        _ if TOTALS.contains(&word) => {
            let message = "the row is a total, as reports have below or between rows: remove it";
            Some(Fault::new(code::TOTAL_ROW, message))
        }
        _ => None,
    }
}

/// Characters that cannot be seen, or not told from a space. An id that holds one is seldom meant to.
fn is_hidden(character: char) -> bool {
    matches!(character,
        '\u{A0}' | '\u{AD}' | '\u{34F}' | '\u{180E}' | '\u{2000}'..='\u{200F}' | '\u{2028}'..='\u{202F}'
        | '\u{205F}'..='\u{206F}' | '\u{3000}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}
