//! When a request is sent again, and when it must not be. Time is paused and passes as it is waited for.

use std::slice;
use std::sync::Arc;
use std::time::Duration;

use fanpass_testkit::{CaptureTransport, Fault, FaultTransport, answer};
use fanpass_transport::middleware::{Retry, RetryBudget, RetryPolicy};
use fanpass_transport::{Attempts, Idempotent, Request, RequestBody, Response, Transport, TransportError};
use futures_util::stream;
use http::Method;
use tokio::time::Instant;

use crate::post;

fn policy() -> RetryPolicy {
    RetryPolicy { jitter_seed: Some(1), ..RetryPolicy::default() }
}

fn answering() -> CaptureTransport {
    CaptureTransport::new(|_| Ok(answer::status(200)))
}

/// Sends a request through faults, then 200; gives the outcome and how many attempts arrived or failed.
async fn send(faults: &[Fault], request: Request) -> (Result<Response, TransportError>, u32) {
    let transport = FaultTransport::scripted(answering(), faults.iter().cloned().map(Some));
    let outcome = Retry::new(transport, policy(), Arc::default()).send(request).await;
    let attempts = match &outcome {
        Ok(answer) => answer.extensions().get().copied(),
        Err(error) => error.attempts(),
    };
    let Some(Attempts(attempts)) = attempts else { panic!("no attempts on {outcome:?}") };
    (outcome, attempts)
}

fn idempotent(mut request: Request) -> Request {
    request.extensions_mut().insert(Idempotent);
    request
}

#[tokio::test(start_paused = true)]
async fn a_request_that_had_no_effect_is_sent_again() {
    for fault in [Fault::Refused, Fault::Limited(1), Fault::Status(429), Fault::Status(503)] {
        let (outcome, attempts) = send(&[fault.clone(), fault.clone()], post("body")).await;
        assert_eq!((outcome.unwrap().status().as_u16(), attempts), (200, 3), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_may_have_had_an_effect_is_not() {
    let (outcome, attempts) = send(&[Fault::Lost], post("body")).await;
    assert!(outcome.is_err());
    assert_eq!(attempts, 1);
    for status in [408, 425, 500, 502, 504] {
        let (outcome, attempts) = send(&[Fault::Status(status)], post("body")).await;
        assert_eq!((outcome.unwrap().status().as_u16(), attempts), (status, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn an_idempotent_request_is_sent_again_all_the_same() {
    let statuses = [408, 425, 500, 502, 504].map(Fault::Status);
    for fault in statuses.into_iter().chain([Fault::Lost]) {
        let (outcome, attempts) = send(slice::from_ref(&fault), idempotent(post("body"))).await;
        assert_eq!((outcome.unwrap().status().as_u16(), attempts), (200, 2), "{fault:?} by mark");
        let mut get = post("");
        *get.method_mut() = Method::GET;
        let (outcome, attempts) = send(slice::from_ref(&fault), get).await;
        assert_eq!((outcome.unwrap().status().as_u16(), attempts), (200, 2), "{fault:?} by method");
    }
}

#[tokio::test(start_paused = true)]
async fn what_another_attempt_cannot_mend_is_final() {
    for status in [200, 302, 400, 401, 403, 404, 413, 422, 501] {
        let (outcome, attempts) = send(&[Fault::Status(status)], idempotent(post("body"))).await;
        assert_eq!((outcome.unwrap().status().as_u16(), attempts), (status, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_can_be_read_once_is_sent_once() {
    let body = RequestBody::stream(stream::iter([Ok("body".into())]));
    let (outcome, attempts) = send(&[Fault::Status(503)], idempotent(post(body))).await;
    assert_eq!((outcome.unwrap().status().as_u16(), attempts), (503, 1));
}

#[tokio::test(start_paused = true)]
async fn every_attempt_carries_the_whole_request() {
    let capture = answering();
    let lost = FaultTransport::scripted(capture.clone(), [Some(Fault::Lost)]);
    let mut request = idempotent(post("body"));
    request.headers_mut().append("x-repeat", "one".parse().unwrap());
    request.headers_mut().append("x-repeat", "two".parse().unwrap());
    Retry::new(lost, policy(), Arc::default()).send(request).await.unwrap();
    let requests = capture.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0], requests[1]);
}

#[tokio::test(start_paused = true)]
async fn attempts_are_bounded_and_the_last_outcome_is_given_back() {
    let (outcome, attempts) = send(&vec![Fault::Status(503); 9], post("body")).await;
    assert_eq!((outcome.unwrap().status().as_u16(), attempts), (503, 4));
    let (outcome, attempts) = send(&vec![Fault::Refused; 9], post("body")).await;
    assert_eq!((outcome.is_err(), attempts), (true, 4));
}

#[tokio::test(start_paused = true)]
async fn waits_double_up_to_a_bound_and_are_lengthened_at_random() {
    let policy = RetryPolicy { max_attempts: 8, max_delay: Duration::from_secs(2), ..policy() };
    let waits = async |policy: RetryPolicy| {
        let times = Arc::new(std::sync::Mutex::new(Vec::new()));
        let seen = Arc::clone(&times);
        let refusing = CaptureTransport::new(move |_| {
            seen.lock().unwrap().push(Instant::now());
            Ok(answer::status(503))
        });
        Retry::new(refusing, policy, Arc::default()).send(post("body")).await.unwrap();
        let times = times.lock().unwrap();
        times.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>()
    };
    let seen = waits(policy.clone()).await;
    let least = [250, 500, 1000, 2000, 2000, 2000, 2000].map(Duration::from_millis);
    assert_eq!(seen.len(), least.len());
    for (wait, least) in seen.iter().zip(least) {
        // tokio's clock ticks in milliseconds.
        assert!((least..=2 * least + Duration::from_millis(1)).contains(wait), "{wait:?} for {least:?}");
    }
    assert_eq!(seen, waits(policy.clone()).await, "one seed, one sequence");
    assert_ne!(seen, waits(RetryPolicy { jitter_seed: Some(2), ..policy }).await);
}

#[tokio::test(start_paused = true)]
async fn no_attempt_begins_after_the_total() {
    let policy = RetryPolicy { max_attempts: 100, total: Duration::from_secs(10), ..policy() };
    let began = Instant::now();
    let refusing = CaptureTransport::new(|_| Ok(answer::status(503)));
    Retry::new(refusing, policy, Arc::default()).send(post("body")).await.unwrap();
    let elapsed = began.elapsed();
    assert!(elapsed > Duration::from_secs(2) && elapsed <= Duration::from_secs(10), "{elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_shares_one_budget() {
    let budget = Arc::new(RetryBudget::new(5));
    let refusing = CaptureTransport::new(|_| Ok(answer::status(503)));
    let calls = [(); 3].map(|()| Retry::new(refusing.clone(), policy(), Arc::clone(&budget)));
    for call in &calls {
        call.send(post("body")).await.unwrap();
    }
    assert_eq!(refusing.requests().len(), 3 + 5, "each call once, and five retries between them");
    assert_eq!(budget.left(), 0);

    let good = Retry::new(answering(), policy(), Arc::clone(&budget));
    for _ in 0..100 {
        good.send(post("body")).await.unwrap();
    }
    assert_eq!(budget.left(), 5, "good answers pay back, up to the full budget");
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_the_server_asked_for_is_free() {
    let budget = Arc::new(RetryBudget::new(5));
    let limited = FaultTransport::scripted(answering(), vec![Some(Fault::Limited(1)); 3]);
    Retry::new(limited, policy(), Arc::clone(&budget)).send(post("body")).await.unwrap();
    assert_eq!(budget.left(), 5);
}
