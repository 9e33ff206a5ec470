//! What a refused call is answered with: a problem (RFC 9457) that says what happened, where, and what to do next.

use std::error::Error;

use axum::response::{IntoResponse, Response};
use fanpass_model::ProblemItem;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::brief::brief;
use crate::error::ServiceError;
use crate::store::{StoreError, StoreErrorKind};

/// Where the kinds of problem are described; a name, not an address that must answer.
const TYPES: &str = "https://fanpass.example/problems/";

/// Wrong places that one problem names at most.
pub(crate) const ITEMS_MAX: usize = 100;

/// A kind of problem: its status, the end of its type URI, and its title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) status: StatusCode,
    pub(crate) name: &'static str,
    title: &'static str,
}

macro_rules! kinds {
    ($($constant:ident = $status:ident, $name:literal, $title:literal;)*) => {
        impl Kind {
            $(pub(crate) const $constant: Self = Self { status: StatusCode::$status, name: $name, title: $title };)*
        }
    };
}

kinds! {
    MALFORMED = BAD_REQUEST, "malformed", "The request cannot be read";
    UNAUTHORIZED = UNAUTHORIZED, "unauthorized", "The token is not accepted";
    FORBIDDEN = FORBIDDEN, "forbidden", "The token does not allow this";
    NOT_FOUND = NOT_FOUND, "not-found", "There is no such thing";
    WRONG_METHOD = METHOD_NOT_ALLOWED, "wrong-method", "The path does not take this method";
    SLOW = REQUEST_TIMEOUT, "slow", "The request took too long to arrive";
    CONFLICT = CONFLICT, "conflict", "It contradicts what is stored";
    TOO_LARGE = PAYLOAD_TOO_LARGE, "too-large", "The request is too large";
    HEADERS = REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large", "The request's headers are too large";
    WRONG_TYPE = UNSUPPORTED_MEDIA_TYPE, "wrong-type", "The content type is not one that is taken here";
    INVALID = UNPROCESSABLE_ENTITY, "invalid", "The request is invalid";
    TOO_MANY = TOO_MANY_REQUESTS, "too-many-requests", "Too many calls";
    INTERNAL = INTERNAL_SERVER_ERROR, "internal", "The service failed";
    UNKNOWN_CODING = NOT_IMPLEMENTED, "unknown-coding", "The body has a coding that is not known";
    UNAVAILABLE = SERVICE_UNAVAILABLE, "unavailable", "The service cannot take the call just now";
    FULL = INSUFFICIENT_STORAGE, "full", "The service has no room left";
}

/// A refused call.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    pub(crate) detail: String,
    items: Vec<ProblemItem>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: brief(detail.into()).into_owned(), items: Vec::new(), headers: Vec::new() }
    }

    /// A request that can be read and is wrong in the places that `items` name.
    pub(crate) fn invalid(mut items: Vec<ProblemItem>) -> Self {
        let detail = match items.as_slice() {
            [only] => only.detail.clone(),
            many if many.len() < ITEMS_MAX => {
                format!("{} things are wrong with the request; `errors` names each", many.len())
            }
            _ => format!("many things are wrong with the request; `errors` names the first {ITEMS_MAX}"),
        };
        items.truncate(ITEMS_MAX);
        Self { items, ..Self::new(Kind::INVALID, detail) }
    }

    /// An invalid request with one wrong place.
    pub(crate) fn invalid_at(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![item(pointer, code, detail)])
    }

    /// A call that may be tried again in a second.
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(Kind::UNAVAILABLE, detail).with_header(RETRY_AFTER, HeaderValue::from_static("1"))
    }

    pub(crate) fn unauthorized(detail: impl Into<String>, challenge: HeaderValue) -> Self {
        Self::new(Kind::UNAUTHORIZED, detail).with_header(WWW_AUTHENTICATE, challenge)
    }

    /// A status that was asked for, as a fault on demand.
    pub(crate) fn injected(status: StatusCode) -> Self {
        let kind = Kind { status, name: "injected", title: "A fault on demand" };
        let problem = Self::new(kind, "this service makes calls fail on demand; the call had no effect");
        let again = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&status);
        if again { problem.with_header(RETRY_AFTER, HeaderValue::from_static("1")) } else { problem }
    }

    /// A fault of ours: the caller learns that it happened, the log learns what.
    pub(crate) fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a call failed");
        Self::new(Kind::INTERNAL, "the service failed; its log says why, under the request id")
    }

    /// A fault of ours that a file operation may be the cause of: it is told as one of what is stored is.
    pub(crate) fn failed(error: &dyn Error) -> Self {
        StoreError::new(StoreErrorKind::of_cause(error), error.to_string()).into()
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// When the call may be tried again, if it may.
    pub(crate) fn retry_after(&self) -> Option<&HeaderValue> {
        self.headers.iter().find(|(name, _)| name == RETRY_AFTER).map(|(_, value)| value)
    }

    /// The problem as it is told.
    pub(crate) fn told(self, request_id: &str) -> fanpass_model::Problem {
        fanpass_model::Problem {
            r#type: Some(format!("{TYPES}{}", self.kind.name)),
            title: Some(self.kind.title.to_owned()),
            status: Some(self.kind.status.as_u16()),
            detail: Some(self.detail),
            request_id: Some(request_id.to_owned()),
            errors: self.items,
            ..fanpass_model::Problem::default()
        }
    }

    /// The answer, which carries `request_id` in its body too.
    pub(crate) fn render(mut self, request_id: &str) -> Response {
        let (kind, added) = (self.kind, HeaderMap::from_iter(std::mem::take(&mut self.headers)));
        let body = self.told(request_id);
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("application/problem+json")),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        let bytes = serde_json::to_vec(&body).unwrap_or_default();
        (kind.status, headers, added, bytes).into_response()
    }
}

