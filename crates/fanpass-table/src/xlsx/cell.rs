//! What a cell's tag says of it (ECMA-376 part 1, 18.3.1.4): place, style, type of its value.

use quick_xml::events::BytesStart;

/// What a cell's tag says.
#[derive(Default)]
pub(super) struct Cell {
    pub(super) column: Option<usize>,
    pub(super) style: usize,
    pub(super) kind: Kind,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Number,
    Shared,
    /// The result of a formula that is text.
    Text,
    Inline,
    Boolean,
    Error,
    Date,
}

impl Cell {
    pub(super) fn from_tag(tag: &BytesStart<'_>) -> Self {
        let mut cell = Self::default();
        for attribute in tag.attributes().with_checks(false).flatten() {
            match attribute.key.as_ref() {
                "r" => cell.column = column(&attribute.value),
                "s" => cell.style = attribute.value.parse().unwrap_or(usize::MAX),
                "t" => {
                    cell.kind = match &*attribute.value {
                        "s" => Kind::Shared,
                        "str" => Kind::Text,
                        "inlineStr" => Kind::Inline,
                        "b" => Kind::Boolean,
                        "e" => Kind::Error,
                        "d" => Kind::Date,
                        _ => Kind::Number,
                    }
                }
                _ => {}
            }
        }
        cell
    }
}

/// The column of a cell reference such as `AB12`: 0 is `A`. A reference that is none counts as absent.
fn column(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic).take(8);
    let number =
        letters.fold(0_usize, |sum, letter| sum * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    number.checked_sub(1)
}
