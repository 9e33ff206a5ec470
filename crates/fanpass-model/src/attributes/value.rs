//! `AttributeValue`: what a user's attribute can be on the wire, without losing a digit.

use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Number;

use crate::error::{ErrorKind, ModelError};

const SUBJECT: &str = "attribute value";
/// 2^53: past it a double no longer tells every whole number from its neighbour.
const EXACT_LIMIT: u64 = 1 << 53;
/// The same as a double, which may stand for its rounded neighbour already.
const EXACT_LIMIT_DOUBLE: f64 = 9_007_199_254_740_992.0;

/// Bytes of UTF-8 that a text value, or one entry of a list, has at most. Assumed.
pub const TEXT_VALUE_MAX_BYTES: usize = 4096;
/// Entries that a list value has at most. Assumed.
pub const LIST_MAX_ENTRIES: usize = 256;

/// The value of one attribute.
///
/// Deserialising refuses what the wire format does not have (objects, nested lists, lists of anything but text) and
/// whole numbers past 2^53, of which JSON readers disagree.
#[derive(Debug, Clone, PartialEq)]
pub enum AttributeValue {
    /// Text.
    Text(String),
    /// A number: a whole one from -2^53 to 2^53, or a finite double.
    Number(Number),
    /// True or false.
    Boolean(bool),
    /// A list of text.
    List(Vec<String>),
    /// Takes the attribute off the user's record; `null` on the wire.
    Unset,
}

/// What values an attribute takes, where that is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttributeType {
    /// Text.
    String,
    /// Numbers.
    Number,
    /// True or false.
    Boolean,
    /// Lists of text.
    List,
}

impl AttributeType {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::String, Self::Number, Self::Boolean, Self::List];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::List => "list",
        }
    }
}

impl fmt::Display for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl AttributeValue {
    /// The type of the value; `None` for [`Unset`](Self::Unset), which fits any.
    pub const fn attribute_type(&self) -> Option<AttributeType> {
        match self {
            Self::Text(_) => Some(AttributeType::String),
            Self::Number(_) => Some(AttributeType::Number),
            Self::Boolean(_) => Some(AttributeType::Boolean),
            Self::List(_) => Some(AttributeType::List),
            Self::Unset => None,
        }
    }

    /// Whether the value is within the limits.
    ///
    /// # Errors
    /// [`ErrorKind::TooLong`] for text past [`TEXT_VALUE_MAX_BYTES`], [`ErrorKind::TooMany`] for a list past
    /// [`LIST_MAX_ENTRIES`], [`ErrorKind::InexactNumber`] for a whole number past ±2^53.
    pub fn validate(&self) -> Result<(), ModelError> {
        let kind = match self {
            Self::Text(text) => too_long(text),
            Self::List(entries) if entries.len() > LIST_MAX_ENTRIES => {
                Some(ErrorKind::TooMany { limit: LIST_MAX_ENTRIES })
            }
            Self::List(entries) => entries.iter().find_map(|entry| too_long(entry)),
            Self::Number(number) if is_inexact(number) => Some(ErrorKind::InexactNumber),
            Self::Number(_) | Self::Boolean(_) | Self::Unset => None,
        };
        kind.map_or(Ok(()), |kind| Err(ModelError::new(SUBJECT, kind)))
    }
}

fn too_long(text: &str) -> Option<ErrorKind> {
    let (limit, actual) = (TEXT_VALUE_MAX_BYTES, text.len());
    (actual > limit).then_some(ErrorKind::TooLong { limit, actual })
}

fn is_inexact(number: &Number) -> bool {
    if let Some(whole) = number.as_u64() {
        return whole > EXACT_LIMIT;
    }
    if let Some(whole) = number.as_i64() {
        return whole.unsigned_abs() > EXACT_LIMIT;
    }
    number.as_f64().is_some_and(|double| double.abs() >= EXACT_LIMIT_DOUBLE && double.fract() == 0.0)
}

impl From<&str> for AttributeValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for AttributeValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for AttributeValue {
    fn from(boolean: bool) -> Self {
        Self::Boolean(boolean)
    }
}

impl From<i64> for AttributeValue {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl From<Vec<String>> for AttributeValue {
    fn from(entries: Vec<String>) -> Self {
        Self::List(entries)
    }
}

impl Serialize for AttributeValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => number.serialize(serializer),
            Self::Boolean(boolean) => serializer.serialize_bool(*boolean),
            Self::List(entries) => entries.serialize(serializer),
            Self::Unset => serializer.serialize_unit(),
        }
    }
}

impl<'de> Deserialize<'de> for AttributeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = deserializer.deserialize_any(ValueVisitor)?;
        value.validate().map_err(de::Error::custom)?;
        Ok(value)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = AttributeValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number, a boolean, a list of text or null")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Boolean(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Number(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<AttributeValue, E> {
        Number::from_f64(value)
            .map(AttributeValue::Number)
            .ok_or_else(|| E::custom("the number is not finite"))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Text(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Text(value))
    }

    fn visit_unit<E: de::Error>(self) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Unset)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<AttributeValue, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element()? {
            list.push(entry);
        }
        Ok(AttributeValue::List(list))
    }
}
