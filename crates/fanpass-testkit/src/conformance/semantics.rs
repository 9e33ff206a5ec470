//! What a transport does with requests and answers, whatever carries them.

use fanpass_transport::{DynTransport, RequestBody, Transport as _};
use futures_util::future::join_all;
use futures_util::stream;
use http::Method;
use http::header::{HeaderValue, LOCATION};

use super::service::{Inspection, Service};
use super::{get, inspect, json, pattern, request, streaming};

/// Sizes around the usual limits of buffers and chunks.
const SIZES: [usize; 7] = [0, 1, 1000, 8192, 65_536, 262_145, 3_000_000];

/// Checks a transport against `service`, which answers at `origin` (scheme and authority).
///
/// # Panics
/// At the check that fails.
pub async fn semantics(transport: &DynTransport, origin: &str, service: &Service) {
    any_status_is_an_answer(transport, origin).await;
    redirects_are_not_followed(transport, origin).await;
    methods_and_targets_arrive(transport, origin).await;
    headers_keep_their_repeats(transport, origin).await;
    request_bodies_arrive_byte_for_byte(transport, origin).await;
    answers_arrive_byte_for_byte(transport, origin).await;
    calls_run_side_by_side(transport, origin).await;
    streaming::uploads_hold_little_in_memory(transport, origin, service).await;
    streaming::downloads_hold_little_in_memory(transport, origin, service).await;
    a_dropped_call_harms_nothing(transport, origin, service).await;
}

async fn any_status_is_an_answer(transport: &DynTransport, origin: &str) {
    for status in [200, 201, 202, 204, 301, 304, 308, 400, 401, 404, 408, 413, 418, 425, 429, 500, 503, 599] {
        let answer = get(transport, origin, format_args!("/status/{status}")).await;
        assert_eq!(answer.status().as_u16(), status);
        assert!(answer.into_body().bytes(0).await.expect("no body, no failure").is_empty());
    }
}

async fn redirects_are_not_followed(transport: &DynTransport, origin: &str) {
    let answer = get(transport, origin, "/redirect").await;
    assert_eq!(answer.status(), 302, "a redirect is the caller's business");
    assert_eq!(answer.headers()[LOCATION], "/status/200");
}

async fn methods_and_targets_arrive(transport: &DynTransport, origin: &str) {
    let target = "/inspect?b=2&a=%20%C3%BC&a=+";
    for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let sent = request(method.clone(), origin, target, RequestBody::empty());
        let seen: Inspection = json(transport.send(sent).await.expect("an answer")).await;
        assert_eq!((seen.method.as_str(), seen.target.as_str()), (method.as_str(), target));
        assert_eq!(seen.length, 0);
    }
}

async fn headers_keep_their_repeats(transport: &DynTransport, origin: &str) {
    let mut sent = request(Method::POST, origin, "/inspect", "text");
    for value in ["first", "second", "ümlaut"] {
        sent.headers_mut().append("x-repeat", HeaderValue::from_bytes(value.as_bytes()).expect("allowed"));
    }
    let seen: Inspection = json(transport.send(sent).await.expect("an answer")).await;
    assert_eq!(seen.values("x-repeat"), ["first", "second", "ümlaut"]);

    let answer = get(transport, origin, "/repeat").await;
    let values: Vec<_> = answer.headers().get_all("x-repeat").iter().collect();
    assert_eq!(values, ["one", "two"]);
}

async fn request_bodies_arrive_byte_for_byte(transport: &DynTransport, origin: &str) {
    for size in SIZES {
        let content = pattern(7, size);
        let (length, checksum) = (u64::try_from(size).expect("a size"), crc32fast::hash(&content));
        let chunks: Vec<_> = content.chunks(10_000).map(bytes::Bytes::copy_from_slice).collect();
        let chunks = move || stream::iter(chunks.clone().into_iter().map(Ok));
        let (head, tail) = (content.slice(..size / 3), content.slice(size / 3..));
        let whole = RequestBody::from(content);
        let known = RequestBody::replayable(Some(length), chunks.clone());
        let unknown = RequestBody::stream(chunks());
        let chained = RequestBody::chain([RequestBody::from(head), RequestBody::from(tail)]);
        for body in [whole, known, unknown, chained] {
            let shape = format!("{body:?}");
            let seen = inspect(transport, origin, body).await;
            assert_eq!((seen.length, seen.checksum), (length, checksum), "{shape} of {size} bytes");
            assert!(seen.whole, "{shape} of {size} bytes");
        }
    }
}

async fn answers_arrive_byte_for_byte(transport: &DynTransport, origin: &str) {
    for size in SIZES {
        for path in ["bytes", "sized"] {
            let answer = get(transport, origin, format_args!("/{path}/{size}")).await;
            let body = answer.into_body().bytes(size).await.expect("the answer arrives whole");
            assert!(body == pattern(0, size), "{path}: {size} bytes arrive as they were sent");
        }
    }
}

async fn calls_run_side_by_side(transport: &DynTransport, origin: &str) {
    let calls = (1..=32_usize).map(|number| async move {
        let content = pattern(number.try_into().expect("small"), number * 1000);
        let checksum = crc32fast::hash(&content);
        let seen = inspect(transport, origin, content).await;
        assert_eq!(seen.checksum, checksum, "call {number} gets its own answer");
    });
    join_all(calls).await;
}

async fn a_dropped_call_harms_nothing(transport: &DynTransport, origin: &str, service: &Service) {
    for _ in 0..3 {
        let call = transport.send(request(Method::POST, origin, "/hang", "text"));
        tokio::select! {
            biased;
            answer = call => panic!("a request that hangs is answered: {answer:?}"),
            () = service.hanging() => {}
        }
        assert_eq!(get(transport, origin, "/status/200").await.status(), 200);
    }
}
