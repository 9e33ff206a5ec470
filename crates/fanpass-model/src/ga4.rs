//! Google Analytics 4: limits that platform attributes must meet to arrive there, as lints.
//!
//! Platform attributes are synced to GA4 as user properties. GA4 drops what breaks a limit without an error, so this
//! is told before anything is sent. Custom attributes are never synced and have no such limits. The limits are the
//! ones Google publishes for user properties.

use std::borrow::Cow;
use std::fmt;

use crate::AttributeDefinition;
use crate::attributes::{AttributeKey, AttributeValue, Namespace};

/// User properties that one GA4 property registers, at most.
pub const MAX_USER_PROPERTIES: usize = 25;
/// Characters of a user property's name, at most.
pub const NAME_MAX_CHARACTERS: usize = 24;
/// Characters of a user property's value, at most.
pub const VALUE_MAX_CHARACTERS: usize = 36;
/// Events that one request carries, at most.
pub const MAX_EVENTS: usize = 25;
/// Characters of an event's name, at most.
pub const EVENT_NAME_MAX_CHARACTERS: usize = 40;
/// Bytes of a request's body, at most; the published limit is "smaller than 130 kB".
pub const BODY_MAX_BYTES: usize = 130_000;
/// Hours that the time of a change may lie back, at most.
pub const BACKDATED_MAX_HOURS: u32 = 72;
/// Names of events that GA4 keeps for itself.
pub const RESERVED_EVENT_NAMES: [&str; 30] = [
    "ad_activeview",
    "ad_click",
    "ad_exposure",
    "ad_query",
    "ad_reward",
    "adunit_exposure",
    "app_clear_data",
    "app_exception",
    "app_install",
    "app_remove",
    "app_store_refund",
    "app_store_subscription_cancel",
    "app_store_subscription_convert",
    "app_store_subscription_renew",
    "app_update",
    "app_upgrade",
    "dynamic_link_app_open",
    "dynamic_link_app_update",
    "dynamic_link_first_open",
    "error",
    "first_open",
    "first_visit",
    "in_app_purchase",
    "notification_dismiss",
    "notification_foreground",
    "notification_open",
    "notification_receive",
    "os_update",
    "session_start",
    "user_engagement",
];
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
    if key.namespace() == Namespace::Custom {
        return None;
    }
    let characters = text(value)?.chars().count();
    (characters > VALUE_MAX_CHARACTERS).then_some(Lint::ValueTooLong { characters })
}

/// Whether GA4 can take all platform attributes among `keys`.
pub fn lint_count<'a>(keys: impl IntoIterator<Item = &'a AttributeKey>) -> Option<Lint> {
    let count = keys.into_iter().filter(|key| key.namespace() == Namespace::Platform).count();
    (count > MAX_USER_PROPERTIES).then_some(Lint::TooManyProperties { count })
}

/// What GA4 would make of these attributes: of their names, their allowed values and their number, a sentence each.
///
/// ```
/// use fanpass_model::{AttributeDefinition, attribute_key, ga4};
/// let warnings = ga4::lint_definitions(&[AttributeDefinition::new(attribute_key!("user_properties.user_id"))]);
/// assert_eq!(warnings, ["user_properties.user_id: GA4 keeps this name for itself"]);
/// ```
pub fn lint_definitions<'a>(definitions: impl IntoIterator<Item = &'a AttributeDefinition>) -> Vec<String> {
    let definitions: Vec<_> = definitions.into_iter().collect();
    let each = definitions.iter().flat_map(|definition| {
        let key = &definition.key;
        lint_definition(definition).into_iter().map(move |lint| format!("{key}: {lint}"))
    });
    let count = lint_count(definitions.iter().map(|definition| &definition.key));
    each.chain(count.map(|lint| lint.to_string())).collect()
}

/// What GA4 would make of an attribute's name and its allowed values; empty for custom attributes.
pub fn lint_definition(definition: &AttributeDefinition) -> Vec<Lint> {
    let key = &definition.key;
    let values = definition.allowed_values.iter().filter_map(|value| lint_value(key, value));
    lint_key(key).into_iter().chain(values).collect()
}

/// A value as the text that GA4 gets: a list as its entries joined by commas; `None` where there is nothing to say, which
/// is an unset attribute, an empty text and an empty list.
///
/// ```
/// use fanpass_model::{AttributeValue, ga4};
/// let plans = AttributeValue::List(vec!["full-season".to_owned(), "cup".to_owned()]);
/// assert_eq!(ga4::text(&plans).as_deref(), Some("full-season,cup"));
/// assert_eq!(ga4::text(&AttributeValue::Unset), None);
/// ```
pub fn text(value: &AttributeValue) -> Option<Cow<'_, str>> {
    let text = match value {
        AttributeValue::Unset => return None,
        AttributeValue::Text(text) => Cow::Borrowed(text.as_str()),
        AttributeValue::Number(number) => number.to_string().into(),
        AttributeValue::Boolean(boolean) => boolean.to_string().into(),
        AttributeValue::List(entries) => entries.join(",").into(),
    };
    (!text.is_empty()).then_some(text)
}

/// Whether GA4 takes events of this name: letters, digits and `_`, a letter first, at most
/// [`EVENT_NAME_MAX_CHARACTERS`], none of [`RESERVED_EVENT_NAMES`] and without [`RESERVED_PREFIXES`].
pub fn is_event_name(name: &str) -> bool {
    name.len() <= EVENT_NAME_MAX_CHARACTERS
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !RESERVED_EVENT_NAMES.contains(&name)
        && !RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}
