//! How requests are read: what stands there has to mean something, or its sender takes it for more than it is.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Reads a member that may be left out, and may not be `null`.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let value = Option::deserialize(deserializer)?;
    value.map(Some).ok_or_else(|| D::Error::custom("found null; give the member a value, or leave it out"))
}

/// Reads a list that may be left out, and may not be empty.
pub(crate) fn not_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let entries = Vec::deserialize(deserializer)?;
    if entries.is_empty() {
        return Err(D::Error::custom("the list is empty; name at least one entry"));
    }
    Ok(entries)
}
