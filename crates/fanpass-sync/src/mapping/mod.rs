//! A mapping: which column becomes which attribute, and what a missing value means.

mod bound;
mod cell;
mod column;
mod constant;
mod syntax;

use std::collections::BTreeMap;

use fanpass_model::AttributeKey;
use serde::{Deserialize, Serialize};

pub(crate) use self::bound::{Bound, Mapped};
pub use self::column::ColumnMap;
pub use self::constant::Constant;
use crate::{ErrorKind, SyncError};

/// What becomes of an attribute whose cell has no value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Absent {
    /// The attribute is left alone.
    #[default]
    Skip,
    /// The attribute is taken off the user's record.
    Unset,
}

/// How the columns of a table become attributes of users.
///
/// It deserialises from a configuration file, in which a column or constant is written in its short form, as on the
/// command line, or as a table of its parts:
///
/// ```
/// let mapping: fanpass_sync::Mapping = toml::from_str(r#"
///     id = "fan_id"
///     nulls = ["NULL"]
///     map = [
///         "is_sth=user_properties.sth:boolean,default=no",
///         { column = "plans", key = "user_properties.ticketing_plans", type = "list(|)", blank = "unset" },
///     ]
///     set = ["custom.source=crm"]
/// "#)?;
/// assert_eq!(mapping.keys().count(), 3);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Mapping {
    /// The column of the user ids: its header, or `#1`, `#2`, … for a position. `None` takes the only column, or the
    /// only one whose header is recognised as naming user ids.
    pub id: Option<String>,
    /// Columns that become attributes.
    pub map: Vec<ColumnMap>,
    /// Attributes that every row gets.
    pub set: Vec<Constant>,
    /// What a blank cell means (empty, white space only, or a key that is missing in JSON), for columns that do not say it themselves.
    pub blank: Absent,
    /// What a null means (of JSON, of Parquet, or one of `nulls`), for columns that do not say it themselves.
    pub null: Absent,
    /// Cells that are a null: exactly one of these texts, but for white space around it. None unless stated, so that
    /// `NULL` and `N/A` are text like any other.
    pub nulls: Vec<String>,
}

impl Mapping {
    /// The attributes that updates may carry: those of columns, then constants.
    pub fn keys(&self) -> impl Iterator<Item = &AttributeKey> {
        self.map.iter().map(ColumnMap::key).chain(self.set.iter().map(Constant::key))
    }

    /// Checks what needs no table; [`Updates::new`](crate::Updates::new) does so too.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoAttributes`], or [`ErrorKind::DuplicateKey`] with the parts that write the same attribute.
    pub fn check(&self) -> Result<(), SyncError> {
        let columns = self.map.iter().map(|map| (map.key(), format!("column {:?}", map.column())));
        let constants = self.set.iter().map(|constant| (constant.key(), "a constant".to_owned()));
        let mut writers: BTreeMap<&AttributeKey, Vec<String>> = BTreeMap::new();
        for (key, writer) in columns.chain(constants) {
            writers.entry(key).or_default().push(writer);
        }
        if writers.is_empty() {
            let message = "no attribute is mapped: add --map COLUMN=KEY or --set KEY=VALUE";
            return Err(SyncError::new(ErrorKind::NoAttributes, message));
        }
        match writers.iter().find(|(_, several)| several.len() > 1) {
            None => Ok(()),
            Some((key, several)) => {
                let message = format!("{key} is written by {}; keep one of them", several.join(" and by "));
                Err(SyncError::new(ErrorKind::DuplicateKey, message))
            }
        }
    }
}
