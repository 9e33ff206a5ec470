//! What a spreadsheet shows for a stored number, so far as it can be an id.

use crate::{code, record::Fault};

/// A number format, reduced to what matters for ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shown {
    /// All digits as they are: `General`, `@`.
    Plain,
    /// At least `digits` digits between fixed text: `00000`, `"FAN-"0000`.
    Padded {
        before: String,
        digits: usize,
        after: String,
    },
    Date,
    /// Scientific notation, such as `0.00E+00`.
    Exponent,
    /// Anything else: decimals, thousands, percent, currency, conditions, fractions.
    Altered,
}

/// The first number that a spreadsheet may have rounded: it keeps 15 digits.
const FIRST_INEXACT: f64 = 1e15;

impl Shown {
    /// A built-in format by its number (ECMA-376 part 1, 18.8.30).
    pub(crate) fn built_in(id: u32) -> Self {
        match id {
            0 | 49 => Self::Plain,
            1 => Self::parse("0"),
            11 | 48 => Self::Exponent,
            14..=22 | 27..=36 | 45..=47 | 50..=58 => Self::Date,
            _ => Self::Altered,
        }
    }

    /// A format by its code (ECMA-376 part 1, 18.8.31).
    pub(crate) fn parse(code: &str) -> Self {
        let code = code.trim();
        if code.eq_ignore_ascii_case("general") || code == "@" {
            return Self::Plain;
        }
        let sections = sections(code);
        // A third section shows zero in its own way; a second only negative numbers, which are refused anyway.
        if sections > 2 { Self::Altered } else { first_section(code) }
    }

    /// The number as it is shown, or why it cannot be an id.
    pub(crate) fn text(&self, number: f64) -> Result<String, Fault> {
        if *self == Self::Date {
            return Err(Fault::new(
                code::DATE_CELL,
                "the cell is a date or time, stored as a number; make it text",
            ));
        }
        if !number.is_finite() || number.abs() >= FIRST_INEXACT || *self == Self::Exponent {
            let message = "the cell is a number of more than 15 digits or shown with an exponent: its digits are lost; \
                           export the column as text";
            return Err(Fault::new(code::DESTROYED_NUMBER, message));
        }
        if number.fract() != 0.0 {
            return Err(Fault::new(code::FRACTION, "the cell is a number with a fraction; make it text"));
        }
        let digits = format!("{:.0}", number.abs());
        match self {
            Self::Plain if number < 0.0 => Ok(format!("-{digits}")),
            Self::Plain => Ok(digits),
            Self::Padded { before, digits: least, after }
                if number > 0.0 || (number == 0.0 && *least > 0) =>
            {
                Ok(format!("{before}{digits:0>least$}{after}"))
            }
            _ => {
                let message = "the cell is a number under a format that changes what is shown; make it text";
                Err(Fault::new(code::NUMBER_FORMAT, message))
            }
        }
    }
}

fn sections(code: &str) -> usize {
    let mut quoted = false;
    let mut skip = false;
    let ends = code.chars().filter(|&character| {
        let literal = std::mem::take(&mut skip);
        match character {
            _ if literal => false,
            '"' => {
                quoted = !quoted;
                false
            }
            '\\' | '_' | '*' if !quoted => {
                skip = true;
                false
            }
            ';' => !quoted,
            _ => false,
        }
    });
    ends.count() + 1
}

fn first_section(code: &str) -> Shown {
    let (mut before, mut after) = (String::new(), String::new());
    let mut digits: Option<usize> = None;
    let mut altered = false;
    let mut rest = code.chars();
    while let Some(character) = rest.next() {
        let literal: String = match character {
            ';' => break,
            '0' | '#' if after.is_empty() => {
                *digits.get_or_insert(0) += usize::from(character == '0');
                continue;
            }
            '"' => rest.by_ref().take_while(|&c| c != '"').collect(),
            '\\' => rest.next().into_iter().collect(),
            // The width of a character that is not shown.
            '_' => {
                rest.next();
                String::new()
            }
            '[' => {
                let inside: String = rest.by_ref().take_while(|&c| c != ']').collect();
                match bracket(&inside) {
                    Some(shown) => return shown,
                    None => String::new(),
                }
            }
            'd' | 'm' | 'y' | 'h' | 's' | 'D' | 'M' | 'Y' | 'H' | 'S' => return Shown::Date,
            'E' | 'e' => return Shown::Exponent,
            ' ' | '-' | '+' | '(' | ')' | ':' => character.to_string(),
            _ => {
                altered = true;
                continue;
            }
        };
        if digits.is_some() { after.push_str(&literal) } else { before.push_str(&literal) }
    }
    match digits {
        Some(digits) if !altered => Shown::Padded { before, digits, after },
        _ => Shown::Altered,
    }
}

/// Colours and languages change no digit; elapsed time and conditions do.
fn bracket(inside: &str) -> Option<Shown> {
    let inside = inside.to_ascii_lowercase();
    let colours = ["black", "blue", "cyan", "green", "magenta", "red", "white", "yellow"];
    if inside.starts_with("$-") || inside.starts_with("color") || colours.contains(&inside.as_str()) {
        return None;
    }
    let elapsed = !inside.is_empty() && inside.chars().all(|c| "hms".contains(c));
    Some(if elapsed { Shown::Date } else { Shown::Altered })
}
