//! `Retry-After`, seen by how long is waited.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use fanpass_testkit::{CaptureTransport, answer};
use fanpass_transport::Transport as _;
use fanpass_transport::middleware::{Retry, RetryPolicy};
use http::header::{HeaderValue, RETRY_AFTER};
use proptest::prelude::*;
use tokio::time::Instant;

use crate::post;

/// 1994-11-06 08:49:00 UTC, half a minute before the dates below.
const NOW: Duration = Duration::from_mins(784_111_740 / 60);
/// A back-off that no `Retry-After` below could be mistaken for.
const OWN_WAIT: Duration = Duration::from_millis(10);

/// Meets a call with 503 and this header, then with 200; gives the last status and how long the call took.
async fn waited(value: HeaderValue) -> (u16, Duration) {
    let mut unavailable = answer::status(503);
    unavailable.headers_mut().insert(RETRY_AFTER, value);
    let policy = RetryPolicy { min_delay: OWN_WAIT, jitter_seed: Some(1), ..RetryPolicy::default() };
    let retry =
        Retry::new(CaptureTransport::queue([unavailable, answer::status(200)]), policy, Arc::default())
            .with_clock(|| SystemTime::UNIX_EPOCH + NOW);
    let began = Instant::now();
    let status = retry.send(post("body")).await.unwrap().status().as_u16();
    (status, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn every_form_of_rfc_9110_is_obeyed() {
    for (value, wait) in [
        ("0", 0),
        ("7", 7),
        ("60", 60),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 37),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 37),
        ("Sun Nov  6 08:49:37 1994", 37),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0),
    ] {
        let outcome = waited(HeaderValue::from_static(value)).await;
        assert_eq!(outcome, (200, Duration::from_secs(wait)), "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_ends_the_call_at_once() {
    for value in ["61", "99999999999999999999999999", "Mon, 07 Nov 1994 08:49:37 GMT"] {
        let outcome = waited(HeaderValue::from_static(value)).await;
        assert_eq!(outcome, (503, Duration::ZERO), "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_falls_back_to_the_own_wait() {
    for value in ["", "soon", "-1", "1.5", "Sun, 99 Nov 1994 08:49:37 GMT"] {
        let (status, wait) = waited(HeaderValue::from_static(value)).await;
        assert_eq!(status, 200, "{value}");
        assert!(wait >= OWN_WAIT && wait < 3 * OWN_WAIT, "{value}: {wait:?}");
    }
}

proptest! {
    #[test]
    fn no_value_makes_a_call_wait_beyond_the_bound(value in "[ -~]{0,40}") {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (_, wait) = runtime.block_on(waited(HeaderValue::from_str(&value).unwrap()));
        prop_assert!(wait <= Duration::from_mins(1));
    }
}
