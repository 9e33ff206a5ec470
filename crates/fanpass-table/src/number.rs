//! What a spreadsheet shows for a stored number, so far as it can be an id.

use crate::{Stored, code, record::Fault, stored::FIRST_INEXACT};

/// A number format, reduced to what matters for ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shown {
    /// All digits as they are: `General`, `@`.
    Plain,
    /// At least `digits` digits between fixed text: `00000`, `"FAN-"0000`.
    Padded { before: String, digits: usize, after: String },
    /// A day, perhaps with a time of it.
    Date,
    /// A time of day, or one that has elapsed.
    Time,
    /// Scientific notation, such as `0.00E+00`.
    Exponent,
    /// Anything else: decimals, thousands, percent, currency, conditions, fractions.
    Altered,
}

/// From which day a workbook counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Epoch {
    /// 1 is the first day of 1900, and 60 is a 29 February that there never was.
    #[default]
    Year1900,
    /// 0 is the first day of 1904.
    Year1904,
}

impl Epoch {
    /// Days since 1970-01-01 of a day by the workbook's count; its fraction is the time of the day.
    fn days(self, number: f64) -> Option<i64> {
        // Far behind the year 9999, and a whole number of a double.
        let day = number.floor();
        if !(0.0..1e7).contains(&day) {
            return None;
        }
        let day: i64 = format!("{day:.0}").parse().ok()?;
        match (self, day) {
            (Self::Year1904, day) => Some(day - 24_107),
            (Self::Year1900, 1..=59) => Some(day - 25_568),
            (Self::Year1900, 61..) => Some(day - 25_569),
            (Self::Year1900, _) => None,
        }
    }
}

impl Shown {
    /// A built-in format by its number (ECMA-376 part 1, 18.8.30).
    pub(crate) fn built_in(id: u32) -> Self {
        match id {
            0 | 49 => Self::Plain,
            1 => Self::parse("0"),
            11 | 48 => Self::Exponent,
            14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58 => Self::Date,
            18..=21 | 32..=35 | 45..=47 | 55 | 56 => Self::Time,
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

    /// The number, or the date that it stands for, whatever is shown of it.
    pub(crate) fn stored(&self, number: f64, epoch: Epoch) -> Option<Stored> {
        match self {
            Self::Date => Stored::date(epoch.days(number)?),
            Self::Time => None,
            _ => Stored::number(number),
        }
    }

    /// The number behind `text`, if that shows it with zeros before it or among other text.
    pub(crate) fn padded(&self, text: &str, number: f64) -> Option<Stored> {
        let is_padded = matches!(self, Self::Padded { .. });
        is_padded.then(|| Stored::number(number))?.filter(|stored| *stored != Stored::Number(text.to_owned()))
    }

    /// The number as it is shown, or why it cannot be an id.
    pub(crate) fn text(&self, number: f64) -> Result<String, Fault> {
        if matches!(self, Self::Date | Self::Time) {
            return Err(Fault::new(
                code::DATE_CELL,
                "the cell is a date or time, stored as a number; make it text",
            ));
        }
        if !number.is_finite() {
            let message = "the cell is no number (NaN or infinity): write the number that is meant, or leave the cell empty";
            return Err(Fault::new(code::DESTROYED_NUMBER, message));
        }
        if number.abs() >= FIRST_INEXACT || *self == Self::Exponent {
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
            'd' | 'm' | 'y' | 'h' | 's' | 'D' | 'M' | 'Y' | 'H' | 'S' => {
                return dated(character, rest.as_str());
            }
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

/// A format that goes on so, from its first character of a date or time on: it shows a date if it names a day or a year.
fn dated(first: char, rest: &str) -> Shown {
    let mut rest = rest.chars();
    let mut next = Some(first);
    while let Some(character) = next {
        match character {
            'd' | 'y' | 'D' | 'Y' => return Shown::Date,
            ';' => break,
            '"' => _ = rest.by_ref().find(|&c| c == '"'),
            '[' => _ = rest.by_ref().find(|&c| c == ']'),
            '\\' | '_' | '*' => _ = rest.next(),
            _ => {}
        }
        next = rest.next();
    }
    Shown::Time
}

/// Colours and languages change no digit; elapsed time and conditions do.
fn bracket(inside: &str) -> Option<Shown> {
    let inside = inside.to_ascii_lowercase();
    let colours = ["black", "blue", "cyan", "green", "magenta", "red", "white", "yellow"];
    if inside.starts_with("$-") || inside.starts_with("color") || colours.contains(&inside.as_str()) {
        return None;
    }
    let elapsed = !inside.is_empty() && inside.chars().all(|c| "hms".contains(c));
    Some(if elapsed { Shown::Time } else { Shown::Altered })
}