/// One wrong place of a request.
pub(crate) fn item(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> ProblemItem {
    let mut item = ProblemItem::new(code.to_owned(), brief(detail.into()).into_owned());
    item.pointer = Some(brief(pointer.into()).into_owned());
    item
}

/// A problem on its way out: [`observe`](super::observe) renders it where the request id is known.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.kind.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The answer to a method that the path does not take; the router adds `Allow`.
pub(crate) async fn wrong_method() -> Problem {
    Problem::new(Kind::WRONG_METHOD, "the path does not take this method; `Allow` names those it takes")
}

/// The answer to a path that leads nowhere.
pub(crate) async fn wrong_path() -> Problem {
    Problem::new(
        Kind::NOT_FOUND,
        "the path leads nowhere; `/openapi.json` lists the operations and their paths",
    )
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error.kind() {
            StoreErrorKind::Busy | StoreErrorKind::Stopped => Self::unavailable(error.to_string()),
            StoreErrorKind::NotFound => Self::new(Kind::NOT_FOUND, error.to_string()),
            StoreErrorKind::Conflict => Self::new(Kind::CONFLICT, error.to_string()),
            StoreErrorKind::Full => {
                tracing::error!(%error, "the disk is full");
                Self::new(
                    Kind::FULL,
                    "the service's disk is full and nothing was stored; its operator must free space",
                )
            }
            StoreErrorKind::Moved => Self::unavailable(
                "the service's data folder was moved or replaced under it, and nothing is stored; its operator must put the folder \
                 back and start the service again",
            ),
            StoreErrorKind::OutOfFiles => {
                tracing::error!(%error, "the service has as many files open as it may");
                Self::unavailable("the service has as many files open as it may; try again in a moment")
            }
            _ => Self::internal(&error),
        }
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        Self::failed(&error)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{Problem, ServiceError, StoreError, StoreErrorKind};
    use crate::error::ServiceErrorKind;

    #[test]
    fn a_key_that_finds_no_room_on_the_disk_is_told_as_such() {
        for (cause, status) in [(io::ErrorKind::StorageFull, 507), (io::ErrorKind::PermissionDenied, 500)] {
            let error = ServiceError::new(ServiceErrorKind::Key, "could not keep the signing key `/srv/key`");
            let problem = Problem::from(error.with_source(io::Error::from(cause)));
            assert_eq!(problem.kind.status, status, "{cause}");
            assert!(!problem.detail.contains("/srv"), "{}", problem.detail);
        }
    }

    #[test]
    fn a_fault_of_the_store_has_its_status_and_keeps_its_reason_to_the_log() {
        let problem = |kind| Problem::from(StoreError::new(kind, "could not read `/srv/fanpass/service.db`"));
        for (kind, status) in [
            (StoreErrorKind::Busy, 503),
            (StoreErrorKind::Stopped, 503),
            (StoreErrorKind::NotFound, 404),
            (StoreErrorKind::Conflict, 409),
            (StoreErrorKind::Full, 507),
            (StoreErrorKind::Corrupt, 500),
            (StoreErrorKind::OutOfFiles, 503),
            (StoreErrorKind::Moved, 503),
            (StoreErrorKind::Io, 500),
        ] {
            let response = problem(kind).render("1");
            assert_eq!(response.status(), status, "{kind:?}");
            assert_eq!(response.headers().contains_key("retry-after"), status == 503, "{kind:?}");
        }
        let told_by_the_log_alone = [
            StoreErrorKind::Full,
            StoreErrorKind::OutOfFiles,
            StoreErrorKind::Moved,
            StoreErrorKind::Corrupt,
            StoreErrorKind::Io,
        ];
        for kind in told_by_the_log_alone {
            assert!(!problem(kind).detail.contains("/srv"), "{kind:?}");
        }
    }
}
