//! What hyper's errors mean.

use std::error::Error;

use fanpass_transport::{Sent, TransportError, TransportErrorKind};
use http::Uri;

use crate::connector::Unresolved;

/// Reads an error of hyper, or of the connector below it.
pub(crate) fn classify(
    error: impl Into<Box<dyn Error + Send + Sync>>,
    sent: Sent,
    host: &str,
) -> TransportError {
    TransportError::classify(error, sent, host, |cause| known(cause, sent))
}

/// The host and port that a URI names, for messages.
pub(crate) fn host(uri: &Uri) -> &str {
    uri.authority().map_or("", |authority| authority.as_str())
}

fn known(cause: &(dyn Error + 'static), sent: Sent) -> Option<(TransportErrorKind, Sent)> {
    if cause.is::<Unresolved>() {
        return Some((TransportErrorKind::Dns, Sent::Never));
    }
    if cause.is::<rustls::Error>() {
        return Some((TransportErrorKind::Tls, sent));
    }
    let error = cause.downcast_ref::<hyper::Error>()?;
    if error.is_canceled() {
        // hyper gives a request back under this name only before it has begun to write it.
        Some((TransportErrorKind::Interrupted, Sent::Never))
    } else if error.is_incomplete_message() {
        Some((TransportErrorKind::Interrupted, sent))
    } else if error.is_parse() {
        Some((TransportErrorKind::Protocol, sent))
    } else {
        None
    }
}
