//! Why an attribute may not be written, in words for people and for programs.

use std::fmt;

use super::{AttributeKey, AttributeType, AttributeValue};

/// Allowed values that a message lists.
const SHOWN: usize = 5;
/// Characters of a refused value that a message shows.
const SHOWN_CHARACTERS: usize = 40;

/// One attribute of an update that may not be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// The attribute.
    pub key: AttributeKey,
    /// Why not.
    pub kind: ViolationKind,
}

/// Why an attribute may not be written.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ViolationKind {
    /// The platform catalogue has no such key.
    UnknownPlatform {
        /// A known key spelled alike.
        nearest: Option<AttributeKey>,
    },
    /// The custom attribute was never registered.
    Unregistered {
        /// A registered key spelled alike.
        nearest: Option<AttributeKey>,
        /// The value's type; `None` for one that unsets.
        found: Option<AttributeType>,
    },
    /// The value is not of the declared type.
    WrongType {
        /// The declared type.
        expected: AttributeType,
        /// The value's type.
        found: AttributeType,
    },
    /// The attribute can be unset and not be set any more.
    Retired,
    /// The value is none of those that the attribute takes.
    NotAllowed {
        /// The value; of a list the first entry that is not allowed.
        value: AttributeValue,
        /// Those that it takes.
        allowed: Vec<AttributeValue>,
        /// One of them that is spelled alike.
        nearest: Option<AttributeValue>,
    },
}

impl ViolationKind {
    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownPlatform { .. } => "unknown_platform_attribute",
            Self::Unregistered { .. } => "unregistered_attribute",
            Self::WrongType { .. } => "wrong_type",
            Self::Retired => "retired_attribute",
            Self::NotAllowed { .. } => "not_allowed",
        }
    }
}

impl Violation {
    /// The command of the tool that makes the attribute writable, where there is one: the words behind `fanpass`, before the
    /// options that name the service.
    pub fn remedy(&self) -> Option<String> {
        let key = &self.key;
        match &self.kind {
            ViolationKind::Unregistered { nearest: None, found } => {
                let kind = found.map(|kind| format!(" --type {kind}")).unwrap_or_default();
                Some(format!("attributes register {key}{kind}"))
            }
            ViolationKind::Retired => Some(format!("attributes restore {key}")),
            _ => None,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, remedy) = (&self.key, self.remedy().unwrap_or_default());
        match &self.kind {
            ViolationKind::UnknownPlatform { nearest: Some(nearest) } => {
                write!(f, "{key} is not in the platform catalogue; did you mean {nearest}?")
            }
            ViolationKind::UnknownPlatform { nearest: None } => {
                write!(
                    f,
                    "{key} is not in the platform catalogue; extend the catalogue, or use a custom attribute"
                )
            }
            ViolationKind::Unregistered { nearest: Some(nearest), .. } => {
                write!(f, "{key} is not registered; did you mean {nearest}?")
            }
            ViolationKind::Unregistered { nearest: None, .. } => {
                write!(f, "{key} is not registered; register it first: `fanpass {remedy}`")
            }
            ViolationKind::WrongType { expected, found } => {
                write!(f, "{key} takes a {expected}, and this is a {found}")
            }
            ViolationKind::Retired => {
                write!(f, "{key} is retired and takes no value, only null; `fanpass {remedy}` restores it")
            }
            ViolationKind::NotAllowed { value, allowed, nearest } => {
                let shown: Vec<_> = allowed.iter().take(SHOWN).map(written).collect();
                write!(f, "{key} does not take {}: its values are {}", written(value), shown.join(", "))?;
                if allowed.len() > SHOWN {
                    write!(f, ", … ({} in all)", allowed.len())?;
                }
                nearest.iter().try_for_each(|nearest| write!(f, "; did you mean {}?", written(nearest)))
            }
        }
    }
}

/// A value as JSON writes it, cut where it is long.
fn written(value: &AttributeValue) -> String {
    let json = serde_json::to_string(value).unwrap_or_default();
    match json.char_indices().nth(SHOWN_CHARACTERS) {
        Some((at, _)) => format!("{}…", json.get(..at).unwrap_or_default()),
        None => json,
    }
}
