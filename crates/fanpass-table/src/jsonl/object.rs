//! One line of JSON to the cells of a row: what its members are, exactly as written.

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::keys::Keys;
use crate::{
    Stored, code,
    origin::quoted,
    record::{Fault, Record},
};

/// True if the text is the beginning of a JSON value and not a whole one.
pub(crate) fn is_unfinished(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_err_and(|error| error.is_eof())
}

/// Where the members of a line stand in it, by column; reused from line to line.
#[derive(Debug, Default)]
pub(super) struct Slots {
    values: Vec<Option<(usize, usize)>>,
}

impl Slots {
    /// Puts the members of the line's object into `record`, or says why the line cannot be used.
    pub(super) fn fill(&mut self, line: &str, keys: &mut Keys, record: &mut Record) -> Result<(), Fault> {
        self.values.clear();
        self.values.resize(keys.len(), None);
        keys.rewind();
        let mut fault = None;
        let members = Members(|key: Cow<'_, str>, value: &RawValue| {
            let value = value.get();
            if fault.is_none() {
                fault = self.put(line, &key, value, keys).err();
            }
        });
        read(line, members).map_err(|error| malformed(&error))?;
        if let Some(fault) = fault {
            return Err(fault);
        }
        for (column, value) in self.values.iter().enumerate() {
            // A key that is missing is an empty cell; a null says that there is no value.
            let Some(value) = value.and_then(|(start, end)| line.get(start..end)) else {
                record.end_cell();
                continue;
            };
            record.store(stored(value));
            let place = value.as_ptr().addr().saturating_sub(line.as_ptr().addr());
            if let Err(fault) = push_text(value, place, &mut record.text)? {
                record.faults.push((Some(column), fault));
            }
            record.end_cell();
        }
        Ok(())
    }

    fn put(&mut self, line: &str, key: &str, value: &str, keys: &mut Keys) -> Result<(), Fault> {
        let Some(slot) = keys.column(key).and_then(|column| self.values.get_mut(column)) else {
            // Nothing is lost with a member that says nothing.
            if value == "null" {
                return Ok(());
            }
            let message = format!(
                "the key {} is in no object at the file's beginning, so it is no column; \
                 write it there too, if only as null",
                shown(key)
            );
            return Err(Fault::new(code::UNKNOWN_KEY, message));
        };
        // The value is a part of the line, so this is its place.
        let start = value.as_ptr().addr().saturating_sub(line.as_ptr().addr());
        if slot.replace((start, start + value.len())).is_some() {
            let message = format!("the key {} stands twice in the object; which is meant?", shown(key));
            return Err(Fault::new(code::DUPLICATE_KEY, message));
        }
        Ok(())
    }
}

/// Calls `seen` with each key of the line's object, up to where it cannot be read.
pub(super) fn each_key(line: &str, mut seen: impl FnMut(&str)) {
    let members = Members(|key: Cow<'_, str>, _: &RawValue| seen(&key));
    // The caller reads on; the line is refused when its turn as a row comes.
    let _ = read(line, members);
}

/// Appends the text of a value, which begins behind byte `place` of the line. An outer fault is the line's, an inner one the cell's.
fn push_text(value: &str, place: usize, text: &mut String) -> Result<Result<(), Fault>, Fault> {
    match value.as_bytes() {
        b"null" => {}
        [b'"', ..] => match value.get(1..value.len() - 1) {
            Some(plain) if memchr::memchr(b'\\', plain.as_bytes()).is_none() => text.push_str(plain),
            _ => {
                let decoded: Cow<'_, str> = serde_json::from_str(value).map_err(|error| {
                    let byte = place + error.column();
                    let message = format!("a text cannot be read: {}, at byte {byte}", reason(&error));
                    Fault::new(code::BAD_JSON, message)
                })?;
                text.push_str(&decoded);
            }
        },
        [b'{' | b'[', ..] => {
            text.push_str(value);
            let message = "the cell is a list or an object; write one text or number";
            return Ok(Err(Fault::new(code::NESTED_VALUE, message)));
        }
        // `true`, `false`, and numbers as they are written: no digit passes through a binary number.
        _ => text.push_str(value),
    }
    Ok(Ok(()))
}

/// What a value is beside its text.
fn stored(value: &str) -> Option<Stored> {
    match value.as_bytes() {
        b"null" => Some(Stored::Null),
        [b'[', ..] => Stored::json_list(value),
        [b'-' | b'0'..=b'9', rest @ ..] if memchr::memchr3(b'.', b'e', b'E', rest).is_some() => {
            Stored::json_number(value)
        }
        _ => None,
    }
}

fn read<'a, F: FnMut(Cow<'a, str>, &'a RawValue)>(
    line: &'a str,
    members: Members<F>,
) -> Result<(), serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(line);
    reader.deserialize_map(members)?;
    reader.end()
}

fn malformed(error: &serde_json::Error) -> Fault {
    let message = format!("the line is no JSON object: {}, at byte {}", reason(error), error.column());
    Fault::new(code::BAD_JSON, message)
}

/// The library's reason without its place, which counts lines from the record's first.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    text.get(..end).unwrap_or_default().to_owned()
}

fn shown(key: &str) -> String {
    let key: String = key.chars().take(40).collect();
    quoted(&key)
}

/// Hands each member of an object to a function.
struct Members<F>(F);

impl<'de, F: FnMut(Cow<'de, str>, &'de RawValue)> Visitor<'de> for Members<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            (self.0)(key, map.next_value()?);
        }
        Ok(())
    }
}

/// A key, borrowed from the line unless it has escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}
