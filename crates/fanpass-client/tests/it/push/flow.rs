//! What flows through a run: nothing is lost or read too early, and the pace is kept.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fanpass_client::{Client, Delivery, Error, ErrorKind, Push, PushOptions, StopReason};
use fanpass_testkit::{CaptureTransport, Fault, FaultTransport, TestServer, answer};
use fanpass_transport_hyper::HyperConnection;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::time::Instant;

use super::service::{Memory, client, finish, names, options, push, update, updates};

#[tokio::test(start_paused = true)]
async fn the_source_is_not_read_past_the_window() {
    let read = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read);
    // All of them of four users, so that four are in flight and the others wait.
    let source = (0..1_000_000).map(move |tag| {
        counter.fetch_add(1, Ordering::Relaxed);
        update(tag, &format!("user-{}", tag % 4), "custom.row", true.into())
    });
    let silent = Memory::new(|_, _| Duration::from_hours(1));
    let mut push = push(silent.clone(), source, PushOptions { window: 50, ..options(16) });
    assert!(push.next().now_or_never().is_none());
    assert_eq!(read.load(Ordering::Relaxed), 50);
    assert_eq!(silent.log().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn the_source_is_not_read_before_a_slot_is_free() {
    let read = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read);
    let source = updates(1_000_000).inspect(move |_| _ = counter.fetch_add(1, Ordering::Relaxed));
    let silent = Memory::new(|_, _| Duration::from_hours(1));
    let mut push = push(silent, source, options(16));
    assert!(push.next().now_or_never().is_none());
    assert_eq!(read.load(Ordering::Relaxed), 16);
}

#[tokio::test(start_paused = true)]
async fn every_update_has_its_outcome_whatever_happens_on_the_way() {
    let service = Memory::new(|number, _| Duration::from_millis((number % 7) as u64));
    let kinds = vec![
        Fault::Refused,
        Fault::Lost,
        Fault::Truncated,
        Fault::Status(500),
        Fault::Status(422),
        Fault::Limited(1),
        Fault::Delay(Duration::from_mins(1)),
    ];
    let faults = FaultTransport::seeded(service, 7, 300, kinds);
    let mut options = options(16);
    options.retry.max_attempts = 2;
    let outcomes = finish(push(faults, updates(2_000), options)).await;
    assert_eq!(outcomes.len(), 2_000);
    let some = |is: fn(&Delivery) -> bool| outcomes.iter().any(|outcome| is(&outcome.delivery));
    assert!(some(|delivery| matches!(delivery, Delivery::Sent)));
    assert!(some(|delivery| matches!(delivery, Delivery::Rejected(_))));
    assert!(some(|delivery| matches!(delivery, Delivery::Failed(_))));
}

#[tokio::test(start_paused = true)]
async fn a_tenth_of_faults_loses_no_update() {
    let service = Memory::new(|_, _| Duration::from_millis(5));
    let kinds = vec![Fault::Refused, Fault::Lost, Fault::Status(500), Fault::Status(503), Fault::Limited(1)];
    let faults = FaultTransport::seeded(service.clone(), 42, 100, kinds);
    let outcomes = finish(push(faults, updates(5_000), options(64))).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome.delivery, Delivery::Sent)));
    assert_eq!(service.users().len(), 5_000);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_ends_and_what_it_gave_is_sent() {
    let rows = updates(5).map(Ok).chain([Err("line 6: an open quote")]).chain(updates(9).map(Ok));
    let failure = Arc::new(std::sync::Mutex::new(None));
    let kept = Arc::clone(&failure);
    let source = rows.map_while(move |row| row.map_err(|error| *kept.lock().unwrap() = Some(error)).ok());
    let outcomes = finish(push(Memory::new(|_, _| Duration::ZERO), source, options(4))).await;
    assert_eq!(names(outcomes), [0, 1, 2, 3, 4].map(|tag| (tag, "sent")));
    assert_eq!(*failure.lock().unwrap(), Some("line 6: an open quote"));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_waits_holds_nothing_up() {
    let source = stream::unfold(0, |tag| async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        (tag < 3).then(|| (update(tag, "42", "custom.row", true.into()), tag + 1))
    });
    let started = Instant::now();
    let service = Memory::new(|_, _| Duration::from_millis(100));
    let mut push = client(service).push_users(source, options(4));
    let mut settled = Vec::new();
    while push.next().await.is_some() {
        settled.push(started.elapsed().as_millis());
    }
    assert_eq!(settled, [1100, 2100, 3100]);
}

