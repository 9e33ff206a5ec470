//! What a stored value is as text: exactly that, or not at all.

use std::fmt::Write as _;

use super::{
    schema::{Leaf, Logical, Physical},
    values::Value,
};
use crate::{Stored, code, number::Shown, record::Fault, stored::iso_date};

/// The first whole number that a 32-bit binary fraction may have rounded.
const FIRST_INEXACT_FLOAT: f32 = 16_777_216.0;

/// An entry of a list as text; `None` if it has no text that is certain.
pub(super) fn entry(value: Value<'_>, leaf: Leaf) -> Option<String> {
    let mut text = String::new();
    match push_text(value, leaf, &mut text) {
        Ok(()) => Some(text),
        Err(_) => match stored(value, leaf)? {
            Stored::Number(text) | Stored::Date(text) => Some(text),
            _ => None,
        },
    }
}

/// Appends the value's text. What cannot be used is appended too, as far as it has any text, and the fault returned.
pub(super) fn push_text(value: Value<'_>, leaf: Leaf, text: &mut String) -> Result<(), Fault> {
    match (leaf.logical, value) {
        (Logical::Time | Logical::Timestamp(_), _) => {
            if let Value::Int(number) = value {
                show(number, text);
            }
            let message = "the cell is a time, stored as a number; write it as text or as a date";
            return Err(Fault::new(code::DATE_CELL, message));
        }
        (Logical::Other | Logical::List, _) => {
            return Err(Fault::new(
                code::NUMBER_FORMAT,
                "the cell is of a type that has no one text; make it text",
            ));
        }
        (_, Value::Boolean(value)) => text.push_str(if value { "TRUE" } else { "FALSE" }),
        (Logical::Date, Value::Int(days)) => return date(days, text),
        (Logical::Decimal(scale), Value::Int(number)) => return decimal(i128::from(number), scale, text),
        (Logical::Decimal(scale), Value::Bytes(bytes)) => {
            let number = big_endian(bytes).ok_or_else(|| {
                Fault::new(code::NUMBER_FORMAT, "the cell is a number of more than 38 digits; make it text")
            })?;
            return decimal(number, scale, text);
        }
        (Logical::Unsigned, Value::Int(number)) if leaf.physical == Physical::Int32 => {
            // The bits of a 32-bit number were widened by its sign.
            show(number & 0xFFFF_FFFF, text);
        }
        (Logical::Unsigned, Value::Int(number)) => show(number.cast_unsigned(), text),
        (_, Value::Int(number)) => show(number, text),
        (Logical::Uuid, Value::Bytes(bytes)) if bytes.len() == 16 => uuid(bytes, text),
        (_, Value::Bytes(bytes)) => return plain(bytes, leaf.physical, text),
    }
    Ok(())
}

fn plain(bytes: &[u8], physical: Physical, text: &mut String) -> Result<(), Fault> {
    match (physical, bytes) {
        (Physical::Float, &[a, b, c, d]) => {
            let number = f32::from_le_bytes([a, b, c, d]);
            if number.is_finite() && number.abs() >= FIRST_INEXACT_FLOAT {
                show(number, text);
                let message = "the cell is a FLOAT of 16777216 or more, of which the last digits are not certain: \
                               export the column as DOUBLE or as text";
                return Err(Fault::new(code::DESTROYED_NUMBER, message));
            }
            fraction(f64::from(number), &number.to_string(), text)
        }
        (Physical::Double, bytes) if bytes.len() == 8 => {
            let number = f64::from_le_bytes(bytes.try_into().unwrap_or_default());
            fraction(number, &number.to_string(), text)
        }
        _ => {
            let cell = String::from_utf8_lossy(bytes);
            text.push_str(&cell);
            if let std::borrow::Cow::Owned(_) = cell {
                let message = "the cell holds bytes that are not UTF-8; export it as text";
                return Err(Fault::new(code::UNDECODABLE, message));
            }
            Ok(())
        }
    }
}

/// A binary fraction, by the rule for numbers in sheets: whole and of at most 15 digits, or refused.
fn fraction(number: f64, shown: &str, text: &mut String) -> Result<(), Fault> {
    match Shown::Plain.text(number) {
        Ok(digits) => {
            text.push_str(&digits);
            Ok(())
        }
        Err(fault) => {
            text.push_str(shown);
            Err(fault)
        }
    }
}

fn show(number: impl std::fmt::Display, text: &mut String) {
    // Writing to a `String` does not fail.
    let _ = write!(text, "{number}");
}

fn big_endian(bytes: &[u8]) -> Option<i128> {
    let (&first, _) = bytes.split_first()?;
    let start = 16_usize.checked_sub(bytes.len())?;
    let mut wide = if first & 0x80 == 0 { [0; 16] } else { [0xFF; 16] };
    wide.get_mut(start..)?.copy_from_slice(bytes);
    Some(i128::from_be_bytes(wide))
}

/// All digits behind the point are shown, as the type says how many there are.
fn decimal(number: i128, scale: i64, text: &mut String) -> Result<(), Fault> {
    let scale = usize::try_from(scale).ok().filter(|&scale| scale <= 38).ok_or_else(|| {
        Fault::new(code::NUMBER_FORMAT, "the cell is a number with an impossible scale; make it text")
    })?;
    if number < 0 {
        text.push('-');
    }
    let least = scale + 1;
    let digits = format!("{:0>least$}", number.unsigned_abs());
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    text.push_str(whole);
    if scale > 0 {
        text.push('.');
        text.push_str(fraction);
    }
    Ok(())
}

fn uuid(bytes: &[u8], text: &mut String) {
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 0x0F] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
    }
}

/// Days since 1970-01-01 as `YYYY-MM-DD`.
fn date(days: i64, text: &mut String) -> Result<(), Fault> {
    let date = iso_date(days).ok_or_else(|| {
        Fault::new(code::DATE_CELL, "the cell is a date outside the years 1 to 9999; make it text")
    })?;
    text.push_str(&date);
    Ok(())
}

/// Seconds and nanoseconds of a day, and the day of 1970-01-01 in the count of astronomers.
const DAY_SECONDS: i64 = 86_400;
const JULIAN_DAY: i64 = 2_440_588;

/// The number or the date that a value is, where its text is refused or says it in one form of many.
pub(super) fn stored(value: Value<'_>, leaf: Leaf) -> Option<Stored> {
    match (leaf.logical, leaf.physical, value) {
        (Logical::Date, _, Value::Int(days)) => Stored::date(days),
        (Logical::Timestamp(units), _, Value::Int(number)) => {
            Stored::date(number.div_euclid(DAY_SECONDS * units))
        }
        // Nanoseconds of the day, then the day.
        (Logical::Time, Physical::Int96, Value::Bytes(&[_, _, _, _, _, _, _, _, ref day @ ..])) => {
            Stored::date(i64::from(i32::from_le_bytes(day.try_into().ok()?)) - JULIAN_DAY)
        }
        // The shortest digits of the narrower number, not those of the same number widened.
        (_, Physical::Float, Value::Bytes(bytes)) => {
            let number = f32::from_le_bytes(bytes.try_into().ok()?);
            (number.abs() < FIRST_INEXACT_FLOAT)
                .then(|| number.to_string().parse().ok())?
                .and_then(Stored::number)
        }
        (_, Physical::Double, Value::Bytes(bytes)) => {
            Stored::number(f64::from_le_bytes(bytes.try_into().ok()?))
        }
        _ => None,
    }
}
