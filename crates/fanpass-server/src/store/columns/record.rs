//! The attributes of one user as a row holds them: of each the number of its key, and its value.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use rusqlite::{Connection, Row, params};
use serde::de::{Deserializer as _, MapAccess, Visitor};

use super::number::{put_bytes, put_number, take_bytes, take_number};
use super::seal::Seal;
use super::value::WriteValue;

/// Numbers of attributes by their keys.
pub(super) type Numbers = HashMap<Box<str>, u32>;

/// The keys that occur, numbered in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// Shared with whoever reads.
    numbers: Arc<Numbers>,
    /// Keys that the file does not know yet, by their numbers.
    new: Vec<(u32, Box<str>)>,
}

impl Keys {
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare("SELECT key, number, seal FROM keys")?;
        let key = |row: &Row<'_>| {
            let (key, number) = (row.get::<_, String>(0)?.into_boxed_str(), row.get(1)?);
            seal(number, &key).check(row, 2, "the key of an attribute")?;
            Ok((key, number))
        };
        let numbers: Numbers = statement.query_map([], key)?.collect::<rusqlite::Result<_>>()?;
        Ok(Self { numbers: Arc::new(numbers), new: Vec::new() })
    }

    pub(super) fn numbers(&self) -> Arc<Numbers> {
        Arc::clone(&self.numbers)
    }

    fn number(&mut self, key: &str) -> u32 {
        if let Some(number) = self.numbers.get(key) {
            return *number;
        }
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        Arc::make_mut(&mut self.numbers).insert(key.into(), number);
        self.new.push((number, key.into()));
        number
    }

    /// Takes those that the file does not know; they are to be written with the first row that has them.
    pub(super) fn take_new(&mut self) -> Vec<(u32, Box<str>)> {
        std::mem::take(&mut self.new)
    }
}

pub(super) fn insert_keys(connection: &Connection, keys: &[(u32, Box<str>)]) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached("INSERT INTO keys (number, key, seal) VALUES (?1, ?2, ?3)")?;
    for (number, key) in keys {
        insert.execute(params![number, key, seal(*number, key).finish()])?;
    }
    Ok(())
}

fn seal(number: u32, key: &str) -> Seal {
    Seal::of("keys").number(number).bytes(key.as_bytes())
}

/// Writes attributes, a JSON object, as a record behind what stands in `record`.
///
/// # Errors
/// For JSON that holds no attributes; part of the record may stand there then.
pub(super) fn write_record(
    attributes: &str,
    keys: &mut Keys,
    record: &mut Vec<u8>,
) -> Result<(), serde_json::Error> {
    serde_json::Deserializer::from_str(attributes).deserialize_map(WriteRecord { keys, record })
}

struct WriteRecord<'a> {
    keys: &'a mut Keys,
    record: &'a mut Vec<u8>,
}

impl<'de> Visitor<'de> for WriteRecord<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of attributes by key")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut value = Vec::new();
        // Keys need no escapes in JSON.
        while let Some(key) = members.next_key::<&str>()? {
            put_number(self.record, self.keys.number(key));
            value.clear();
            members.next_value_seed(WriteValue(&mut value))?;
            put_bytes(self.record, &value);
        }
        Ok(())
    }
}

/// The attributes of a record: numbers of keys with bytes of values.
#[derive(Debug)]
pub(super) struct Record<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Record<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let mut rest = self.0;
        let attribute = (take_number(&mut rest)?, take_bytes(&mut rest)?);
        // What is no attribute stays.
        self.0 = rest;
        Some(attribute)
    }
}

impl<'a> Record<'a> {
    /// The bytes of one attribute's value, if it is set.
    pub(super) fn get(mut self, key: u32) -> Option<&'a [u8]> {
        self.find_map(|(number, value)| (number == key).then_some(value))
    }
}

/// Adds an attribute to a record.
pub(super) fn put_attribute(record: &mut Vec<u8>, key: u32, value: &[u8]) {
    put_number(record, key);
    put_bytes(record, value);
}
