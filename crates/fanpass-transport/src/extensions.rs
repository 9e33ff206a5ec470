//! What travels beside a request or an answer, in the extensions of `http`.

use std::fmt;

use http::HeaderValue;

/// The operation that a request belongs to, as traces name it. Set by the caller on the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OperationName(pub &'static str);

/// Marks a request whose effect is the same however often it is sent, so that it may be sent again even when
/// an earlier attempt may have arrived. `GET`, `HEAD`, `PUT`, `DELETE` and `OPTIONS` need no mark (RFC 9110,
/// section 9.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idempotent;

/// How many attempts a call took, from 1. The retry middleware sets it on the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempts(pub u32);

/// The `x-request-id` under which all attempts of a call are sent. The request-id middleware takes it from the request,
/// where a caller may choose one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// An id of the given text; `None` if the text cannot stand in a header.
    pub fn new(id: &str) -> Option<Self> {
        Self::from_header(&HeaderValue::from_str(id).ok()?)
    }

    /// A fresh id: a UUID of version 7 (RFC 9562), which sorts by time.
    pub fn random() -> Self {
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        let text = uuid::Uuid::now_v7().hyphenated().encode_lower(&mut text);
        // A UUID's text is hexadecimal digits and hyphens, which every header may carry.
        Self(HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("")))
    }

    /// The id that a header carries; `None` if it is not text.
    pub fn from_header(value: &HeaderValue) -> Option<Self> {
        value.to_str().is_ok().then(|| Self(value.clone()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// The same as [`header_value`](Self::header_value), where the id is wanted no more.
    pub fn into_header_value(self) -> HeaderValue {
        self.0
    }

    /// The id as the header's value.
    pub fn header_value(&self) -> &HeaderValue {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({})", self.as_str())
    }
}
