//! The crate's error: what went wrong, where, whether the request may have been sent, and what to do next.

use std::error::Error;
use std::fmt;

use crate::{Attempts, RequestId};

/// What kept a request from being answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The host's name has no address.
    Dns,
    /// No connection could be made: refused, unreachable.
    Connect,
    /// The TLS handshake failed, usually over a certificate.
    Tls,
    /// A time limit passed.
    Timeout,
    /// The connection ended before the whole answer had arrived.
    Interrupted,
    /// The request's own body could not be read, or its source changed between attempts.
    RequestBody,
    /// The answer is larger than the reader allows.
    TooLarge,
    /// What arrived is not HTTP, or breaks its rules.
    Protocol,
    /// No credentials could be had for the request.
    Credentials,
    /// The transport was shut down while the request was under way.
    Cancelled,
    /// The request cannot be sent as it stands, for instance for lack of a host.
    InvalidRequest,
    /// Anything else.
    Other,
}

impl TransportErrorKind {
    fn advice(self) -> Option<&'static str> {
        match self {
            Self::Dns => Some("check the domain"),
            Self::Connect => Some("check the domain and port, the network and the proxy"),
            Self::Tls => Some("check the domain, the server's certificate and this machine's clock"),
            Self::Timeout | Self::Interrupted => Some("try again"),
            Self::RequestBody => Some("check the source of the upload"),
            Self::Protocol => Some("check that the domain and scheme are those of a FanPass"),
            Self::Credentials => Some("check the token"),
            Self::TooLarge | Self::Cancelled | Self::InvalidRequest | Self::Other => None,
        }
    }
}

/// Whether a request that failed may have reached the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sent {
    /// No byte of it left: sending it again cannot double its effect.
    Never,
    /// It may have been received and acted upon.
    Unknown,
    /// It was received: the answer had begun.
    Yes,
}

/// Why there is no answer, or no whole one.
pub struct TransportError(Box<Inner>);

struct Inner {
    kind: TransportErrorKind,
    sent: Sent,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
    attempts: Option<Attempts>,
    request_id: Option<RequestId>,
}

impl TransportError {
    /// An error of a kind. The message says what failed and where, in lower case and without a full stop;
    /// the advice that belongs to the kind is added to it.
    pub fn new(kind: TransportErrorKind, sent: Sent, message: impl Into<String>) -> Self {
        let message = message.into();
        Self(Box::new(Inner { kind, sent, message, source: None, attempts: None, request_id: None }))
    }

    /// The same error with what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error with the number of attempts made, as the retry middleware counts them.
    #[must_use]
    pub fn with_attempts(mut self, attempts: Attempts) -> Self {
        self.0.attempts = Some(attempts);
        self
    }

    /// The same error with the id under which the request was sent.
    #[must_use]
    pub fn with_request_id(mut self, request_id: RequestId) -> Self {
        self.0.request_id = Some(request_id);
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> TransportErrorKind {
        self.0.kind
    }

    /// Whether the request may have been sent.
    pub fn sent(&self) -> Sent {
        self.0.sent
    }

    /// How many attempts were made, if the request went through the retry middleware.
    pub fn attempts(&self) -> Option<Attempts> {
        self.0.attempts
    }

    /// The id under which the request was sent, if it had one.
    pub fn request_id(&self) -> Option<&RequestId> {
        self.0.request_id.as_ref()
    }

    /// Whether a further attempt may end better. Whether it is *safe* is another question, which
    /// [`sent`](Self::sent) and the request's idempotency answer.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.0.kind,
            TransportErrorKind::Dns
                | TransportErrorKind::Connect
                | TransportErrorKind::Timeout
                | TransportErrorKind::Interrupted
        )
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        match self.0.kind.advice() {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("kind", &self.0.kind)
            .field("sent", &self.0.sent)
            .field("message", &self.0.message)
            .field("source", &self.0.source)
            .field("attempts", &self.0.attempts)
            .field("request_id", &self.0.request_id)
            .finish()
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.0.source.as_deref()?)
    }
}
