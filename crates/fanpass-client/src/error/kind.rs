//! The kinds of error, and which statuses they stand for.

use http::StatusCode;

/// What a call came to, if not to its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client cannot be built or cannot send as it is set up: its base URL, a header, its credentials.
    Configuration,
    /// The request breaks a rule of the API; nothing was sent.
    InvalidRequest,
    /// What was to be sent could not be read, or changed while it was.
    Source,
    /// No answer came: name, connection, TLS, an interruption.
    Transport,
    /// A time limit passed: of an attempt, a call, or the wait for an import.
    TimedOut,
    /// 401: the token is missing, expired, revoked or another's.
    Unauthorized,
    /// 403: the token does not allow the operation.
    Forbidden,
    /// 404: there is nothing by that id or name.
    NotFound,
    /// 409: it contradicts what is stored.
    Conflict,
    /// 413: the body is larger than the other side takes.
    TooLarge,
    /// 415: the body's type is not one that the other side takes.
    WrongType,
    /// 422, 400 and every other 4xx: the request was refused for what it says.
    Rejected,
    /// 429: too many requests; [`Error::retry_after`](crate::Error::retry_after) may say when to go on.
    RateLimited,
    /// 503, and 408, 425, 502, 504: the other side cannot answer now.
    Unavailable,
    /// 500 and every other 5xx: the other side failed.
    Server,
    /// The answer is not one of a FanPass: no JSON, JSON of another shape, a redirect, more than the limit.
    UnexpectedAnswer,
    /// The operation is an extension that this FanPass does not have.
    NotOffered,
}

impl ErrorKind {
    /// The kind of a status that is no success.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            409 => Self::Conflict,
            413 => Self::TooLarge,
            415 => Self::WrongType,
            429 => Self::RateLimited,
            408 | 425 | 502..=504 => Self::Unavailable,
            400..=499 => Self::Rejected,
            500..=599 => Self::Server,
            _ => Self::UnexpectedAnswer,
        }
    }
}
