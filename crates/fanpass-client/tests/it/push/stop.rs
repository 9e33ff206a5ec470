//! Ends before the source's: a token that is not accepted, and the caller's wish.

use std::time::Duration;

use fanpass_client::{Delivery, ErrorKind, StopReason};
use fanpass_testkit::{Fault, FaultTransport};
use fanpass_transport::Sent;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::{Instant, sleep};

use super::service::{Memory, finish, names, options, push, update, updates};

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_accepted_halts_the_run_at_once() {
    for status in [401, 403] {
        let service = Memory::new(|_, _| Duration::from_millis(10));
        let script = [None, None, Some(Fault::Status(status))];
        let faults = FaultTransport::scripted(service.clone(), script);
        let outcomes = finish(push(faults, updates(1_000), options(2))).await;
        assert_eq!(service.log().len(), 3, "one was in flight beside the refused one");
        let reason = outcomes.iter().find_map(|outcome| match &outcome.delivery {
            Delivery::NotSent(StopReason::Halted(error)) => Some(error.kind()),
            _ => None,
        });
        let expected = if status == 401 { ErrorKind::Unauthorized } else { ErrorKind::Forbidden };
        assert_eq!(reason, Some(expected));
        assert_eq!(names(outcomes), [(0, "sent"), (1, "sent"), (2, "not sent"), (3, "sent")]);
    }
}

#[tokio::test(start_paused = true)]
async fn finishing_sends_no_more_and_waits_for_what_is_in_flight() {
    let service = Memory::new(|_, _| Duration::from_secs(10));
    // The third waits behind the first; the fourth would be next.
    let rows = ["a", "b", "a", "c", "d", "e"];
    let rows = rows.into_iter().enumerate().map(|(tag, user)| update(tag, user, "custom.row", true.into()));
    let mut run = push(service.clone(), rows, options(3));
    assert!(run.next().now_or_never().is_none());
    let handle = run.handle();
    tokio::spawn(async move {
        sleep(Duration::from_secs(1)).await;
        handle.finish();
    });
    let started = Instant::now();
    assert_eq!(names(finish(run).await), [(0, "sent"), (1, "sent"), (2, "not sent"), (3, "sent")]);
    assert_eq!((started.elapsed().as_secs(), service.log().len()), (10, 3));
}

#[tokio::test(start_paused = true)]
async fn aborting_gives_up_what_is_in_flight() {
    let service = Memory::new(|_, _| Duration::from_hours(1));
    let run = push(service.clone(), updates(10), options(3));
    let handle = run.handle();
    tokio::spawn(async move {
        sleep(Duration::from_secs(1)).await;
        handle.finish();
        sleep(Duration::from_secs(1)).await;
        handle.abort();
    });
    let started = Instant::now();
    let outcomes = finish(run).await;
    assert_eq!(started.elapsed().as_secs(), 2);
    let Delivery::Failed(error) = &outcomes[0].delivery else { panic!("{outcomes:?}") };
    assert_eq!((error.sent(), error.attempts()), (Sent::Unknown, 1));
    assert_eq!(
        error.to_string(),
        "Update User Properties: the request to fanpass.example was cancelled (fanpass.example)"
    );
    assert_eq!(names(outcomes), [(0, "failed"), (1, "failed"), (2, "failed")]);
    assert!(service.users().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_may_have_arrived_is_never_called_not_sent() {
    let service = Memory::new(|_, _| Duration::ZERO);
    let faults = FaultTransport::scripted(service, [Some(Fault::Lost), Some(Fault::Status(401))]);
    // The first waits for its retry when the token turns out to be revoked.
    let outcomes = finish(push(faults, updates(2), options(1))).await;
    assert_eq!(names(outcomes), [(0, "failed"), (1, "not sent")]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_stopped_before_it_starts_reads_nothing() {
    let run = push(Memory::new(|_, _| Duration::ZERO), updates(10), options(3));
    run.handle().finish();
    assert!(finish(run).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_fails_while_a_run_is_finishing_is_not_repeated() {
    let service = Memory::new(|_, _| Duration::ZERO);
    let delayed = FaultTransport::scripted(service.clone(), [Some(Fault::Lost)]);
    let late = FaultTransport::scripted(delayed, [Some(Fault::Delay(Duration::from_secs(5)))]);
    let mut run = push(late, updates(10), options(1));
    assert!(run.next().now_or_never().is_none());
    run.handle().finish();
    assert_eq!(names(finish(run).await), [(0, "failed")]);
    assert_eq!(service.log().len(), 1);
}
