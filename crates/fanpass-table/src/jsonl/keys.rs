//! The columns of JSON lines: the keys of the objects at the file's beginning, in order of first appearance.

use std::collections::HashMap;

use super::object::each_key;
use crate::{columns::letters, text::without_marks};

/// Keys by name and by column.
#[derive(Debug)]
pub(super) struct Keys {
    names: Vec<String>,
    columns: HashMap<String, usize>,
    /// The column behind the one asked for last: most lines have their keys in the same order.
    next: usize,
}

impl Keys {
    pub(super) fn new(names: Vec<String>) -> Self {
        let columns = names.iter().cloned().enumerate().map(|(column, name)| (name, column)).collect();
        Self { names, columns, next: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Begins with the first column again.
    pub(super) fn rewind(&mut self) {
        self.next = 0;
    }

    pub(super) fn column(&mut self, key: &str) -> Option<usize> {
        let column = if self.names.get(self.next).is_some_and(|name| name == key) {
            self.next
        } else {
            *self.columns.get(key)?
        };
        self.next = column + 1;
        Some(column)
    }

    /// The names as columns are named everywhere: trimmed, and by letters where nothing is left.
    pub(super) fn names(&self) -> Vec<String> {
        let name = |(column, name): (usize, &String)| match name.trim() {
            "" => letters(column),
            name => name.to_owned(),
        };
        self.names.iter().enumerate().map(name).collect()
    }
}

/// The keys of the lines in `head`, as far as they can be read; `Err` gives the bound if there are more than `most`.
pub(super) fn names_of(head: &[u8], most: usize) -> Result<Vec<String>, usize> {
    let mut keys = Keys::new(Vec::new());
    for line in head.split(|&byte| byte == b'\n') {
        let Ok(line) = std::str::from_utf8(without_marks(line)) else { continue };
        keys.rewind();
        // A line that cannot be read is rejected when its turn comes; the keys before its fault are keys all the same.
        each_key(line, |key| {
            if keys.column(key).is_none() && keys.len() <= most {
                keys.columns.insert(key.to_owned(), keys.len());
                keys.names.push(key.to_owned());
                keys.next = keys.len();
            }
        });
        if keys.len() > most {
            return Err(most);
        }
    }
    Ok(keys.names)
}
