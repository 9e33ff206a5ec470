//! The one error of this crate: what a call came to, where, and what to do next.

mod display;
mod kind;
mod text;

use std::error::Error as StdError;
use std::time::Duration;

use fanpass_model::{ModelError, Operation, Problem};
use fanpass_transport::{Sent, TransportError, TransportErrorKind};
use http::StatusCode;

pub use kind::ErrorKind;
pub(crate) use text::{redact, sentence, summary};

/// Why a call did not do what it was asked to.
///
/// `Display` is one line for a person: what happened, where, and what to do next. Programs read [`kind`](Self::kind)
/// and the other methods. Neither shows the token, not even one that the other side repeats.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    cause: Option<Cause>,
    call: Option<Call>,
    answer: Option<Answer>,
}

enum Cause {
    Transport(TransportError),
    Model(ModelError),
    Status(Error),
}

/// What is known of the call that failed.
struct Call {
    operation: &'static Operation,
    host: Box<str>,
    request_id: Option<Box<str>>,
    attempts: u32,
    elapsed: Duration,
}

/// What is known of the answer, if there was one.
#[derive(Default)]
struct Answer {
    status: StatusCode,
    problem: Option<Problem>,
    retry_after: Option<Duration>,
}

impl Error {
    /// What it is, for programs.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The operation that was called; `None` if none was, as when a client cannot be built.
    pub fn operation(&self) -> Option<&'static Operation> {
        self.0.call.as_ref().map(|call| call.operation)
    }

    /// The id under which the request was sent, or the one that the other side gave it: what its operator needs to
    /// find it.
    pub fn request_id(&self) -> Option<&str> {
        self.0.call.as_ref()?.request_id.as_deref()
    }

    /// How often the request was sent; 0 if it never was.
    pub fn attempts(&self) -> u32 {
        self.0.call.as_ref().map_or(0, |call| call.attempts)
    }

    /// How long the call took, its retries and the waits between them included.
    pub fn elapsed(&self) -> Duration {
        self.0.call.as_ref().map_or(Duration::ZERO, |call| call.elapsed)
    }

    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.answer.as_ref().map(|answer| answer.status)
    }

    /// The answer's problem details (RFC 9457), if it carried some. Its texts are the other side's own: clean them
    /// before a terminal shows them.
    pub fn problem(&self) -> Option<&Problem> {
        self.0.answer.as_ref()?.problem.as_ref()
    }

    /// How long the other side asks to wait before the next request.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.answer.as_ref()?.retry_after
    }

    /// Whether the request may have arrived, and so may have had its effect.
    pub fn sent(&self) -> Sent {
        match (&self.0.answer, &self.0.cause) {
            (Some(_), _) => Sent::Yes,
            (None, Some(Cause::Transport(error))) => error.sent(),
            (None, Some(Cause::Status(error))) => error.sent(),
            (None, Some(Cause::Model(_)) | None) => Sent::Never,
        }
    }

    /// Whether the same call may end better later: limits on the rate, failures of the other side, and failures on the
    /// way that are not of the kind that stays.
    pub fn is_transient(&self) -> bool {
        match self.0.kind {
            ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::Server | ErrorKind::TimedOut => true,
            ErrorKind::Transport => {
                matches!(&self.0.cause, Some(Cause::Transport(error)) if error.is_retryable())
            }
            _ => false,
        }
    }

    /// An error from before anything was sent.
    pub(crate) fn unsent(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), cause: None, call: None, answer: None }))
    }

    /// A request that the model does not allow.
    pub(crate) fn invalid(error: ModelError) -> Self {
        let mut this = Self::unsent(ErrorKind::InvalidRequest, String::new());
        this.0.cause = Some(Cause::Model(error));
        this
    }

    /// No answer, or no whole one.
    pub(crate) fn transport(error: TransportError) -> Self {
        let kind = match error.kind() {
            TransportErrorKind::Timeout => ErrorKind::TimedOut,
            TransportErrorKind::RequestBody => ErrorKind::Source,
            TransportErrorKind::Credentials | TransportErrorKind::InvalidRequest => ErrorKind::Configuration,
            TransportErrorKind::TooLarge | TransportErrorKind::Protocol => ErrorKind::UnexpectedAnswer,
            _ => ErrorKind::Transport,
        };
        let mut this = Self::unsent(kind, String::new());
        this.0.cause = Some(Cause::Transport(error));
        this
    }

    /// An answer that is no success; `message` is its text, if it has one.
    pub(crate) fn answered(
        kind: ErrorKind,
        status: StatusCode,
        message: impl Into<String>,
        problem: Option<Problem>,
        retry_after: Option<Duration>,
    ) -> Self {
        let mut this = Self::unsent(kind, message);
        this.0.answer = Some(Answer { status, problem, retry_after });
        this
    }

    /// The wait for an import that took too long; `last` is why its status could not be had, if that is why.
    pub(crate) fn waited(message: String, last: Option<Self>) -> Self {
        let mut this = Self::unsent(ErrorKind::TimedOut, message);
        this.0.cause = last.map(Cause::Status);
        this
    }

    /// The same error with the call it belongs to.
    pub(crate) fn of_call(
        mut self,
        operation: &'static Operation,
        host: &str,
        request_id: Option<&str>,
        attempts: u32,
        elapsed: Duration,
    ) -> Self {
        let request_id = request_id.map(Box::from);
        self.0.call = Some(Call { operation, host: host.into(), request_id, attempts, elapsed });
        self
    }

    /// The same error as that of a call which was sent so often and took so long in all.
    pub(crate) fn of_attempts(mut self, attempts: u32, elapsed: Duration) -> Self {
        if let Some(call) = &mut self.0.call {
            (call.attempts, call.elapsed) = (attempts, elapsed);
        }
        self
    }
}

impl StdError for Error {
    /// What caused it, below what `Display` says already.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self.0.cause.as_ref()? {
            Cause::Transport(error) => error.source(),
            Cause::Model(_) => None,
            Cause::Status(error) => Some(error),
        }
    }
}
