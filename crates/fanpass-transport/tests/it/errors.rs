//! What an error tells a person.

use std::error::Error as _;
use std::io;

use fanpass_transport::TransportErrorKind as Kind;
use fanpass_transport::{Sent, TransportError};

#[test]
fn every_kind_says_what_where_and_what_next() {
    let kinds = [
        Kind::Dns,
        Kind::Connect,
        Kind::Tls,
        Kind::Timeout,
        Kind::Interrupted,
        Kind::RequestBody,
        Kind::TooLarge,
        Kind::Protocol,
        Kind::Credentials,
        Kind::Cancelled,
        Kind::InvalidRequest,
        Kind::Other,
    ];
    let lines = kinds.map(|kind| {
        let error = TransportError::about(kind, Sent::Unknown, "fanpass.example:8080");
        let retryable = if error.is_retryable() { "retryable: " } else { "" };
        format!("{kind:?}: {retryable}{error}")
    });
    insta::assert_snapshot!(lines.join("\n"), @r"
    Dns: retryable: cannot find fanpass.example:8080; check the domain
    Connect: retryable: cannot connect to fanpass.example:8080; check the domain and port, the network and the proxy
    Tls: cannot set up TLS with fanpass.example:8080; check the domain, the server's certificate and this machine's clock
    Timeout: retryable: fanpass.example:8080 did not answer in time; try again
    Interrupted: retryable: the connection to fanpass.example:8080 ended early; try again
    RequestBody: cannot read what is to be sent; check the source of the upload
    TooLarge: the answer of fanpass.example:8080 is too large
    Protocol: fanpass.example:8080 does not answer as an HTTP server; check that the domain and scheme are those of a FanPass
    Credentials: no credentials for fanpass.example:8080; check the token
    Cancelled: the request to fanpass.example:8080 was cancelled
    InvalidRequest: the request cannot be sent as it stands
    Other: the request to fanpass.example:8080 failed
    ");
}

#[test]
fn a_foreign_error_is_read_by_its_causes() {
    let classify = |source: io::Error, sent| TransportError::classify(source, sent, "host", |_| None);
    let reset = || io::Error::from(io::ErrorKind::ConnectionReset);

    let error = classify(io::Error::other(reset()), Sent::Unknown);
    assert_eq!((error.kind(), error.sent()), (Kind::Interrupted, Sent::Unknown));
    assert!(error.source().is_some(), "the cause is kept");

    let own =
        TransportError::new(Kind::RequestBody, Sent::Unknown, "cannot read holders.csv").with_source(reset());
    let error = classify(io::Error::other(own), Sent::Unknown);
    assert_eq!(error.kind(), Kind::RequestBody, "a source that is reset is not the connection");

    let error = TransportError::classify(reset(), Sent::Never, "host", |_| Some((Kind::Tls, Sent::Never)));
    assert_eq!(error.kind(), Kind::Tls, "an adapter knows its own causes");

    assert_eq!(classify(io::Error::other("odd"), Sent::Never).kind(), Kind::Connect);
    assert_eq!(classify(io::Error::other("odd"), Sent::Unknown).kind(), Kind::Other);
}
