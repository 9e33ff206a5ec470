//! Reading a request's body: what type it is, how large it may be, how long it may pause.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::BodyExt as _;

use super::problem::{Kind, Problem};

/// What a request says its body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentType {
    Json,
    Form,
    Other,
}

impl ContentType {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = value.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/json") {
            Self::Json
        } else if essence.eq_ignore_ascii_case("multipart/form-data") {
            Self::Form
        } else {
            Self::Other
        }
    }
}

/// The refusal of a body that is not one of the types `taken`.
pub(crate) fn wrong_type(headers: &HeaderMap, taken: &str) -> Problem {
    let detail = match headers.get(CONTENT_TYPE) {
        Some(found) => format!("the body is {found:?}; this operation takes {taken}"),
        None => format!("the request has no `Content-Type`; this operation takes {taken}"),
    };
    Problem::new(Kind::WRONG_TYPE, detail)
}

pub(crate) fn too_large(what: &str, limit: u64) -> Problem {
    Problem::new(Kind::TOO_LARGE, format!("{what} is larger than the {limit} bytes that this service takes"))
}

pub(crate) fn slow(pause: Duration) -> Problem {
    Problem::new(
        Kind::SLOW,
        format!(
            "nothing of the body arrived for {} s; nothing was stored: send the request again",
            pause.as_secs()
        ),
    )
}

pub(crate) fn truncated() -> Problem {
    Problem::new(
        Kind::MALFORMED,
        "the body ended before it was whole; nothing was stored: send the request again",
    )
}

/// The whole of a body that is to be at most `limit` bytes.
pub(crate) async fn collect(
    headers: &HeaderMap,
    mut body: Body,
    limit: u64,
    pause: Duration,
) -> Result<Bytes, Problem> {
    let declared = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large("the body", limit));
    }
    let limit_in_memory = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = tokio::time::timeout(pause, body.frame()).await.map_err(|_| slow(pause))? {
        let Ok(data) = frame.map_err(|_| truncated())?.into_data() else { continue };
        if first.len().max(rest.len()) + data.len() > limit_in_memory {
            return Err(too_large("the body", limit));
        }
        // A body of one frame, the usual case, is used as it arrived.
        if first.is_empty() {
            first = data;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&data);
        }
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}
