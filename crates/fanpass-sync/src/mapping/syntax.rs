//! The short forms of a mapping's parts, and the tables that can stand for them in a configuration file.

use std::{fmt, marker::PhantomData, str::FromStr};

use fanpass_model::{AttributeKey, AttributeValue, Namespace};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::{CellType, SyncError};

/// Splits `COLUMN=KEY…` before the key. A column's name may hold `=`.
pub(super) fn split_column(text: &str) -> Option<(&str, &str)> {
    let begins_key = |rest: &str| {
        [Namespace::Platform, Namespace::Custom].iter().any(|namespace| rest.starts_with(namespace.prefix()))
    };
    let mut splits = text.match_indices('=').map(|(at, _)| (&text[..at], text[at + 1..].trim_start()));
    splits.clone().find(|(_, rest)| begins_key(rest)).or_else(|| splits.next())
}

/// Takes `KEY[:TYPE]` off the front; the rest is empty or begins with `end`.
pub(super) fn take_key(text: &str, end: char) -> Result<(AttributeKey, Option<CellType>, &str), SyncError> {
    let (key, rest) = text.split_at(text.find([':', end]).unwrap_or(text.len()));
    let key = key.trim();
    let parsed: AttributeKey =
        key.parse().map_err(|error| SyncError::syntax(format!("{key:?}: the {error}")))?;
    let Some(rest) = rest.strip_prefix(':') else { return Ok((parsed, None, rest)) };
    let (kind, rest) = rest.split_at(type_length(rest, end));
    Ok((parsed, Some(kind.parse()?), rest))
}

/// Where a type ends. Its argument may hold any character, `end` and `)` too: it closes with the first `)` that ends
/// the text or stands before `end`.
fn type_length(text: &str, end: char) -> usize {
    let word = text.find(['(', end]).unwrap_or(text.len());
    if !text[word..].starts_with('(') {
        return word;
    }
    let mut closings = text.match_indices(')').map(|(at, _)| at + 1);
    closings.find(|&at| text[at..].is_empty() || text[at..].starts_with(end)).unwrap_or(text.len())
}

/// The value of a constant or a default: text is read as a cell is, anything else must be of the type already.
pub(super) fn settle(value: AttributeValue, cell: &CellType) -> Result<AttributeValue, SyncError> {
    match value {
        AttributeValue::Text(text) if text.trim().is_empty() => Err(SyncError::syntax("the value is blank")),
        AttributeValue::Text(text) => {
            let read = cell.read(&text).map_err(|fault| {
                SyncError::syntax(fault.message.replacen("the cell", &format!("{text:?}"), 1))
            })?;
            read.ok_or_else(|| SyncError::syntax(format!("{text:?} holds no entry")))
        }
        value if value.attribute_type() == Some(cell.attribute_type()) => Ok(value),
        _ => Err(SyncError::syntax(format!("the value is not of the type {cell}"))),
    }
}

/// Deserialises `T` from its short form, or from the table `R` of its parts.
pub(super) fn text_or_table<'de, D, R, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    R: Deserialize<'de>,
    T: FromStr<Err = SyncError> + TryFrom<R, Error = SyncError>,
{
    deserializer.deserialize_any(TextOrTable(PhantomData))
}

struct TextOrTable<R, T>(PhantomData<(R, T)>);

impl<'de, R, T> Visitor<'de> for TextOrTable<R, T>
where
    R: Deserialize<'de>,
    T: FromStr<Err = SyncError> + TryFrom<R, Error = SyncError>,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the short form in quotes, or a table of its parts")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, parts: A) -> Result<T, A::Error> {
        R::deserialize(MapAccessDeserializer::new(parts))?.try_into().map_err(de::Error::custom)
    }
}