#[tokio::test(start_paused = true)]
async fn requests_keep_to_the_rate() {
    let service = Memory::new(|_, _| Duration::from_millis(1));
    let options = PushOptions { requests_per_second: NonZeroU32::new(10), ..options(16) };
    finish(push(service.clone(), updates(50), options)).await;
    let log = service.log();
    let gaps = log.windows(2).map(|pair| (pair[1].at - pair[0].at).as_millis());
    // A timer may be a millisecond late.
    assert!(gaps.clone().all(|gap| (99..=101).contains(&gap)), "{:?}", gaps.collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_rate_finer_than_the_timer_is_reached() {
    let service = Memory::new(|_, _| Duration::from_millis(1));
    let options = PushOptions { requests_per_second: NonZeroU32::new(5_000), ..options(64) };
    let started = Instant::now();
    finish(push(service, updates(5_000), options)).await;
    assert!((980..1_050).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn each_slot_has_a_client_of_its_own_made_when_it_is_needed() {
    let services: Vec<_> = (0..8).map(|_| Memory::new(|_, _| Duration::from_millis(10))).collect();
    let of_slot = services.clone();
    let source = stream::iter(updates(100));
    let clients = move |slot: usize| Ok(client(of_slot[slot].clone()));
    finish(Push::with_clients(clients, source, PushOptions { first_concurrency: 3, ..options(3) })).await;
    assert!(services.iter().all(|service| service.most_in_flight() <= 1));
    assert_eq!(services.iter().filter(|service| !service.log().is_empty()).count(), 3);
}

#[tokio::test]
async fn each_slot_keeps_its_connection_over_real_sockets() {
    let server = TestServer::start().await;
    // Whatever is asked below this path is answered with success.
    let domain = format!("{}/status/200", server.origin());
    let connection = HyperConnection::new().unwrap();
    let clients = move |_| Client::builder().domain(&*domain).transport(connection.sibling()).build();
    let outcomes = finish(Push::with_clients(clients, stream::iter(updates(400)), options(4))).await;
    assert!(names(outcomes).iter().all(|(_, name)| *name == "sent"));
    assert_eq!(server.connections(), 4);
}

#[tokio::test]
async fn a_client_that_cannot_be_made_halts_the_run() {
    let unset = |_| -> Result<_, Error> { Client::builder().build() };
    let outcomes = finish(Push::with_clients(unset, stream::iter(updates(3)), options(4))).await;
    let Delivery::NotSent(StopReason::Halted(error)) = &outcomes[0].delivery else { panic!("{outcomes:?}") };
    assert_eq!((outcomes.len(), error.kind()), (1, ErrorKind::Configuration));
}

#[tokio::test]
async fn a_run_that_never_waits_lets_other_tasks_run() {
    let transport = CaptureTransport::new(|_| Ok(answer::status(200)));
    let mut push = push(transport, updates(usize::MAX), options(4));
    let handle = push.handle();
    let other = async move { handle.finish() };
    let ((), last) = tokio::join!(tokio::task::yield_now().then(|()| other), async {
        let mut last = None;
        while let Some(outcome) = push.next().await {
            last = Some(outcome.tag);
        }
        last
    });
    assert!(last.is_some());
}

#[tokio::test]
async fn an_empty_source_ends_at_once() {
    assert!(finish(push(Memory::new(|_, _| Duration::ZERO), updates(0), options(4))).await.is_empty());
}
