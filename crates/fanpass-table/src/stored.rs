//! What a cell stores beside the text that it shows, for callers who know which type they want.

use serde_json::value::RawValue;

/// A value behind a cell's text, where the file's format stores more than text; given by
/// [`Row::stored`](crate::Row::stored).
///
/// An id is the text exactly as shown, and where that is not certain the cell is refused. Who wants a number, a date or a list
/// can take it from here.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stored {
    /// A null of JSON or Parquet. A key that is missing is none, nor is an empty cell of a sheet.
    Null,
    /// A number in plain digits, without exponent and needless zeros: `100`, `-12.5`. Numbers of sheets, and binary fractions
    /// of Parquet, are here if they have at most 15 digits: others may have been rounded.
    Number(String),
    /// A date, `YYYY-MM-DD`: of a point in time the date in the file's own time, which is UTC in Parquet.
    Date(String),
    /// The entries of a list of texts, numbers and booleans. Nulls are left out.
    List(Vec<String>),
}

/// The first number that a spreadsheet may have rounded: it keeps 15 digits.
pub(crate) const FIRST_INEXACT: f64 = 1e15;

/// Digits that a double always keeps.
const DIGITS: usize = 15;

/// An exponent that takes a number beyond all that any attribute holds.
const MOST_EXPONENT: i32 = 400;

impl Stored {
    /// A binary fraction, if it has few enough digits that they are certain.
    pub(crate) fn number(number: f64) -> Option<Self> {
        let text = number.to_string();
        let digits = text.bytes().filter(u8::is_ascii_digit).skip_while(|&digit| digit == b'0').count();
        let certain = number.is_finite() && number.abs() < FIRST_INEXACT && digits <= DIGITS;
        certain.then_some(Self::Number(text))
    }

    /// A number of JSON that is written with a fraction or an exponent; no digit passes through a binary number.
    pub(crate) fn json_number(text: &str) -> Option<Self> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent: i32 = exponent.parse().ok().filter(|it: &i32| it.abs() <= MOST_EXPONENT)?;
        let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        // The point's place among the digits, with zeros around them so that it has one.
        let zeros = "0".repeat(exponent.unsigned_abs().try_into().ok()?);
        let digits = format!("{zeros}{whole}{fraction}{zeros}");
        let point = i32::try_from(zeros.len() + whole.len()).ok()?.checked_add(exponent)?;
        let (whole, fraction) = digits.split_at_checked(point.try_into().ok()?)?;
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            whole => whole,
        };
        Some(Self::Number(match fraction.trim_end_matches('0') {
            "" => format!("{sign}{whole}"),
            fraction => format!("{sign}{whole}.{fraction}"),
        }))
    }

    /// A list of JSON, if all its entries are single values.
    pub(crate) fn json_list(text: &str) -> Option<Self> {
        let entries: Vec<&RawValue> = serde_json::from_str(text).ok()?;
        let entries = entries.iter().map(|entry| entry.get()).filter(|entry| *entry != "null");
        let entry = |entry: &str| match entry.as_bytes() {
            [b'"', ..] => serde_json::from_str(entry).ok(),
            [b'{' | b'[', ..] => None,
            _ => Some(entry.to_owned()),
        };
        entries.map(entry).collect::<Option<_>>().map(Self::List)
    }

    /// A date by its days since 1970-01-01.
    pub(crate) fn date(days: i64) -> Option<Self> {
        iso_date(days).map(Self::Date)
    }
}

/// Days since 1970-01-01 as `YYYY-MM-DD` of the Gregorian calendar; `None` outside the years 1 to 9999.
pub(crate) fn iso_date(days: i64) -> Option<String> {
    // Years that begin in March have their leap day at the end; an era of 400 of them has 146,097 days.
    let days = days.saturating_add(719_468);
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era.saturating_mul(400).saturating_add(year + next_year);
    (1..=9999).contains(&year).then(|| format!("{year:04}-{month:02}-{day_of_month:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_json_lose_no_digit() {
        for (text, plain) in [
            ("1e2", "100"),
            ("-1.50E-3", "-0.0015"),
            ("7.0", "7"),
            ("0.0", "0"),
            ("1.25e1", "12.5"),
            ("123456789012345678901.5e-1", "12345678901234567890.15"),
        ] {
            assert_eq!(Stored::json_number(text), Some(Stored::Number(plain.to_owned())), "{text}");
        }
        assert_eq!(Stored::json_number("1e999999999"), None);
    }

    #[test]
    fn binary_fractions_have_certain_digits_or_none() {
        assert_eq!(Stored::number(12.5), Some(Stored::Number("12.5".to_owned())));
        assert_eq!(Stored::number(0.000_012_5), Some(Stored::Number("0.0000125".to_owned())));
        for number in [0.1 + 0.2, 1e15, 1.0 / 3.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Stored::number(number), None, "{number}");
        }
    }
}
