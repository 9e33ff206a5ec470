//! The error of the service itself: why it could not be opened, could not listen, or could not issue a token.

use std::error::Error;
use std::fmt;

/// Why the service could not do what its owner asked: what happened, where, and what to do next.
///
/// What a *caller* over HTTP did wrong is never one of these; it is answered with a problem (RFC 9457).
pub struct ServiceError {
    kind: ServiceErrorKind,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What kind of failure a [`ServiceError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceErrorKind {
    /// Another process owns the data folder.
    Locked,
    /// A newer FanPass wrote the data folder.
    TooNew,
    /// The data folder or what is stored in it could not be read or written.
    Storage,
    /// The signing key or a token could not be read, made or kept.
    Key,
    /// The configuration contradicts itself.
    Config,
    /// The socket failed.
    Network,
}

impl ServiceError {
    pub(crate) fn new(kind: ServiceErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of failure it is.
    pub const fn kind(&self) -> ServiceErrorKind {
        self.kind
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceError({:?}: {})", self.kind, self.message)
    }
}

impl Error for ServiceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_deref()?)
    }
}
