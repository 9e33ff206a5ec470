//! Calls through the middleware: what is repeated, when, and what the error tells of it.

use std::time::Duration;

use fanpass_client::{ErrorKind, IdempotencyKey, Page};
use fanpass_model::IssueTokenRequest;
use fanpass_testkit::{CaptureTransport, Fault, FaultTransport, MockTransport, answer};
use fanpass_transport::middleware::RetryPolicy;
use fanpass_transport::{Sent, TransportError, TransportErrorKind};
use tokio::time::Instant;

use crate::support::{builder, client, fixture, import, json, segment, users};

#[tokio::test(start_paused = true)]
async fn a_limited_call_waits_as_long_as_it_is_told() {
    let transport = CaptureTransport::queue([json(200, &fixture("get_segment_import_status/response"))]);
    let faults = FaultTransport::scripted(transport.clone(), [Some(Fault::Limited(3))]);
    let started = Instant::now();
    client(faults).import_status(&import()).await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 3);
    // The first attempt was answered by the fault.
    assert_eq!(transport.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_error_tells_of_its_attempts_and_how_long_they_took() {
    let transport = CaptureTransport::new(|_| Ok(answer::status(503)));
    let policy = RetryPolicy { max_attempts: 3, jitter_seed: Some(7), ..RetryPolicy::default() };
    let client = builder(transport.clone()).middleware(|stack| stack.retry(policy)).build().unwrap();
    let started = Instant::now();
    let error = client.import_status(&import()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unavailable, 3));
    assert_eq!(transport.requests().len(), 3);
    assert_eq!(error.elapsed(), started.elapsed());
    assert!(error.elapsed() >= Duration::from_millis(750), "two waits lie between three attempts");
    assert!(error.to_string().contains("(after 3 attempts)"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn failures_on_the_way_count_their_attempts_too() {
    let mut transport = MockTransport::new();
    transport.expect_send().times(4).returning(|_| {
        Err(TransportError::new(TransportErrorKind::Connect, Sent::Never, "connection refused"))
    });
    let error = client(transport).import_status(&import()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.sent()), (ErrorKind::Transport, 4, Sent::Never));
    assert_eq!(
        error.to_string(),
        "Get Segment Import Status: connection refused; check the domain and port, the network and the proxy \
         (fanpass.example after 4 attempts)"
    );
}

#[tokio::test(start_paused = true)]
async fn under_a_key_it_is_repeated() {
    let issued = r#"{"token":"t","jti":"1","subject":"s","scopes":[],"issuedAt":"2026-08-01T03:00:00Z","expiresAt":"2026-08-01T03:00:00Z"}"#;
    let transport = CaptureTransport::new(move |_| {
        let mut answer = json(200, issued);
        answer.headers_mut().insert("x-fanpass-service", http::HeaderValue::from_static("0"));
        Ok(answer)
    });
    let faults = FaultTransport::scripted(transport.clone(), [Some(Fault::Lost)]);
    let client = client(faults).with_idempotency_key(IdempotencyKey::new("job-7").unwrap());
    client.issue_token(&IssueTokenRequest::new("nightly-export".to_owned())).await.unwrap();
    client.list_tokens(&Page::default()).await.unwrap_err();
    let requests = transport.requests();
    let keys: Vec<_> = requests.iter().map(|sent| sent.header("idempotency-key")).collect();
    assert_eq!(keys, [Some("job-7"), Some("job-7"), None], "a read takes no key");
}

#[test]
fn a_key_is_visible_ascii() {
    for wrong in ["", "a b", "ä", &"k".repeat(256)] {
        assert_eq!(IdempotencyKey::new(wrong).unwrap_err().kind(), ErrorKind::InvalidRequest, "{wrong}");
    }
    assert_eq!(IdempotencyKey::new("job-7").unwrap(), "job-7".parse().unwrap());
    assert_ne!(IdempotencyKey::random(), IdempotencyKey::random());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_cut_short_is_asked_for_again() {
    let answers = CaptureTransport::new(|_| Ok(json(200, &fixture("create_segment/response"))));
    let cut = FaultTransport::scripted(answers, [Some(Fault::Truncated), Some(Fault::Truncated)]);
    client(cut).create_segment(&segment(), &users(&["00042"])).await.unwrap();
    let transport = CaptureTransport::new(|_| Ok(json(200, &fixture("get_segment_import_status/response"))));
    let cut = FaultTransport::scripted(transport.clone(), [Some(Fault::Truncated)]);
    client(cut).import_status(&import()).await.unwrap();
    assert_eq!(transport.requests().len(), 2);
    let always = FaultTransport::deciding(transport, || Some(Fault::Truncated));
    let error = client(always).import_status(&import()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.sent()), (ErrorKind::Transport, 4, Sent::Yes));
}

#[tokio::test(start_paused = true)]
async fn unless_it_could_have_its_effect_twice() {
    let cut =
        FaultTransport::deciding(CaptureTransport::new(|_| Ok(json(200, "{}"))), || Some(Fault::Truncated));
    let token = IssueTokenRequest::new("nightly-export".to_owned());
    let error = client(cut).issue_token(&token).await.unwrap_err();
    assert_eq!(error.attempts(), 1);
}

#[tokio::test]
async fn what_could_have_its_effect_twice_is_not_repeated() {
    let mut transport = MockTransport::new();
    transport.expect_send().once().returning(|_| {
        Err(TransportError::new(TransportErrorKind::Interrupted, Sent::Unknown, "connection reset"))
    });
    let token = IssueTokenRequest::new("nightly-export".to_owned());
    let error = client(transport).issue_token(&token).await.unwrap_err();
    assert_eq!((error.attempts(), error.sent()), (1, Sent::Unknown));
}

#[tokio::test]
async fn every_attempt_carries_the_token() {
    let mut transport = MockTransport::new();
    transport
        .expect_send()
        .withf(|request| request.headers()["authorization"] == format!("Bearer {}", crate::support::TOKEN))
        .once()
        .returning(|_| Ok(json(200, &fixture("get_segment_import_status/response"))));
    client(transport).import_status(&import()).await.unwrap();
}
