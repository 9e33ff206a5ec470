//! Waiting for an import, under a paused clock.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fanpass_client::{Client, ErrorKind, WaitOptions};
use fanpass_model::{ImportState, ImportStatus};
use fanpass_testkit::{CaptureTransport, MockTransport, answer};
use fanpass_transport::{Response, Sent, TransportError, TransportErrorKind};
use futures_util::StreamExt as _;
use http::header::RETRY_AFTER;
use serde_json::json;
use tokio::time::Instant;

use crate::support::{client_without_retries, import};

/// A client that is answered by `answer`, given the number of the question, and the milliseconds at which it asked.
fn asking(
    mut answer: impl FnMut(usize) -> Result<Response, TransportError> + Send + 'static,
) -> (Client, Arc<Mutex<Vec<u128>>>) {
    let times = Arc::new(Mutex::new(Vec::new()));
    let (asked, started) = (Arc::clone(&times), Instant::now());
    let transport = CaptureTransport::new(move |_| {
        let mut asked = asked.lock().unwrap();
        asked.push(started.elapsed().as_millis());
        answer(asked.len() - 1)
    });
    (client_without_retries(transport), times)
}

fn state(state: &str) -> Response {
    answer::json(200, &json!({ "status": state }))
}

fn options() -> WaitOptions {
    WaitOptions {
        first_delay: Duration::from_secs(1),
        growth: 2.0,
        max_delay: Duration::from_secs(5),
        timeout: Duration::from_mins(1),
        tolerated_failures: 2,
    }
}

fn states(statuses: &[ImportStatus]) -> Vec<&str> {
    statuses.iter().map(|status| status.status.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn every_status_is_given_at_growing_intervals_until_the_import_is_over() {
    let answers = ["pending", "processing", "processing", "on_hold", "processing", "completed"];
    let (client, times) = asking(move |question| Ok(state(answers[question])));
    let statuses: Vec<_> = client.wait_for_import(&import(), options()).map(Result::unwrap).collect().await;
    assert_eq!(states(&statuses), answers);
    assert_eq!(*times.lock().unwrap(), [0, 1000, 3000, 7000, 12_000, 17_000]);
}

#[tokio::test(start_paused = true)]
async fn an_end_is_seen_soon_without_many_questions() {
    for seconds in [0.2, 2.0, 60.0] {
        let over = Instant::now() + Duration::from_secs_f64(seconds);
        let (client, times) =
            asking(move |_| Ok(state(if Instant::now() < over { "processing" } else { "completed" })));
        client.wait_for_import(&import(), WaitOptions::default()).finish().await.unwrap();
        assert!(over.elapsed() <= Duration::from_secs_f64(seconds / 10.0 + 0.05), "{:?}", over.elapsed());
        assert!(times.lock().unwrap().len() <= 52, "{times:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_import_is_the_last_status_and_no_error() {
    let (client, _) = asking(|question| Ok(state(["pending", "failed"][question])));
    let progress = client.wait_for_import(&import(), options());
    let statuses: Vec<_> = progress.map(Result::unwrap).collect().await;
    assert_eq!(states(&statuses), ["pending", "failed"]);

    let (client, _) = asking(|question| Ok(state(["pending", "failed"][question])));
    let last = client.wait_for_import(&import(), options()).finish().await.unwrap();
    assert_eq!(last.status, ImportState::Failed);
}

#[tokio::test(start_paused = true)]
async fn failures_that_can_pass_are_waited_out() {
    let (client, times) = asking(|question| match question {
        0 => Ok(answer::status(503)),
        1 => Err(TransportError::new(TransportErrorKind::Interrupted, Sent::Unknown, "reset")),
        2 => Ok(state("processing")),
        3 => {
            let mut limited = answer::status(429);
            limited.headers_mut().insert(RETRY_AFTER, 30.into());
            Ok(limited)
        }
        _ => Ok(state("completed")),
    });
    let statuses: Vec<_> = client.wait_for_import(&import(), options()).map(Result::unwrap).collect().await;
    assert_eq!(states(&statuses), ["processing", "completed"]);
    assert_eq!(*times.lock().unwrap(), [0, 1000, 3000, 7000, 37_000]);
}

#[tokio::test(start_paused = true)]
async fn failures_that_stay_end_the_wait() {
    let (client, times) =
        asking(|question| Ok(if question == 0 { state("pending") } else { answer::status(404) }));
    let items: Vec<_> = client.wait_for_import(&import(), options()).collect().await;
    assert_eq!(items.len(), 2);
    assert_eq!(items[1].as_ref().unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(times.lock().unwrap().len(), 2);

    let (client, times) = asking(|_| Ok(answer::status(503)));
    let error = client.wait_for_import(&import(), options()).finish().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(times.lock().unwrap().len(), 3, "two failures in a row are tolerated, a third is not");
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_at_its_time_limit() {
    let (client, _) = asking(|_| Ok(state("quarantined")));
    let started = Instant::now();
    let error = client.wait_for_import(&import(), options()).finish().await.unwrap_err();
    assert_eq!((error.kind(), started.elapsed()), (ErrorKind::TimedOut, Duration::from_mins(1)));
    insta::assert_snapshot!(error, @"Get Segment Import Status: import 0197f3a0-5c00-7000-8000-000000000002 is not over after 60 s (its state: quarantined); it goes on without this wait: ask for its status later");
}

#[tokio::test(start_paused = true)]
async fn a_question_without_an_answer_ends_at_the_time_limit_too() {
    #[derive(Debug)]
    struct Silent;
    impl fanpass_transport::Transport for Silent {
        async fn send(&self, _: fanpass_transport::Request) -> Result<Response, TransportError> {
            std::future::pending().await
        }
    }
    let started = Instant::now();
    let options = WaitOptions { timeout: Duration::from_secs(7), ..options() };
    let error =
        client_without_retries(Silent).wait_for_import(&import(), options).finish().await.unwrap_err();
    assert_eq!((error.kind(), started.elapsed()), (ErrorKind::TimedOut, Duration::from_secs(7)));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_progress_stops_the_asking() {
    let mut transport = MockTransport::new();
    transport.expect_send().once().returning(|_| Ok(state("pending")));
    let mut progress = client_without_retries(transport).wait_for_import(&import(), options());
    progress.next().await.unwrap().unwrap();
    drop(progress);
    tokio::time::sleep(Duration::from_mins(2)).await;
}
