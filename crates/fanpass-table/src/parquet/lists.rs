//! Lists of single values: refused as text, stored for whoever wants lists.

use std::{fs::File, io};

use super::{column::Values, meaning, nested, page::Budget, push_nested, schema::List, values::Value};
use crate::{Stored, metered::reached, record::Record};

/// What a list holds.
pub(super) enum Entries {
    Null,
    /// Nulls left out.
    Certain(Vec<String>),
    /// Some entry has no text.
    Uncertain,
}

/// Reads the next list of a column, of at most so many bytes.
pub(super) fn read(
    values: &mut Values,
    list: List,
    most: usize,
    file: &mut File,
    budget: &mut Budget,
) -> io::Result<Entries> {
    let leaf = values.leaf();
    let mut entries = Some(Vec::new());
    let mut left = most;
    let is_there = values.next_list(list, file, budget, |value| {
        let Some(value) = value else { return Ok(()) };
        let length = if let Value::Bytes(bytes) = value { bytes.len() } else { 0 };
        // Entries without a byte take memory too.
        let rest = left.checked_sub(length.saturating_add(1));
        left = rest.ok_or_else(|| reached(format!("the row has a list of more than {most} bytes")))?;
        entries = entries.take().zip(meaning::entry(value, leaf)).map(|(mut entries, entry)| {
            entries.push(entry);
            entries
        });
        Ok(())
    })?;
    Ok(match entries {
        _ if !is_there => Entries::Null,
        Some(entries) => Entries::Certain(entries),
        None => Entries::Uncertain,
    })
}

/// A list is shown as JSON and refused, unless somebody wants it as what it is.
pub(super) fn push(entries: Entries, position: usize, record: &mut Record) {
    let (shown, stored) = match entries {
        Entries::Null => (String::new(), Stored::Null),
        Entries::Certain(entries) => {
            (serde_json::to_string(&entries).unwrap_or_default(), Stored::List(entries))
        }
        Entries::Uncertain => return push_nested(position, record),
    };
    record.text.push_str(&shown);
    if stored != Stored::Null {
        record.faults.push((Some(position), nested()));
    }
    record.store(Some(stored));
    record.end_cell();
}
