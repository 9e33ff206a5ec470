//! The value of an attribute as the columns hold it: a byte that says what it is, and the value. Two values are the same
//! when their bytes are.

use std::fmt;

use fanpass_model::AttributeValue;
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use serde_json::Number;

use super::number::{put_bytes, take_bytes};
use crate::targeting::Value;

const FALSE: u8 = 0;
const TRUE: u8 = 1;
const NUMBER: u8 = 2;
const TEXT: u8 = 3;
const LIST: u8 = 4;

/// 2^53: up to here a whole number is written without a fraction.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ColumnValue<'a> {
    Boolean(bool),
    Number(f64),
    Text(&'a str),
    List(Entries<'a>),
}

impl<'a> ColumnValue<'a> {
    /// `None` for what cannot have been written.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        match *kind {
            FALSE => Some(Self::Boolean(false)),
            TRUE => Some(Self::Boolean(true)),
            NUMBER => Some(Self::Number(f64::from_le_bytes(rest.try_into().ok()?))),
            TEXT => Some(Self::Text(std::str::from_utf8(rest).ok()?)),
            LIST => Some(Self::List(Entries(rest))),
            _ => None,
        }
    }

    /// The value as users are answered with it.
    pub(crate) fn into_attribute(self) -> AttributeValue {
        match self {
            Self::Boolean(value) => AttributeValue::Boolean(value),
            Self::Number(value) => AttributeValue::Number(number(value)),
            Self::Text(text) => AttributeValue::Text(text.to_owned()),
            Self::List(entries) => AttributeValue::List(entries.map(str::to_owned).collect()),
        }
    }
}

impl Value for ColumnValue<'_> {
    fn boolean(&self) -> Option<bool> {
        if let Self::Boolean(value) = self { Some(*value) } else { None }
    }

    fn number(&self) -> Option<f64> {
        if let Self::Number(value) = self { Some(*value) } else { None }
    }

    fn text(&self) -> Option<&str> {
        if let Self::Text(value) = self { Some(value) } else { None }
    }

    fn holds(&self, entry: &str) -> bool {
        matches!(self, Self::List(entries) if entries.clone().any(|known| known == entry))
    }
}

/// Whole ones without a fraction, as most are written.
fn number(value: f64) -> Number {
    let whole = (value.fract() == 0.0 && value.abs() <= WHOLE_MAX).then(|| format!("{value:.0}"));
    let whole = whole.and_then(|text| text.parse::<i64>().ok()).map(Number::from);
    whole.or_else(|| Number::from_f64(value)).unwrap_or_else(|| Number::from(0))
}

/// The entries of a list, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entries<'a>(&'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let entry = take_bytes(&mut self.0)?;
        std::str::from_utf8(entry).ok()
    }
}

/// Writes the value that comes next in JSON behind what stands there.
pub(super) struct WriteValue<'a>(pub(super) &'a mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for WriteValue<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for WriteValue<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number, a boolean or a list of text")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.0.push(if value { TRUE } else { FALSE });
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.visit_f64(value.to_string().parse().map_err(E::custom)?)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        match u32::try_from(value) {
            Ok(small) => self.visit_f64(f64::from(small)),
            Err(_) => self.visit_f64(value.to_string().parse().map_err(E::custom)?),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        // Zero has two forms of bytes.
        let value = if value == 0.0 { 0.0 } else { value };
        self.0.push(NUMBER);
        self.0.extend_from_slice(&value.to_le_bytes());
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.push(TEXT);
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.0.push(LIST);
        while let Some(entry) = entries.next_element::<String>()? {
            put_bytes(self.0, entry.as_bytes());
        }
        Ok(())
    }
}
