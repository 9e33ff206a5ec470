//! What a transport does with connections, and what it says when they break.

use std::io;

use fanpass_transport::TransportErrorKind as Kind;
use fanpass_transport::{DynTransport, RequestBody, Sent, Transport as _, TransportError};
use futures_util::stream;
use http::Method;

use super::{get, inspect, pattern, request};
use crate::server::{Manner, RawServer, TestServer, unused_origin};

/// Checks a transport over real sockets. `make` gives a fresh transport each time.
///
/// # Panics
/// At the check that fails.
pub async fn wire(make: impl Fn() -> DynTransport) {
    lengths_are_announced(&make()).await;
    connections_are_kept(&make()).await;
    a_refused_connection_sends_nothing(&make()).await;
    an_unknown_host_sends_nothing(&make()).await;
    a_plain_server_has_no_tls(&make()).await;
    broken_connections_leave_it_unknown(&make()).await;
    what_is_no_http_is_said(&make()).await;
    a_truncated_answer_is_an_error(&make()).await;
    a_failing_source_is_told_from_a_failing_network(&make()).await;
    closed_connections_are_replaced(&make()).await;
}

async fn post(transport: &DynTransport, origin: &str) -> TransportError {
    let sent = request(Method::POST, origin, "/inspect", "text");
    transport.send(sent).await.expect_err("there is no answer to be had")
}

async fn lengths_are_announced(transport: &DynTransport) {
    let server = TestServer::start().await;
    let known = inspect(transport, server.origin(), pattern(0, 1000)).await;
    assert_eq!(known.values("content-length"), ["1000"]);
    assert!(known.values("transfer-encoding").is_empty());
    let chunk = stream::iter([Ok(pattern(0, 1000))]);
    let unknown = inspect(transport, server.origin(), RequestBody::stream(chunk)).await;
    assert_eq!(unknown.values("transfer-encoding"), ["chunked"]);
    assert!(unknown.values("content-length").is_empty());
    let authority = server.origin().trim_start_matches("http://");
    assert_eq!(unknown.values("host"), [authority]);
}

async fn connections_are_kept(transport: &DynTransport) {
    let server = TestServer::start().await;
    for size in [0, 10, 100_000, 10] {
        let content = pattern(0, size);
        inspect(transport, server.origin(), content).await;
        let answer = get(transport, server.origin(), format_args!("/bytes/{size}")).await;
        answer.into_body().bytes(size).await.expect("a whole answer");
        // A pool takes a connection back in a task of its own.
        tokio::task::yield_now().await;
    }
    assert_eq!(server.connections(), 1, "one request at a time needs one connection");
}

async fn a_refused_connection_sends_nothing(transport: &DynTransport) {
    let error = post(transport, &unused_origin().await).await;
    assert_eq!((error.kind(), error.sent()), (Kind::Connect, Sent::Never), "{error:?}");
}

async fn an_unknown_host_sends_nothing(transport: &DynTransport) {
    // A label of more than 63 characters (RFC 1035) is refused before any name server is asked.
    let error = post(transport, &format!("http://{}.invalid", "x".repeat(64))).await;
    assert_eq!((error.kind(), error.sent()), (Kind::Dns, Sent::Never), "{error:?}");
}

async fn a_plain_server_has_no_tls(transport: &DynTransport) {
    let server = RawServer::start(Manner::ReplyAtOnce(b"HTTP/1.1 400 Bad Request\r\n\r\n")).await;
    let error = post(transport, &server.origin().replace("http:", "https:")).await;
    assert_eq!((error.kind(), error.sent()), (Kind::Tls, Sent::Never), "{error:?}");
}

async fn broken_connections_leave_it_unknown(transport: &DynTransport) {
    for manner in [Manner::Reset, Manner::Close, Manner::Reply(b"HTTP/1.1 200 OK\r\ncontent-le")] {
        let server = RawServer::start(manner).await;
        let error = post(transport, server.origin()).await;
        assert_eq!((error.kind(), error.sent()), (Kind::Interrupted, Sent::Unknown), "{manner:?}: {error:?}");
    }
}

async fn what_is_no_http_is_said(transport: &DynTransport) {
    let server = RawServer::start(Manner::Reply(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")).await;
    let error = post(transport, server.origin()).await;
    assert_eq!((error.kind(), error.sent()), (Kind::Protocol, Sent::Unknown), "{error:?}");
}

async fn a_truncated_answer_is_an_error(transport: &DynTransport) {
    let by_length: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this";
    let by_chunk: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nonly this\r\n";
    for reply in [by_length, by_chunk] {
        let server = RawServer::start(Manner::Reply(reply)).await;
        let answer = get(transport, server.origin(), "/").await;
        assert_eq!(answer.status(), 200, "the head is an answer");
        let error = answer.into_body().bytes(1000).await.expect_err("the body is not whole");
        assert_eq!((error.kind(), error.sent()), (Kind::Interrupted, Sent::Yes), "{error:?}");
    }
}

async fn a_failing_source_is_told_from_a_failing_network(transport: &DynTransport) {
    let server = TestServer::start().await;
    let chunks = [Ok(pattern(0, 1000)), Err(io::Error::from(io::ErrorKind::ConnectionReset))];
    let known = RequestBody::replayable(Some(2000), || stream::iter([Ok(pattern(0, 1000))]));
    for body in [RequestBody::stream(stream::iter(chunks)), known] {
        let sent = request(Method::POST, server.origin(), "/inspect", body);
        let error = transport.send(sent).await.expect_err("the source has failed");
        assert_eq!(error.kind(), Kind::RequestBody, "{error:?}");
    }
    assert_eq!(get(transport, server.origin(), "/status/200").await.status(), 200);
}

async fn closed_connections_are_replaced(transport: &DynTransport) {
    // It keeps no connection, and says nothing of it.
    let server = RawServer::start(Manner::Reply(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")).await;
    let mut answered = 0;
    for _ in 0..20 {
        match transport.send(request(Method::POST, server.origin(), "/", "text")).await {
            Ok(_) => answered += 1,
            // Closed while the request was being written: nobody can know.
            Err(error) => assert!(error.is_retryable(), "{error:?}"),
        }
    }
    assert!(answered >= 10, "only {answered} of 20 requests were answered");
}
