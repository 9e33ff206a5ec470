//! One attribute that every row gets, whatever its cells hold.

use std::str::FromStr;

use fanpass_model::{AttributeKey, AttributeType, AttributeValue};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::syntax::{settle, take_key, text_or_table};
use crate::{CellType, SyncError};

/// An attribute with the same value for every user of a table.
///
/// Written `KEY[:TYPE]=VALUE`: the value is read once, as a cell of that type would be ([`CellType`]).
///
/// ```
/// use fanpass_sync::Constant;
///
/// let constant: Constant = "custom.points:integer=500".parse()?;
/// assert_eq!(constant.value(), &500.into());
/// # Ok::<(), fanpass_sync::SyncError>(())
/// ```
///
/// As a table of a configuration file it has the members `key`, `type`, `value`; there the value may be of its own
/// type.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    key: AttributeKey,
    value: AttributeValue,
}

impl Constant {
    /// The attribute.
    pub fn key(&self) -> &AttributeKey {
        &self.key
    }

    /// Its value.
    pub fn value(&self) -> &AttributeValue {
        &self.value
    }
}

/// The parts of a constant as they are written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    key: AttributeKey,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    cell: Option<String>,
    value: AttributeValue,
}

impl Serialize for Constant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { key, value } = self.clone();
        Parts { key, cell: None, value }.serialize(serializer)
    }
}

impl TryFrom<Parts> for Constant {
    type Error = SyncError;

    fn try_from(Parts { key, cell, value }: Parts) -> Result<Self, SyncError> {
        let about = |error: SyncError| error.at(format!("the constant {key}"));
        let value = match (cell, value.attribute_type()) {
            (Some(cell), _) => cell.parse().and_then(|cell: CellType| settle(value, &cell)),
            (None, Some(AttributeType::String) | None) => settle(value, &CellType::default()),
            (None, Some(_)) => Ok(value),
        };
        Ok(Self { value: value.map_err(about)?, key })
    }
}

impl FromStr for Constant {
    type Err = SyncError;

    fn from_str(text: &str) -> Result<Self, SyncError> {
        let (key, cell, rest) = take_key(text, '=')?;
        let Some(value) = rest.strip_prefix('=') else {
            return Err(SyncError::syntax(format!("write {text}=VALUE: a constant needs a value")));
        };
        Parts { key, cell: cell.map(|cell| cell.to_string()), value: value.into() }.try_into()
    }
}

impl<'de> Deserialize<'de> for Constant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text_or_table::<D, Parts, Self>(deserializer)
    }
}
