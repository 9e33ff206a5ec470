//! The whole pipeline: its order shows in what each attempt carries.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use fanpass_testkit::{CaptureTransport, answer};
use fanpass_transport::middleware::{RateLimit, RetryPolicy, Stack, StaticToken, TokenSource};
use fanpass_transport::{Attempts, RequestId, Sent, Transport as _, TransportError, TransportErrorKind};
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use secrecy::SecretString;
use tokio::time::Instant;

use crate::post;

const TOKEN: &str = "eyJ.secret.token";

fn ids() -> impl Fn() -> RequestId + Send + Sync {
    let next = AtomicU32::new(1);
    move || RequestId::new(&format!("id-{}", next.fetch_add(1, Ordering::Relaxed))).unwrap()
}

fn unavailable_twice() -> CaptureTransport {
    CaptureTransport::queue([503, 503, 200].map(answer::status))
}

/// Gives another token each time, as a source that refreshes does.
#[derive(Debug, Default)]
struct Refreshing(AtomicU32);

#[async_trait]
impl TokenSource for Refreshing {
    async fn header(&self) -> Result<(HeaderName, HeaderValue), TransportError> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        Ok((HeaderName::from_static("x-token"), HeaderValue::from(number)))
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_share_an_id_and_ask_for_a_token_each() {
    let capture = unavailable_twice();
    let stack = Stack::new(capture.clone()).request_ids(ids()).tokens(Refreshing::default()).build();
    let response = stack.send(post("body")).await.unwrap();
    assert_eq!(response.extensions().get(), Some(&Attempts(3)));
    assert_eq!(response.headers()["x-request-id"], "id-1");
    let sent: Vec<_> = capture
        .requests()
        .iter()
        .map(|request| {
            [request.header("x-request-id"), request.header("x-token")].map(|value| value.unwrap().to_owned())
        })
        .collect();
    assert_eq!(sent, [["id-1", "0"], ["id-1", "1"], ["id-1", "2"]]);
}

#[tokio::test]
async fn an_id_that_the_caller_chose_is_kept() {
    let capture = CaptureTransport::new(|_| Ok(answer::status(200)));
    let stack = Stack::new(capture.clone()).request_ids(ids()).build();
    let mut by_header = post("body");
    by_header.headers_mut().insert("x-request-id", HeaderValue::from_static("mine"));
    let mut by_extension = post("body");
    by_extension.extensions_mut().insert(RequestId::new("mine").unwrap());
    for request in [by_header, by_extension] {
        let response = stack.send(request).await.unwrap();
        assert_eq!(response.headers()["x-request-id"], "mine");
    }
    assert!(capture.requests().iter().all(|request| request.header("x-request-id") == Some("mine")));
}

#[tokio::test(start_paused = true)]
async fn an_error_names_its_id_and_attempts() {
    let refusing = CaptureTransport::new(|_| {
        Err(TransportError::about(TransportErrorKind::Connect, Sent::Never, "fanpass.example"))
    });
    let policy = RetryPolicy { max_attempts: 2, ..RetryPolicy::default() };
    let stack = Stack::new(refusing).request_ids(ids()).retry(policy).build();
    let error = stack.send(post("body")).await.unwrap_err();
    assert_eq!((error.attempts(), error.request_id().unwrap().as_str()), (Some(Attempts(2)), "id-1"));
}

#[tokio::test(start_paused = true)]
async fn every_attempt_counts_against_the_rate() {
    let limit = Arc::new(RateLimit::every(Duration::from_secs(10)));
    let policy = RetryPolicy { max_delay: Duration::from_secs(1), ..RetryPolicy::default() };
    let stacks = [(); 2].map(|()| {
        Stack::new(unavailable_twice()).retry(policy.clone()).rate_limit(Arc::clone(&limit)).build()
    });
    let began = Instant::now();
    let (first, second) = tokio::join!(stacks[0].send(post("body")), stacks[1].send(post("body")));
    assert!(first.unwrap().status().is_success() && second.unwrap().status().is_success());
    assert_eq!(began.elapsed(), Duration::from_secs(50), "six attempts, ten seconds apart");
}

#[tokio::test]
async fn a_token_is_sent_and_shown_nowhere() {
    let token = StaticToken::bearer(&SecretString::from(TOKEN)).unwrap();
    let (name, value) = token.header().await.unwrap();
    assert_eq!((name, value.to_str().unwrap()), (AUTHORIZATION, "Bearer eyJ.secret.token"));
    let stack = Stack::new(unavailable_twice()).tokens(token).build();
    assert!(!format!("{stack:?} {value:?}").contains("secret"));
}

#[test]
fn a_token_that_no_header_can_carry_is_refused_without_being_shown() {
    for token in ["", "secret\ntoken", "secret\u{0}"] {
        let error = StaticToken::bearer(&SecretString::from(token)).unwrap_err();
        assert_eq!((error.kind(), error.sent()), (TransportErrorKind::Credentials, Sent::Never));
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
}

#[test]
fn random_ids_are_uuids_in_the_order_of_time() {
    let ids: Vec<_> = (0..100).map(|_| RequestId::random()).collect();
    assert!(ids.windows(2).all(|pair| pair[0].as_str() < pair[1].as_str()));
    let version = ids[0].as_str().as_bytes()[14];
    assert_eq!((ids[0].as_str().len(), version), (36, b'7'));
}
