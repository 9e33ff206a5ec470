//! Failures that can pass: who waits, for how long, and when it is enough.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use fanpass_client::{Delivery, ErrorKind, PushOptions, StopReason};
use fanpass_testkit::{CaptureTransport, Fault, FaultTransport};
use fanpass_transport::Sent;
use fanpass_transport::middleware::RetryBudget;
use tokio::time::Instant;

use crate::support::text;

use super::service::{Memory, finish, names, options, push, updates};

fn times(service: &Memory, user: &str) -> Vec<Instant> {
    service.log().iter().filter(|received| received.user == user).map(|received| received.at).collect()
}

#[tokio::test(start_paused = true)]
async fn a_limited_update_waits_as_long_as_it_is_told_and_its_slot_goes_on_meanwhile() {
    let service = Memory::new(|_, _| Duration::from_millis(10));
    let faults = FaultTransport::scripted(service.clone(), [Some(Fault::Limited(3))]);
    let started = Instant::now();
    let outcomes = finish(push(faults, updates(100), options(1))).await;
    assert!(names(outcomes).iter().all(|(_, name)| *name == "sent"));
    // With one slot: the others were all sent before the first had waited.
    assert_eq!((times(&service, "user-0")[0] - started).as_secs(), 3);
    assert_eq!(service.log().last().unwrap().user, "user-0");
    assert_eq!((times(&service, "user-99")[0] - started).as_secs(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_is_refused_twice_running_rests() {
    let service = Memory::new(|_, _| Duration::from_millis(1));
    let limited = std::iter::repeat_with(|| Some(Fault::Limited(5)));
    let faults = FaultTransport::scripted(service.clone(), limited.take(8));
    let started = Instant::now();
    let mut options = options(4);
    options.first_concurrency = 4;
    let run = push(faults, updates(1_000), options);
    let handle = run.handle();
    let outcomes = finish(run).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome.delivery, Delivery::Sent)));
    // Two refusals of each slot at most, where a run that goes on would have met one for each update it tries.
    assert!(handle.progress().retries <= 8, "{:?}", handle.progress());
    assert!(service.log().iter().all(|received| (received.at - started).as_secs() >= 5));
}

