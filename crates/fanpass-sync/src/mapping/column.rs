//! One column that becomes one attribute.

use std::str::FromStr;

use fanpass_model::{AttributeKey, AttributeValue};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    Absent,
    syntax::{settle, split_column, take_key, text_or_table},
};
use crate::{CellType, SyncError};

/// A column of a table and the attribute that its cells become.
///
/// Written `COLUMN=KEY[:TYPE][,OPTION…]`. The column is its header, or `#1`, `#2`, … for a position; a header may
/// hold `=`. [`CellType`] lists the types; without one, cells are text. The options:
///
/// - `trim`: white space around text is taken away;
/// - `blank=skip`, `blank=unset`: what a blank cell means, for this column;
/// - `null=skip`, `null=unset`: what a null means, for this column;
/// - `default=VALUE`: what a blank cell stands for, instead of `blank`; a null stays one. It takes all of the rest, so it comes last.
///
/// ```
/// use fanpass_sync::ColumnMap;
///
/// let map: ColumnMap = "plans=user_properties.ticketing_plans:list(|),blank=unset".parse()?;
/// assert_eq!((map.column(), map.key().name()), ("plans", "ticketing_plans"));
/// # Ok::<(), fanpass_sync::SyncError>(())
/// ```
///
/// As a table of a configuration file it has the members `column`, `key`, `type`, `trim`, `blank`, `null`, `default`.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnMap {
    pub(super) column: String,
    pub(super) key: AttributeKey,
    pub(super) cell: CellType,
    pub(super) trim: bool,
    pub(super) blank: Option<Absent>,
    pub(super) null: Option<Absent>,
    pub(super) default: Option<AttributeValue>,
    /// The default as it was written, such as a date in the column's own form.
    written: Option<AttributeValue>,
}

impl ColumnMap {
    /// The column, as the mapping names it.
    pub fn column(&self) -> &str {
        &self.column
    }

    /// The attribute that it becomes.
    pub fn key(&self) -> &AttributeKey {
        &self.key
    }

    /// How its cells are read.
    pub fn cell_type(&self) -> &CellType {
        &self.cell
    }

    /// What a blank cell stands for, if that is stated.
    pub fn default(&self) -> Option<&AttributeValue> {
        self.default.as_ref()
    }
}

/// The parts of a column's mapping as they are written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    column: String,
    key: AttributeKey,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    cell: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    trim: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    blank: Option<Absent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    null: Option<Absent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<AttributeValue>,
}

impl Serialize for ColumnMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { column, key, cell, trim, blank, null, default: _, written } = self.clone();
        let parts = Parts { column, key, cell: Some(cell.to_string()), trim, blank, null, default: written };
        parts.serialize(serializer)
    }
}

impl TryFrom<Parts> for ColumnMap {
    type Error = SyncError;

    fn try_from(parts: Parts) -> Result<Self, SyncError> {
        let Parts { column, key, cell, trim, blank, null, default } = parts;
        let cell: CellType = cell.as_deref().map_or(Ok(CellType::default()), str::parse)?;
        if column.trim().is_empty() {
            return Err(SyncError::syntax(format!("no column is named for {key}")));
        }
        if trim && cell != CellType::default() {
            let message = format!("{key}: white space around a {cell} never counts; leave out `trim`");
            return Err(SyncError::syntax(message));
        }
        if default.is_some() && blank.is_some() {
            let message =
                format!("{key}: a blank cell has a default and a policy; keep `default` or `blank`");
            return Err(SyncError::syntax(message));
        }
        let as_text = default.clone();
        let default = default
            .map(|value| settle(value, &cell).map_err(|error| error.at(format!("the default of {key}"))))
            .transpose()?;
        // Only text can be another than it was: a date comes to be written as all dates are.
        let is_text = matches!(default, Some(AttributeValue::Text(_)));
        let written = if is_text { as_text } else { default.clone() };
        Ok(Self { column: column.trim().to_owned(), key, cell, trim, blank, null, default, written })
    }
}

impl FromStr for ColumnMap {
    type Err = SyncError;

    fn from_str(text: &str) -> Result<Self, SyncError> {
        let about = |error: SyncError| error.at(format!("mapping {text:?}"));
        parse(text).map_err(about)
    }
}

fn parse(text: &str) -> Result<ColumnMap, SyncError> {
    let form = || SyncError::syntax("write COLUMN=KEY[:TYPE], such as tier=custom.loyalty_tier");
    let (column, rest) = split_column(text).ok_or_else(form)?;
    let (key, cell, mut options) = take_key(rest, ',')?;
    let mut parts = Parts {
        column: column.to_owned(),
        key,
        cell: cell.map(|cell| cell.to_string()),
        trim: false,
        blank: None,
        null: None,
        default: None,
    };
    while let Some(rest) = options.strip_prefix(',') {
        if let Some(value) = rest.strip_prefix("default=") {
            parts.default = Some(value.into());
            break;
        }
        let (option, behind) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
        match option.trim() {
            "trim" => parts.trim = true,
            "blank=skip" => state(&mut parts.blank, Absent::Skip, "blank")?,
            "blank=unset" => state(&mut parts.blank, Absent::Unset, "blank")?,
            "null=skip" => state(&mut parts.null, Absent::Skip, "null")?,
            "null=unset" => state(&mut parts.null, Absent::Unset, "null")?,
            _ => {
                let options = "trim, blank=skip, blank=unset, null=skip, null=unset, default=VALUE";
                return Err(SyncError::syntax(format!(
                    "there is no option {option:?}; the options are {options}"
                )));
            }
        }
        options = behind;
    }
    parts.try_into()
}

/// Keeps what an option says, once: of two that contradict each other the last one would win unseen.
fn state(option: &mut Option<Absent>, value: Absent, name: &str) -> Result<(), SyncError> {
    match option.replace(value) {
        None => Ok(()),
        Some(_) => Err(SyncError::syntax(format!("`{name}` is stated twice; keep one of them"))),
    }
}

impl<'de> Deserialize<'de> for ColumnMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text_or_table::<D, Parts, Self>(deserializer)
    }
}
