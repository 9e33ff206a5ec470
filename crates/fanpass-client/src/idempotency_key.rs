//! The name of one write, under which it takes effect once however often it is sent.

use std::fmt;
use std::str::FromStr;

use http::HeaderValue;
use uuid::Uuid;

use crate::{Error, ErrorKind};

/// Characters that a key has at most.
const MAX: usize = 255;

/// A key for one write, as [`Client::with_idempotency_key`](crate::Client::with_idempotency_key) sends it
/// (draft-ietf-httpapi-idempotency-key-header): 1 to 255 visible ASCII characters.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(HeaderValue);

impl IdempotencyKey {
    /// A key that nobody has used.
    pub fn random() -> Self {
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        let text = Uuid::new_v4().hyphenated().encode_lower(&mut text);
        // Hexadecimal digits and hyphens can stand in every header.
        Self(HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("")))
    }

    /// A key of the caller's choice, such as the number of the job that the write belongs to.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] unless it is 1 to 255 visible ASCII characters.
    pub fn new(text: &str) -> Result<Self, Error> {
        let sane = (1..=MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        let value = if sane { HeaderValue::from_str(text).ok() } else { None };
        value.map(Self).ok_or_else(|| {
            let message = format!("an idempotency key is 1 to {MAX} visible ASCII characters");
            Error::unsent(ErrorKind::InvalidRequest, message)
        })
    }

    pub(crate) fn header_value(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl FromStr for IdempotencyKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new(text)
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdempotencyKey({:?})", self.0)
    }
}
