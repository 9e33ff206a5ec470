//! Google Analytics 4: limits that platform attributes must meet to arrive there, as lints.
//!
//! Platform attributes are synced to GA4 as user properties. GA4 drops what breaks a limit without an error, so this
//! is told before anything is sent. Custom attributes are never synced and have no such limits. The limits are the
//! ones Google publishes for user properties.

use std::fmt;

use crate::attributes::{AttributeKey, AttributeValue, Namespace};

/// User properties that one GA4 property registers, at most.
pub const MAX_USER_PROPERTIES: usize = 25;
/// Characters of a user property's name, at most.
pub const NAME_MAX_CHARACTERS: usize = 24;
/// Characters of a user property's value, at most.
pub const VALUE_MAX_CHARACTERS: usize = 36;
/// Prefixes that GA4 keeps for itself.
pub const RESERVED_PREFIXES: [&str; 3] = ["google_", "ga_", "firebase_"];
/// Names that GA4 keeps for itself.
pub const RESERVED_NAMES: [&str; 5] =
    ["first_open_time", "first_visit_time", "last_deep_link_referrer", "user_id", "first_open_after_install"];

/// Something that keeps an attribute from being useful in GA4.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lint {
    /// The name has more than [`NAME_MAX_CHARACTERS`].
    NameTooLong {
        /// Characters found.
        characters: usize,
    },
    /// The name begins with one of [`RESERVED_PREFIXES`].
    ReservedPrefix(&'static str),
    /// The name is one of [`RESERVED_NAMES`].
    ReservedName,
    /// The value, as text, has more than [`VALUE_MAX_CHARACTERS`].
    ValueTooLong {
        /// Characters found.
        characters: usize,
    },
    /// There are more platform attributes than [`MAX_USER_PROPERTIES`].
    TooManyProperties {
        /// Attributes found.
        count: usize,
    },
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameTooLong { characters } => {
                write!(
                    f,
                    "GA4 drops names of more than {NAME_MAX_CHARACTERS} characters; this one has {characters}"
                )
            }
            Self::ReservedPrefix(prefix) => {
                write!(f, "GA4 keeps names that begin with `{prefix}` for itself")
            }
            Self::ReservedName => f.write_str("GA4 keeps this name for itself"),
            Self::ValueTooLong { characters } => {
                write!(f, "GA4 cuts values at {VALUE_MAX_CHARACTERS} characters; this one has {characters}")
            }
            Self::TooManyProperties { count } => {
                write!(f, "GA4 takes {MAX_USER_PROPERTIES} user properties; these are {count}")
            }
        }
    }
}

/// What GA4 would make of an attribute of this name; empty for custom attributes.
///
/// ```
/// use fanpass_model::{attribute_key, ga4};
/// let lints = ga4::lint_key(&attribute_key!("user_properties.ga_tier"));
/// assert_eq!(lints, [ga4::Lint::ReservedPrefix("ga_")]);
/// ```
pub fn lint_key(key: &AttributeKey) -> Vec<Lint> {
    if key.namespace() == Namespace::Custom {
        return Vec::new();
    }
    let name = key.name();
    let mut lints = Vec::new();
    if name.len() > NAME_MAX_CHARACTERS {
        lints.push(Lint::NameTooLong { characters: name.len() });
    }
    lints.extend(
        RESERVED_PREFIXES
            .iter()
            .filter(|prefix| name.starts_with(**prefix))
            .copied()
            .map(Lint::ReservedPrefix),
    );
    if RESERVED_NAMES.contains(&name) {
        lints.push(Lint::ReservedName);
    }
    lints
}

/// What GA4 would make of this value of an attribute; `None` when it arrives whole.
///
/// A list counts as its entries joined by commas.
pub fn lint_value(key: &AttributeKey, value: &AttributeValue) -> Option<Lint> {
    let characters = match (key.namespace(), value) {
        (Namespace::Custom, _) | (_, AttributeValue::Unset) => 0,
        (_, AttributeValue::Text(text)) => text.chars().count(),
        (_, AttributeValue::Number(number)) => number.to_string().len(),
        (_, AttributeValue::Boolean(boolean)) => boolean.to_string().len(),
        (_, AttributeValue::List(entries)) => {
            entries.iter().map(|entry| entry.chars().count()).sum::<usize>() + entries.len().saturating_sub(1)
        }
    };
    (characters > VALUE_MAX_CHARACTERS).then_some(Lint::ValueTooLong { characters })
}

/// Whether GA4 can take all platform attributes among `keys`.
pub fn lint_count<'a>(keys: impl IntoIterator<Item = &'a AttributeKey>) -> Option<Lint> {
    let count = keys.into_iter().filter(|key| key.namespace() == Namespace::Platform).count();
    (count > MAX_USER_PROPERTIES).then_some(Lint::TooManyProperties { count })
}
