//! The one error of this crate: what is wrong with a piece of text, a key, a value or a request.

use std::fmt;

use crate::attributes::AttributeType;

/// Why a value cannot be part of a request.
///
/// It names the kind of value (`user id`, `attribute key`, …) and the exact [`ErrorKind`]; it never repeats a user id,
/// so that it can be logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{subject} {kind}")]
pub struct ModelError {
    subject: &'static str,
    kind: ErrorKind,
}

impl ModelError {
    pub(crate) const fn new(subject: &'static str, kind: ErrorKind) -> Self {
        Self { subject, kind }
    }

    /// What exactly is wrong.
    pub const fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// What kind of value it is about, in words: `user id`, `segment name`, `attribute key`.
    pub const fn subject(&self) -> &'static str {
        self.subject
    }
}

/// What exactly is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no text at all.
    Empty,
    /// There are more bytes than `limit`.
    TooLong {
        /// Bytes of UTF-8 allowed.
        limit: usize,
        /// Bytes of UTF-8 found.
        actual: usize,
    },
    /// A control character (Unicode category Cc) stands at byte `at`.
    ControlCharacter {
        /// Byte offset, from 0.
        at: usize,
    },
    /// A character that only changes the direction of writing (Unicode property `Bidi_Control`) stands at byte `at`.
    DirectionControl {
        /// Byte offset, from 0.
        at: usize,
    },
    /// White space stands at the beginning or the end.
    SurroundingSpace,
    /// An attribute key has neither the prefix `user_properties.` nor `custom.`.
    UnknownPrefix,
    /// The name behind an attribute key's prefix is empty.
    EmptyName,
    /// The name behind an attribute key's prefix does not start with an ASCII letter.
    NameStart,
    /// A character that is no ASCII letter, digit or `_` stands in an attribute's name, at byte `at` of the key.
    NameCharacter {
        /// Byte offset in the whole key, from 0.
        at: usize,
    },
    /// A whole number too large to be exact in JSON's common reading (2^53); it wants to be text.
    InexactNumber,
    /// A list has more than `limit` entries.
    TooMany {
        /// Entries allowed.
        limit: usize,
    },
    /// The same attribute key stands twice in one map.
    DuplicateKey,
    /// The same value stands twice in one list.
    DuplicateValue,
    /// A list or null stands where one text, number or boolean is wanted.
    NoSingleValue,
    /// The value is not of the type that its attribute takes.
    WrongType {
        /// The type wanted.
        expected: AttributeType,
        /// The type found.
        found: AttributeType,
    },
    /// A state is neither `active` nor `retired`.
    UnknownState,
}

impl ErrorKind {
    /// A stable word for programs: the `code` of a problem item or a reject.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong { .. } => "too_long",
            Self::ControlCharacter { .. } => "control_character",
            Self::DirectionControl { .. } => "direction_control",
            Self::SurroundingSpace => "surrounding_space",
            Self::UnknownPrefix => "unknown_prefix",
            Self::EmptyName => "empty_name",
            Self::NameStart => "name_start",
            Self::NameCharacter { .. } => "name_character",
            Self::InexactNumber => "inexact_number",
            Self::TooMany { .. } => "too_many",
            Self::DuplicateKey => "duplicate_key",
            Self::DuplicateValue => "duplicate_value",
            Self::NoSingleValue => "no_single_value",
            Self::WrongType { .. } => "wrong_type",
            Self::UnknownState => "unknown_state",
        }
    }
}

/// People count bytes from 1, as everything does that names one.
impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::TooLong { limit, actual } => write!(f, "has {actual} bytes; at most {limit} are allowed"),
            Self::ControlCharacter { at } => {
                write!(f, "has a control character at byte {}; remove it", at + 1)
            }
            Self::DirectionControl { at } => {
                write!(
                    f,
                    "has an invisible character at byte {} that changes the direction of writing; remove it",
                    at + 1
                )
            }
            Self::SurroundingSpace => f.write_str("begins or ends with white space; trim it"),
            Self::UnknownPrefix => {
                f.write_str("begins with neither `user_properties.` (platform) nor `custom.` (your own)")
            }
            Self::EmptyName => f.write_str("has no name behind its prefix"),
            Self::NameStart => f.write_str("has a name that does not start with a letter (a-z, A-Z)"),
            Self::NameCharacter { at } => {
                write!(f, "has a character at byte {} that is no letter, digit or `_`", at + 1)
            }
            Self::InexactNumber => {
                f.write_str("is a whole number past 2^53, which JSON readers round; send it as text")
            }
            Self::TooMany { limit } => write!(f, "has more than {limit} entries"),
            Self::DuplicateKey => f.write_str("stands twice in one map"),
            Self::DuplicateValue => f.write_str("stands twice; keep it once"),
            Self::NoSingleValue => f.write_str("is a list or null; name texts, numbers or booleans"),
            Self::WrongType { expected, found } => write!(f, "is a {found}, where a {expected} is wanted"),
            Self::UnknownState => f.write_str("is neither `active` nor `retired`"),
        }
    }
}
