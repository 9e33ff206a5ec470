//! What a cell becomes by what it stores beside its text.

use fanpass_model::AttributeValue;
use fanpass_table::{Stored, code};

use super::{
    CellFault, CellType, Form,
    dates::{read_date, write_date},
};
use crate::rejects::{DATE, escaped};

/// What a cell that stores more than text becomes, and text that becomes the same.
#[derive(Debug)]
pub(crate) struct StoredCell {
    pub(crate) value: Option<AttributeValue>,
    pub(crate) text: String,
}

impl CellType {
    /// Reads what a cell stores beside its text, and writes it as text that reads so too; `None` if this type is not for it.
    pub(crate) fn read_stored(&self, stored: &Stored) -> Option<Result<StoredCell, CellFault>> {
        let text = match (&self.0, stored) {
            (Form::Integer | Form::Decimal, Stored::Number(number)) => number.clone(),
            (Form::Date(format), Stored::Date(iso)) => match read_date(iso, None) {
                Ok(date) => match format {
                    Some(form) => write_date(date, form).unwrap_or_else(|| format!("{DATE}{iso}")),
                    None => iso.clone(),
                },
                Err(fault) => return Some(Err(fault)),
            },
            (Form::List(separator), Stored::List(entries)) => {
                if entries.iter().any(|entry| entry.contains(separator)) {
                    let message = format!(
                        "an entry of the cell's list holds {separator:?}: map the column with another separator"
                    );
                    return Some(Err(CellFault::new(code::NESTED_VALUE, message)));
                }
                entries.join(separator)
            }
            _ => return None,
        };
        if let (Form::Date(_), Stored::Date(iso)) = (&self.0, stored) {
            return Some(Ok(StoredCell { value: Some(iso.as_str().into()), text }));
        }
        let value = self.read(&text);
        Some(value.map(|value| StoredCell { value, text: escaped(&text).unwrap_or(text) }))
    }

    /// Reads a date that a reject file holds in no form of its column's; `None` for anything else.
    pub(crate) fn read_formless(&self, cell: &str) -> Option<Result<AttributeValue, CellFault>> {
        let iso = cell.trim().strip_prefix(DATE).filter(|_| matches!(self.0, Form::Date(_)))?;
        Some(read_date(iso.trim(), None).map(|date| date.to_string().into()))
    }

    /// What is wrong with a cell of a kind that this type takes, where the value itself is none; `code` is that of its text.
    pub(crate) fn unreadable(&self, code: &str) -> Option<&'static str> {
        match (&self.0, code) {
            (Form::Integer | Form::Decimal, code::FRACTION) => Some(
                "the cell is a number of more than 15 digits, of which the last are not certain: round it",
            ),
            (Form::Date(_), code::DATE_CELL) => Some(
                "the cell is a time without a day, or a day outside the years 1 to 9999: write the date that is meant",
            ),
            _ => None,
        }
    }
}
