//! `UserProperties`: a user's attributes by key, as one flat map.

use std::{fmt, slice, vec};

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
// Sorted by key: users have few attributes, and a run makes, copies and drops one of these for each row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserProperties(Vec<(AttributeKey, AttributeValue)>);

impl UserProperties {
    /// No attributes yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The same with room for so many attributes.
    pub fn with_capacity(attributes: usize) -> Self {
        Self(Vec::with_capacity(attributes))
    }

    /// Sets one attribute and gives back what stood there.
    pub fn insert(&mut self, key: AttributeKey, value: AttributeValue) -> Option<AttributeValue> {
        match self.place(key.as_str()) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    /// One attribute's value.
    pub fn get(&self, key: &str) -> Option<&AttributeValue> {
        self.place(key).ok().map(|at| &self.0[at].1)
    }

    /// All attributes, by key.
    pub fn iter(&self) -> Attributes<'_> {
        Attributes(self.0.iter())
    }

    /// Keeps the attributes for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&AttributeKey, &AttributeValue) -> bool) {
        self.0.retain(|(key, value)| keep(key, value));
    }

    /// How many attributes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where a key stands, or where it would.
    fn place(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_str().cmp(key))
    }
}

/// The attributes of [`UserProperties`], by key.
#[derive(Debug, Clone)]
pub struct Attributes<'a>(slice::Iter<'a, (AttributeKey, AttributeValue)>);

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a AttributeKey, &'a AttributeValue);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Attributes<'_> {}

impl FromIterator<(AttributeKey, AttributeValue)> for UserProperties {
    /// Of several values of one key the last counts.
    fn from_iter<I: IntoIterator<Item = (AttributeKey, AttributeValue)>>(entries: I) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        // Gives the later of two to the earlier, which stays.
        entries.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        Self(entries)
    }
}

impl IntoIterator for UserProperties {
    type Item = (AttributeKey, AttributeValue);
    type IntoIter = vec::IntoIter<Self::Item>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a UserProperties {
    type Item = (&'a AttributeKey, &'a AttributeValue);
    type IntoIter = Attributes<'a>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Serialize for UserProperties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
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
        let mut entries = Vec::new();
        while let Some(entry) = members.next_entry::<AttributeKey, AttributeValue>()? {
            entries.push(entry);
        }
        // Once, as placing each of a million members that are in no order would take hours.
        entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        if let Some([(key, _), _]) = entries.array_windows().find(|[(one, _), (other, _)]| one == other) {
            let twice = ModelError::new("attribute key", ErrorKind::DuplicateKey);
            return Err(de::Error::custom(format_args!("{twice}: {key}")));
        }
        Ok(UserProperties(entries))
    }
}
