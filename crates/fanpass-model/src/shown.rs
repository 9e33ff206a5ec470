//! How people are shown what there is: counts that read well, and text of the other side of which nothing is obeyed by a
//! terminal, or changes how the rest is shown.

use std::borrow::Cow;

/// Text on one line that shows what it holds: control characters, which a terminal would obey, and characters that do
/// nothing but change the direction of writing are escaped as `\u{…}`.
///
/// ```
/// assert_eq!(fanpass_model::shown("a\u{202e}b\n"), r"a\u{202e}b\u{a}");
/// ```
pub fn shown(text: &str) -> Cow<'_, str> {
    escape(text, |_| true)
}

/// As [`shown`], for text of several lines: line breaks and tabs stay what they are.
///
/// ```
/// assert_eq!(fanpass_model::shown_lines("a\tb\u{1b}\n"), "a\tb\\u{1b}\n");
/// ```
pub fn shown_lines(text: &str) -> Cow<'_, str> {
    escape(text, |c| !matches!(c, '\n' | '\t'))
}

/// A count with its thousands apart, as people read it.
///
/// ```
/// assert_eq!(fanpass_model::count(10_000_000), "10,000,000");
/// ```
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number and what it counts, `noun` with an s unless it is one.
///
/// ```
/// assert_eq!(fanpass_model::counted(1, "row"), "1 row");
/// assert_eq!(fanpass_model::counted(2_000, "row"), "2,000 rows");
/// ```
pub fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// Whether a character does nothing but change the direction of writing.
pub(crate) const fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Escapes control and direction characters, those that `which` picks.
fn escape(text: &str, which: impl Fn(char) -> bool) -> Cow<'_, str> {
    let harmful = |c: char| (c.is_control() || turns(c)) && which(c);
    if !text.contains(harmful) {
        return text.into();
    }
    text.chars()
        .fold(String::with_capacity(text.len()), |mut escaped, c| {
            if harmful(c) {
                escaped.extend(c.escape_unicode());
            } else {
                escaped.push(c);
            }
            escaped
        })
        .into()
}
