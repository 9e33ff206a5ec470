//! Ids and names: text that is kept byte for byte, checked once where it enters.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use crate::error::{ErrorKind, ModelError};
use crate::shown::turns;

/// Bytes of UTF-8 that a user id has at most. Assumed.
pub const USER_ID_MAX_BYTES: usize = 256;
/// Bytes of UTF-8 that a segment's name has at most. Assumed.
pub const SEGMENT_NAME_MAX_BYTES: usize = 128;
/// Bytes of UTF-8 that an import's id has at most. Assumed.
pub const IMPORT_ID_MAX_BYTES: usize = 256;

/// Whether `text` can be an id: not empty, within `limit` bytes, without control characters and surrounding space.
#[inline]
fn check(text: &str, limit: usize) -> Result<(), ErrorKind> {
    // Nearly all ids are printable ASCII without a space, and have none of the other faults.
    let is_usual = (1..=limit).contains(&text.len()) && is_graphic(text);
    if is_usual { Ok(()) } else { check_any(text, limit) }
}

fn check_any(text: &str, limit: usize) -> Result<(), ErrorKind> {
    if text.is_empty() {
        return Err(ErrorKind::Empty);
    }
    if text.len() > limit {
        return Err(ErrorKind::TooLong { limit, actual: text.len() });
    }
    if let Some(at) = text.find(char::is_control) {
        return Err(ErrorKind::ControlCharacter { at });
    }
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Err(ErrorKind::SurroundingSpace);
    }
    Ok(())
}

/// Whether all of `text` is printable ASCII without a space. Compilers make one step of eight bytes; what is left over is
/// looked at with the bytes before it.
#[inline]
fn is_graphic(text: &str) -> bool {
    let all = |word: &[u8; 8]| word.iter().fold(true, |all, byte| all & byte.is_ascii_graphic());
    let (words, rest) = text.as_bytes().as_chunks();
    let tail = || rest.iter().all(u8::is_ascii_graphic);
    words.iter().all(all) && text.as_bytes().last_chunk().map_or_else(tail, all)
}

/// As [`check`], for a name that people read and tell from others: nothing in it may change how the rest is shown.
pub(crate) fn check_name(text: &str, limit: usize) -> Result<(), ErrorKind> {
    check(text, limit)?;
    text.find(turns).map_or(Ok(()), |at| Err(ErrorKind::DirectionControl { at }))
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $subject:literal, $limit:ident, $check:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// Takes `text` as it is, byte for byte.
            ///
            /// # Errors
            /// [`ErrorKind::Empty`], [`ErrorKind::TooLong`], [`ErrorKind::ControlCharacter`] or
            /// [`ErrorKind::SurroundingSpace`]; of a name that people read also [`ErrorKind::DirectionControl`].
            pub fn new(text: impl Into<Box<str>>) -> Result<Self, ModelError> {
                let text = text.into();
                Self::validate(&text)?;
                Ok(Self(text))
            }

            /// Whether `text` would be accepted, without keeping it.
            ///
            /// # Errors
            /// As [`new`](Self::new).
            #[inline]
            pub fn validate(text: &str) -> Result<(), ModelError> {
                $check(text, $limit).map_err(|kind| ModelError::new($subject, kind))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        // Not `into = "String"`, which copies each id that is written.
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = ModelError;
            fn try_from(text: String) -> Result<Self, ModelError> {
                Self::new(text)
            }
        }

        impl FromStr for $name {
            type Err = ModelError;
            fn from_str(text: &str) -> Result<Self, ModelError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.into()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), &*self.0)
            }
        }
    };
}

text_id! {
    /// A user's id: text from the first byte to the last, at most [`USER_ID_MAX_BYTES`].
    ///
    /// Leading zeros, eighteen digits, `1e5`, `TRUE` and a trailing `.0` stay what they are; two ids are the same when
    /// their bytes are. In JSON it is a string; a number there is refused, because JSON readers do not agree on what
    /// `00042` or `1e5` is.
    ///
    /// ```
    /// use fanpass_model::UserId;
    /// let id = UserId::new("00042")?;
    /// assert_eq!(id.as_str(), "00042");
    /// assert!(UserId::new(" 00042").is_err());
    /// # Ok::<(), fanpass_model::ModelError>(())
    /// ```
    UserId, "user id", USER_ID_MAX_BYTES, check
}

text_id! {
    /// A segment's name, which identifies it: at most [`SEGMENT_NAME_MAX_BYTES`] bytes, any script,
    /// without characters that do nothing but change the direction of writing, and so make one name look like another.
    SegmentName, "segment name", SEGMENT_NAME_MAX_BYTES, check_name
}

text_id! {
    /// A saved audience's name, which identifies it: text as a [`SegmentName`] is.
    AudienceName, "audience name", SEGMENT_NAME_MAX_BYTES, check_name
}

text_id! {
    /// The id of one segment import (`firebase_imported_segment_id`), opaque.
    ImportId, "import id", IMPORT_ID_MAX_BYTES, check
}
