//! `UserProperties`: a user's attributes by key, as one flat map.

use std::collections::BTreeMap;
use std::collections::btree_map::{self, Entry};
use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{AttributeKey, AttributeValue};
use crate::error::{ErrorKind, ModelError};

/// Attributes by key. On the wire a flat object whose members carry their prefix; a member that stands twice is an
/// error there, because which of the two would win depends on the reader.
///
/// ```
/// use fanpass_model::{AttributeValue, UserProperties, attribute_key};
/// let properties = UserProperties::from_iter([
///     (attribute_key!("user_properties.sth"), AttributeValue::from(true)),
///     (attribute_key!("custom.shirt_size"), AttributeValue::Unset),
/// ]);
/// assert_eq!(serde_json::to_string(&properties)?, r#"{"custom.shirt_size":null,"user_properties.sth":true}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct UserProperties(BTreeMap<AttributeKey, AttributeValue>);

impl UserProperties {
    /// No attributes yet.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Sets one attribute and gives back what stood there.
    pub fn insert(&mut self, key: AttributeKey, value: AttributeValue) -> Option<AttributeValue> {
        self.0.insert(key, value)
    }

    /// One attribute's value.
    pub fn get(&self, key: &str) -> Option<&AttributeValue> {
        self.0.get(key)
    }

    /// All attributes, by key.
    pub fn iter(&self) -> btree_map::Iter<'_, AttributeKey, AttributeValue> {
        self.0.iter()
    }

    /// How many attributes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(AttributeKey, AttributeValue)> for UserProperties {
    fn from_iter<I: IntoIterator<Item = (AttributeKey, AttributeValue)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl IntoIterator for UserProperties {
    type Item = (AttributeKey, AttributeValue);
    type IntoIter = btree_map::IntoIter<AttributeKey, AttributeValue>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a UserProperties {
    type Item = (&'a AttributeKey, &'a AttributeValue);
    type IntoIter = btree_map::Iter<'a, AttributeKey, AttributeValue>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'de> Deserialize<'de> for UserProperties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PropertiesVisitor)
    }
}

struct PropertiesVisitor;

impl<'de> Visitor<'de> for PropertiesVisitor {
    type Value = UserProperties;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of attributes by key")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<UserProperties, A::Error> {
        let mut properties = BTreeMap::new();
        while let Some(key) = members.next_key::<AttributeKey>()? {
            match properties.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(members.next_value()?);
                }
                Entry::Occupied(entry) => {
                    let twice = ModelError::new("attribute key", ErrorKind::DuplicateKey);
                    return Err(de::Error::custom(format_args!("{twice}: {}", entry.key())));
                }
            }
        }
        Ok(UserProperties(properties))
    }
}
