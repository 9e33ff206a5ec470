//! The number of requests in flight follows what the other side can take.

use std::num::NonZeroU32;
use std::time::Duration;

use fanpass_client::PushOptions;
use fanpass_testkit::{Fault, FaultTransport};
use futures_util::StreamExt as _;
use tokio::time::Instant;

use super::service::{Memory, finish, options, push, updates};

fn from_four(max: usize) -> PushOptions {
    PushOptions { first_concurrency: 4, ..options(max) }
}

#[tokio::test(start_paused = true)]
async fn it_starts_low_and_rises_to_its_bound_while_latency_holds() {
    let service = Memory::new(|_, _| Duration::from_millis(20));
    let started = Instant::now();
    finish(push(service.clone(), updates(4 + 8 + 16 + 32 + 10 * 64), from_four(64))).await;
    let arrived = |within| service.log().iter().filter(|request| request.at - started < within).count();
    assert_eq!(arrived(Duration::from_millis(20)), 4);
    assert_eq!(arrived(Duration::from_millis(35)), 4 + 8);
    assert_eq!(service.most_in_flight(), 64);
    // Fourteen waves, of which a late timer may lengthen each by a millisecond.
    assert!((280..=294).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn it_stays_where_latency_does_not_hold() {
    // Ten requests are served at a time; the others queue.
    let service = Memory::new(|_, in_flight| Duration::from_millis(20 * in_flight.div_ceil(10) as u64));
    finish(push(service.clone(), updates(8_000), from_four(256))).await;
    let log = service.log();
    let late: Vec<_> = log[4_000..7_900].iter().map(|received| received.in_flight).collect();
    let mean = late.iter().sum::<usize>() / late.len();
    assert!((10..60).contains(&mean), "{mean}");
}

#[tokio::test(start_paused = true)]
async fn it_falls_when_the_other_side_refuses_and_rises_again() {
    let service = Memory::new(|_, _| Duration::from_millis(20));
    let script = (0..2_000).map(|request| (500..700).contains(&request).then_some(Fault::Status(503)));
    let faults = FaultTransport::scripted(service, script);
    let mut push = push(faults, updates(4_000), from_four(64));
    let handle = push.handle();
    let (mut before, mut lowest, mut last) = (0, usize::MAX, 0);
    while push.next().await.is_some() {
        let progress = handle.progress();
        if progress.requests < 500 {
            before = progress.concurrency;
        } else {
            lowest = lowest.min(progress.concurrency);
        }
        last = progress.concurrency;
    }
    assert_eq!(before, 64);
    assert!(lowest <= 16, "{lowest}");
    assert!(last > 32, "{last}");
}

#[tokio::test(start_paused = true)]
async fn it_is_one_at_least() {
    let service = Memory::new(|_, _| Duration::from_millis(1));
    let faults = FaultTransport::scripted(service.clone(), (0..100).map(|_| Some(Fault::Limited(1))));
    let mut options = PushOptions { max_concurrency: 0, window: 0, ..options(1) };
    options.retry.max_attempts = 1000;
    options.patience = Duration::MAX;
    let outcomes = finish(push(faults, updates(3), options)).await;
    assert_eq!((outcomes.len(), service.log().len(), service.most_in_flight()), (3, 3, 1));
}

#[tokio::test(start_paused = true)]
async fn it_does_not_rise_unless_it_is_needed() {
    let service = Memory::new(|_, _| Duration::from_millis(20));
    let options = PushOptions { requests_per_second: NonZeroU32::new(50), ..from_four(64) };
    let run = push(service, updates(500), options);
    let handle = run.handle();
    finish(run).await;
    assert_eq!(handle.progress().concurrency, 4);
}

#[tokio::test(start_paused = true)]
async fn it_rises_again_where_the_other_side_has_become_slower_for_good() {
    let service = Memory::new(|number, _| Duration::from_millis(if number < 1_000 { 5 } else { 200 }));
    let run = push(service, updates(4_000), from_four(32));
    let handle = run.handle();
    finish(run).await;
    assert_eq!(handle.progress().concurrency, 32);
}
