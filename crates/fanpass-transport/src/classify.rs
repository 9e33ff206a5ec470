//! What adapters share: reading a foreign error's causes, and the words of each kind of failure.

use std::error::Error;
use std::{io, iter};

use crate::{Sent, TransportError, TransportErrorKind};

impl TransportError {
    /// An error in the usual words for its kind, about the host (and port) that was to be reached.
    pub fn about(kind: TransportErrorKind, sent: Sent, host: &str) -> Self {
        let message = match kind {
            TransportErrorKind::Dns => format!("cannot find {host}"),
            TransportErrorKind::Connect => format!("cannot connect to {host}"),
            TransportErrorKind::Tls => format!("cannot set up TLS with {host}"),
            TransportErrorKind::Timeout => format!("{host} did not answer in time"),
            TransportErrorKind::Interrupted => format!("the connection to {host} ended early"),
            TransportErrorKind::RequestBody => "cannot read what is to be sent".to_owned(),
            TransportErrorKind::TooLarge => format!("the answer of {host} is too large"),
            TransportErrorKind::Protocol => format!("{host} does not answer as an HTTP server"),
            TransportErrorKind::Credentials => format!("no credentials for {host}"),
            TransportErrorKind::Cancelled => format!("the request to {host} was cancelled"),
            TransportErrorKind::InvalidRequest => "the request cannot be sent as it stands".to_owned(),
            TransportErrorKind::Other => format!("the request to {host} failed"),
        };
        Self::new(kind, sent, message)
    }

    /// For adapters: an HTTP stack's error, in the usual words.
    ///
    /// The causes are gone through from the outermost: an error of the request's own body explains the
    /// failure; else what `known` says of a cause; else what an operating system's error says. A failure that
    /// none explains is one to connect if nothing was sent. `sent` holds unless `known` knows better.
    pub fn classify(
        source: impl Into<Box<dyn Error + Send + Sync>>,
        sent: Sent,
        host: &str,
        known: impl Fn(&(dyn Error + 'static)) -> Option<(TransportErrorKind, Sent)>,
    ) -> Self {
        let source = source.into();
        let own = |cause: &(dyn Error + 'static)| Some((cause.downcast_ref::<Self>()?.kind(), sent));
        let system = |cause: &(dyn Error + 'static)| Some((system_kind(cause)?, sent));
        let unexplained = match sent {
            Sent::Never => TransportErrorKind::Connect,
            Sent::Unknown | Sent::Yes => TransportErrorKind::Other,
        };
        let (kind, sent) = (causes(&*source).find_map(own))
            .or_else(|| causes(&*source).find_map(known))
            .or_else(|| causes(&*source).find_map(system))
            .unwrap_or((unexplained, sent));
        Self::about(kind, sent, host).with_source(source)
    }
}

/// An error and its causes, with those that an [`io::Error`] wraps without naming them as its source.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(error) => Some(error.get_ref()?),
        None => error.source(),
    })
}

fn system_kind(cause: &(dyn Error + 'static)) -> Option<TransportErrorKind> {
    match cause.downcast_ref::<io::Error>()?.kind() {
        io::ErrorKind::TimedOut => Some(TransportErrorKind::Timeout),
        io::ErrorKind::BrokenPipe
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::NotConnected
        | io::ErrorKind::UnexpectedEof => Some(TransportErrorKind::Interrupted),
        io::ErrorKind::AddrNotAvailable
        | io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable => Some(TransportErrorKind::Connect),
        _ => None,
    }
}