#[tokio::test(start_paused = true)]
async fn what_fails_again_and_again_has_failed() {
    let service = Memory::new(|_, _| Duration::ZERO);
    let faults = FaultTransport::scripted(service, std::iter::repeat_n(Some(Fault::Status(500)), 3));
    let mut options = options(1);
    options.retry.max_attempts = 3;
    let outcomes = finish(push(faults, updates(1), options)).await;
    let Delivery::Failed(error) = &outcomes[0].delivery else { panic!("{outcomes:?}") };
    // The attempts are those of the run; the middleware made none of its own.
    assert_eq!((error.kind(), error.attempts(), error.sent()), (ErrorKind::Server, 3, Sent::Yes));
    assert!(error.elapsed() >= Duration::from_millis(750), "{:?}", error.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_retries_are_spent_halts() {
    let dead = FaultTransport::seeded(Memory::new(|_, _| Duration::ZERO), 1, 1000, vec![Fault::Refused]);
    let mut options = options(4);
    options.retry_budget = Arc::new(RetryBudget::new(20));
    let run = push(dead, updates(1_000_000), options);
    let handle = run.handle();
    let outcomes = finish(run).await;
    let progress = handle.progress();
    assert!(progress.retries <= 20 && progress.requests <= 60, "{progress:?}");
    assert!(outcomes.iter().all(|outcome| match &outcome.delivery {
        Delivery::Failed(error) | Delivery::NotSent(StopReason::Halted(error)) =>
            error.kind() == ErrorKind::Transport,
        _ => false,
    }));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_longer_than_allowed_halts_the_run() {
    for seconds in [3600, u64::MAX] {
        let service = Memory::new(|_, _| Duration::from_millis(10));
        let faults = FaultTransport::scripted(service, [Some(Fault::Limited(seconds))]);
        let started = Instant::now();
        let outcomes = names(finish(push(faults, updates(1_000), options(2))).await);
        assert_eq!(outcomes, [(0, "failed"), (1, "sent")]);
        assert_eq!(started.elapsed().as_secs(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_what_it_says_is_not_repeated() {
    let service = Memory::new(|_, _| Duration::ZERO);
    let faults = FaultTransport::scripted(service.clone(), [None, Some(Fault::Status(422))]);
    let outcomes = finish(push(faults, updates(3), options(1))).await;
    assert_eq!(names(outcomes), [(0, "sent"), (1, "rejected"), (2, "sent")]);
    assert_eq!(service.log().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_is_refused_now_and_then_does_not_rest() {
    let service = Memory::new(|_, _| Duration::from_millis(1));
    let script = (0..20).map(|request| (request % 2 == 0).then_some(Fault::Limited(5)));
    let faults = FaultTransport::scripted(service.clone(), script);
    let started = Instant::now();
    finish(push(faults, updates(100), options(1))).await;
    let at_once = service.log().iter().filter(|request| (request.at - started).as_secs() < 5).count();
    assert_eq!(at_once, 90);
}

#[tokio::test(start_paused = true)]
async fn answers_pay_retries_back() {
    let service = Memory::new(|_, _| Duration::ZERO);
    let script = (0..100).map(|request| (request % 2 == 0).then_some(Fault::Status(500)));
    let faults = FaultTransport::scripted(service.clone(), script);
    let mut options = options(1);
    options.retry_budget = Arc::new(RetryBudget::new(2).with_refund(10));
    let outcomes = finish(push(faults, updates(200), options)).await;
    assert!(names(outcomes).iter().all(|(_, name)| *name == "sent"));
}

#[tokio::test(start_paused = true)]
async fn an_update_fails_when_its_time_is_over() {
    let service = Memory::new(|_, _| Duration::ZERO);
    let limited = std::iter::repeat_n(Some(Fault::Limited(10)), 100);
    let mut options = options(1);
    (options.retry.max_attempts, options.retry.total) = (1_000, Duration::from_secs(35));
    let outcomes = finish(push(FaultTransport::scripted(service, limited), updates(1), options)).await;
    let Delivery::Failed(error) = &outcomes[0].delivery else { panic!("{outcomes:?}") };
    assert_eq!((error.kind(), error.attempts(), error.elapsed().as_secs()), (ErrorKind::RateLimited, 4, 30));
}

#[tokio::test]
async fn a_success_that_is_no_answer_of_a_fanpass_is_no_delivery() {
    let portal = CaptureTransport::new(|_| Ok(text(200, "text/html", "<p>Welcome to our network</p>")));
    let outcomes = finish(push(portal, updates(1), options(1))).await;
    let Delivery::Rejected(error) = &outcomes[0].delivery else { panic!("{outcomes:?}") };
    assert_eq!(error.kind(), ErrorKind::UnexpectedAnswer);
}

/// Whatever is asked, in time.
fn always(fault: Fault) -> FaultTransport<Memory> {
    FaultTransport::deciding(Memory::new(|_, _| Duration::ZERO), move || Some(fault.clone()))
}

#[tokio::test(start_paused = true)]
async fn a_run_that_gets_nothing_through_stops() {
    for (fault, bound) in
        [(Fault::Refused, 85), (Fault::Status(503), 85), (Fault::Limited(1), 62), (Fault::Limited(45), 91)]
    {
        let started = Instant::now();
        let run = push(always(fault.clone()), updates(100_000), options(16));
        let handle = run.handle();
        let outcomes = finish(run).await;
        let seconds = started.elapsed().as_secs();
        assert!((60..bound).contains(&seconds), "{fault:?}: {seconds}");
        assert!(outcomes.len() <= 4096, "the rest of the source was not read");
        let Some(reason @ StopReason::Unavailable { .. }) = handle.stopped() else { panic!("{fault:?}") };
        assert!(reason.to_string().starts_with("no request has got through for "), "{reason}");
        assert!(reason.error().unwrap().is_transient());
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_answers_now_and_then_is_waited_for() {
    let started = Instant::now();
    let gone = move || {
        let seconds = started.elapsed().as_secs();
        (seconds < 40 || (60..110).contains(&seconds)).then_some(Fault::Refused)
    };
    let service = Memory::new(|_, _| Duration::from_millis(100));
    let options = PushOptions { requests_per_second: NonZeroU32::new(50), ..options(16) };
    let outcomes = finish(push(FaultTransport::deciding(service, gone), updates(3_000), options)).await;
    assert!(names(outcomes).iter().all(|(_, name)| *name == "sent"));
}
