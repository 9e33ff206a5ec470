//! What a cell becomes: the value that it gives, none, or a fault.

use fanpass_model::{AttributeDefinition, AttributeValue};
use fanpass_table::{Row, Stored};

use super::{Absent, ColumnMap, Mapping, bound::Bound};
use crate::{
    CellFault,
    cell_type::StoredCell,
    code,
    rejects::{FAULT, NULL, escaped, unescaped},
};

impl Bound {
    /// The value that a cell gives; `None` leaves the attribute alone.
    pub(super) fn cell(
        &self,
        mapping: &Mapping,
        map: &ColumnMap,
        row: &Row<'_>,
        column: usize,
        shown: &mut Vec<(usize, String)>,
    ) -> Result<Option<AttributeValue>, CellFault> {
        match row.stored(column) {
            Some(Stored::Null) => {
                let null = mapping.null_of(map);
                if null != mapping.blank_of(map) {
                    shown.push((column, NULL.to_owned()));
                }
                return Ok(null);
            }
            Some(stored) => {
                if let Some(read) = map.cell.read_stored(stored) {
                    let StoredCell { value, text } = read?;
                    shown.push((column, text));
                    return Ok(value.or_else(|| mapping.blank_of(map)));
                }
            }
            None => {}
        }
        let cell = row.cell(column).map_err(|reject| {
            let mut fault = CellFault::from(reject);
            match (row.stored(column), map.cell.unreadable(fault.code)) {
                (None, Some(message)) => message.clone_into(&mut fault.message),
                (stored, _) => fault.message.push_str(stored.map_or("", type_for)),
            }
            fault
        })?;
        if !self.of_rejects {
            shown.extend(escaped(cell).map(|text| (column, text)));
            return mapping.read(map, cell);
        }
        if cell.starts_with(FAULT) {
            let message = format!(
                "the cell could not be read as it was: write what is meant in the place of {FAULT:?} and all"
            );
            return Err(CellFault::new(code::NOT_MENDED, message));
        }
        if cell == NULL {
            return Ok(mapping.null_of(map));
        }
        let formless = map.cell.read_formless(cell).map(|date| date.map(Some));
        formless.unwrap_or_else(|| mapping.read(map, unescaped(cell)))
    }
}

impl Mapping {
    /// The value that a cell gives; `None` leaves the attribute alone.
    fn read(&self, map: &ColumnMap, cell: &str) -> Result<Option<AttributeValue>, CellFault> {
        let trimmed = cell.trim();
        if !trimmed.is_empty() {
            if self.is_null(trimmed) {
                return Ok(self.null_of(map));
            }
            if let Some(value) = map.cell.read(if map.trim { trimmed } else { cell })? {
                return Ok(Some(value));
            }
        }
        Ok(self.blank_of(map))
    }

    /// Whether a cell, white space around it trimmed, is text that is stated to mean null.
    pub(super) fn is_null(&self, trimmed: &str) -> bool {
        self.nulls.iter().any(|null| null.trim() == trimmed)
    }

    /// What a null becomes.
    fn null_of(&self, map: &ColumnMap) -> Option<AttributeValue> {
        absent(map.null.unwrap_or(self.null))
    }

    /// What a cell without a value becomes.
    fn blank_of(&self, map: &ColumnMap) -> Option<AttributeValue> {
        map.default.clone().or_else(|| absent(map.blank.unwrap_or(self.blank)))
    }
}

/// What to do about a cell whose text is refused, if a type could take what it stores.
fn type_for(stored: &Stored) -> &'static str {
    match stored {
        Stored::Date(_) => ", or map the column as date",
        Stored::Number(_) => ", or map the column as decimal",
        Stored::List(_) => ", or map the column as list(|)",
        _ => "",
    }
}

/// The value, if it is one that the attribute takes.
pub(super) fn within(
    bounds: Option<&AttributeDefinition>,
    value: Option<AttributeValue>,
) -> Result<Option<AttributeValue>, CellFault> {
    let violation = bounds.zip(value.as_ref()).and_then(|(bounds, value)| bounds.check_value(value));
    match violation {
        None => Ok(value),
        Some(violation) => Err(CellFault::new(violation.kind.code(), violation.to_string())),
    }
}

fn absent(policy: Absent) -> Option<AttributeValue> {
    match policy {
        Absent::Skip => None,
        Absent::Unset => Some(AttributeValue::Unset),
    }
}
