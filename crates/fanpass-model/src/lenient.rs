//! How wire types read what another FanPass may write differently.

use serde::{Deserialize, Deserializer};

/// Reads a list that may be `null`, which some JSON writers put where others leave an empty list out.
pub(crate) fn null_as_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
