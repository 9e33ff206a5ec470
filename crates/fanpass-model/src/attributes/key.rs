//! `AttributeKey`: `user_properties.*` or `custom.*`, checked when parsed and, in a literal, when compiled.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text::SharedText;
use crate::error::{ErrorKind, ModelError};

const SUBJECT: &str = "attribute key";
const PLATFORM_PREFIX: &str = "user_properties.";
const CUSTOM_PREFIX: &str = "custom.";

/// Characters of the name behind the prefix, at most. Assumed.
pub const ATTRIBUTE_NAME_MAX_CHARACTERS: usize = 64;

/// Which of the two families an attribute belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespace {
    /// `user_properties.*`: pre-defined by the platform, synced to GA4 with every analytics event.
    Platform,
    /// `custom.*`: defined and registered by the customer, never synced to GA4.
    Custom,
}

impl Namespace {
    /// The text in front of the name, its dot included.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Platform => PLATFORM_PREFIX,
            Self::Custom => CUSTOM_PREFIX,
        }
    }
}

/// The key of an attribute: a [`Namespace`] prefix and a name of letters, digits and `_` that starts with a letter.
///
/// ```
/// use fanpass_model::{AttributeKey, Namespace, attribute_key};
/// let key: AttributeKey = "custom.loyalty_tier".parse()?;
/// assert_eq!((key.namespace(), key.name()), (Namespace::Custom, "loyalty_tier"));
///
/// const STH: AttributeKey = attribute_key!("user_properties.sth");
/// assert_eq!(STH.namespace(), Namespace::Platform);
/// # Ok::<(), fanpass_model::ModelError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct AttributeKey(SharedText);

impl AttributeKey {
    /// Parses a key, prefix included.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownPrefix`], [`ErrorKind::EmptyName`], [`ErrorKind::NameStart`],
    /// [`ErrorKind::NameCharacter`] or [`ErrorKind::TooLong`].
    pub fn new(text: impl Into<Cow<'static, str>>) -> Result<Self, ModelError> {
        let text = text.into();
        match Self::check(&text) {
            Ok(_) => Ok(Self(text.into())),
            Err(kind) => Err(ModelError::new(SUBJECT, kind)),
        }
    }

    /// The key in a literal; [`attribute_key!`](crate::attribute_key) calls it where a wrong one cannot compile.
    ///
    /// # Panics
    /// When `text` is no key. In a constant that is a compile error.
    #[allow(clippy::panic, reason = "evaluated by the compiler: a wrong literal must not build")]
    pub const fn from_static(text: &'static str) -> Self {
        match Self::check(text) {
            Ok(_) => Self(SharedText::Static(text)),
            Err(ErrorKind::UnknownPrefix) => {
                panic!("attribute keys begin with `user_properties.` or `custom.`")
            }
            Err(ErrorKind::EmptyName) => panic!("the attribute key has no name behind its prefix"),
            Err(ErrorKind::NameStart) => panic!("an attribute's name starts with an ASCII letter"),
            Err(ErrorKind::TooLong { .. }) => panic!("an attribute's name has at most 64 characters"),
            Err(_) => panic!("an attribute's name has only ASCII letters, digits and `_`"),
        }
    }

    /// Which namespace `text` belongs to, if it is a key; usable in constants.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub const fn check(text: &str) -> Result<Namespace, ErrorKind> {
        let bytes = text.as_bytes();
        let namespace = if starts_with(bytes, PLATFORM_PREFIX.as_bytes()) {
            Namespace::Platform
        } else if starts_with(bytes, CUSTOM_PREFIX.as_bytes()) {
            Namespace::Custom
        } else {
            return Err(ErrorKind::UnknownPrefix);
        };
        let start = namespace.prefix().len();
        if bytes.len() == start {
            return Err(ErrorKind::EmptyName);
        }
        if !bytes[start].is_ascii_alphabetic() {
            return Err(ErrorKind::NameStart);
        }
        let mut at = start;
        while at < bytes.len() {
            if !bytes[at].is_ascii_alphanumeric() && bytes[at] != b'_' {
                return Err(ErrorKind::NameCharacter { at });
            }
            at += 1;
        }
        let limit = start + ATTRIBUTE_NAME_MAX_CHARACTERS;
        if bytes.len() > limit {
            return Err(ErrorKind::TooLong { limit, actual: bytes.len() });
        }
        Ok(namespace)
    }

    /// Platform or custom.
    pub fn namespace(&self) -> Namespace {
        if self.0.starts_with(CUSTOM_PREFIX) { Namespace::Custom } else { Namespace::Platform }
    }

    /// The name behind the prefix.
    pub fn name(&self) -> &str {
        &self.0[self.namespace().prefix().len()..]
    }

    /// The whole key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn starts_with(text: &[u8], prefix: &[u8]) -> bool {
    if text.len() < prefix.len() {
        return false;
    }
    let mut at = 0;
    while at < prefix.len() {
        if text[at] != prefix[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// An [`AttributeKey`] from a literal, checked by the compiler.
///
/// ```
/// let key = fanpass_model::attribute_key!("custom.loyalty_tier");
/// assert_eq!(key.name(), "loyalty_tier");
/// ```
///
/// ```compile_fail
/// let key = fanpass_model::attribute_key!("loyalty_tier");
/// ```
#[macro_export]
macro_rules! attribute_key {
    ($key:literal) => {
        const { $crate::AttributeKey::from_static($key) }
    };
}

impl TryFrom<String> for AttributeKey {
    type Error = ModelError;
    fn try_from(text: String) -> Result<Self, ModelError> {
        Self::new(text)
    }
}

impl FromStr for AttributeKey {
    type Err = ModelError;
    fn from_str(text: &str) -> Result<Self, ModelError> {
        Self::new(text.to_owned())
    }
}

impl From<AttributeKey> for String {
    fn from(key: AttributeKey) -> Self {
        key.as_str().to_owned()
    }
}

impl Borrow<str> for AttributeKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AttributeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AttributeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttributeKey({:?})", &*self.0)
    }
}
