//! Which sheet of a workbook is meant.

use crate::{ErrorKind, TableError, origin::Origin, origin::quoted};

/// A worksheet as the workbook lists it.
#[derive(Debug)]
pub(crate) struct Sheet<P> {
    pub(crate) name: String,
    pub(crate) visible: bool,
    /// Where its cells are.
    pub(crate) place: P,
}

/// The sheet of the given name, hidden or not; without a name the only visible one that holds data.
pub(crate) fn choose<P>(
    sheets: Vec<Sheet<P>>,
    wanted: Option<&str>,
    origin: &Origin,
    mut has_data: impl FnMut(&Sheet<P>) -> Result<bool, TableError>,
) -> Result<Sheet<P>, TableError> {
    let all = list(sheets.iter());
    if let Some(wanted) = wanted {
        // Excel compares sheet names without case.
        let same = |sheet: &Sheet<P>| sheet.name.to_lowercase() == wanted.to_lowercase();
        return sheets.into_iter().find(same).ok_or_else(|| {
            let message = format!("there is no sheet {}; the sheets are {all}", quoted(wanted));
            TableError::new(ErrorKind::UnknownSheet, origin, message)
        });
    }
    let mut filled = Vec::new();
    for sheet in sheets {
        if sheet.visible && has_data(&sheet)? {
            filled.push(sheet);
        }
    }
    if filled.len() > 1 {
        let message = format!("several sheets hold data: name the sheet to read ({})", list(filled.iter()));
        return Err(TableError::new(ErrorKind::AmbiguousSheet, origin, message));
    }
    filled.pop().ok_or_else(|| {
        let message = format!("no visible sheet holds data; the sheets are {all}");
        TableError::new(ErrorKind::Empty, origin, message)
    })
}

fn list<'a, P: 'a>(sheets: impl Iterator<Item = &'a Sheet<P>>) -> String {
    let shown: Vec<_> = sheets
        .take(50)
        .map(|sheet| format!("{}{}", quoted(&sheet.name), if sheet.visible { "" } else { " (hidden)" }))
        .collect();
    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
}
