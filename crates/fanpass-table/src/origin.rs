//! Where rows come from, as text for people.

use std::{borrow::Cow, sync::Arc};

use crate::columns::letters;

/// A file, or a file in an archive, and the sheet in it.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// `holders.csv`, or `fans.zip:north.xlsx`.
    file: Arc<str>,
    sheet: Option<Arc<str>>,
}

impl Origin {
    /// A file by its display name. Control characters are shown escaped: names come from uploads and archives.
    pub(crate) fn file(name: &str) -> Self {
        Self { file: printable(name).into(), sheet: None }
    }

    pub(crate) fn entry(&self, name: &str) -> Self {
        Self { file: format!("{}:{}", self.file, printable(name)).into(), sheet: None }
    }

    pub(crate) fn sheet(&self, name: &str) -> Self {
        Self { file: Arc::clone(&self.file), sheet: Some(printable(name).into()) }
    }

    /// The sheet's name, shown as in locations.
    pub(crate) fn sheet_name(&self) -> Option<&str> {
        self.sheet.as_deref()
    }

    /// The place of a row, or of its cell in the given column (0 is the first).
    pub(crate) fn locate(&self, row: u64, line: Option<u64>, column: Option<usize>) -> String {
        let cell = column.map(letters).unwrap_or_default();
        match &self.sheet {
            Some(sheet) => format!("{}:{sheet}!{cell}{row}", self.file),
            None => match line {
                Some(line) => format!("{}:{line}", self.file),
                // Only formats without lines and sheets have rows to count by.
                None => format!("{}:row {row}", self.file),
            },
        }
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        self.sheet.as_ref().map_or(Ok(()), |sheet| write!(f, ":{sheet}"))
    }
}

/// How many names a message lists.
const LISTED: usize = 10;

/// Names in quotes for people, the first of them if there are many.
pub(crate) fn list_names(names: &[String]) -> String {
    let shown: Vec<_> = names.iter().take(LISTED).map(|name| quoted(name)).collect();
    let more = names.len().saturating_sub(LISTED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

/// Characters of a name that are shown at either end of a long one.
const ENDS: usize = 100;

/// The text in quotes, its control characters escaped; a long one is cut in its middle.
pub(crate) fn quoted(text: &str) -> String {
    format!("{:?}", cut(text))
}

/// The text with its control characters escaped, so that a hostile name cannot forge lines or drive a terminal. A long one is
/// cut in its middle: it stands in the place of every row, and an archive's names may have 64 KiB.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::new();
    for character in cut(text).chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= 2 * ENDS {
        return text.into();
    }
    let behind = text.chars().count().saturating_sub(ENDS);
    if behind <= ENDS {
        return text.into();
    }
    let (begin, end) = (text.chars().take(ENDS), text.chars().skip(behind));
    begin.chain(['…']).chain(end).collect::<String>().into()
}
