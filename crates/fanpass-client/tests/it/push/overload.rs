//! Refusals that come of the load are told from those that come whatever the load, in simulated time.

use std::time::Duration;

use fanpass_client::{Delivery, PushOptions};
use fanpass_testkit::{Fault, FaultTransport};
use fanpass_transport::{Request, Response, Transport, TransportError};
use tokio::time::{Instant, sleep};

use super::service::{Memory, finish, options, push, updates};

/// Every answer, a refusal too, takes so long.
#[derive(Debug)]
struct Distant<T>(T, Duration);

impl<T: Transport> Transport for Distant<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        sleep(self.1).await;
        self.0.send(request).await
    }
}

/// What a push of 20,000 updates came to.
#[derive(Debug)]
struct Run {
    seconds: f64,
    /// Requests beyond one for each update.
    extra: u64,
}

/// Pushes over 64 slots and checks that all of it arrives.
async fn run(transport: impl Transport) -> Run {
    let started = Instant::now();
    let run = push(transport, updates(20_000), PushOptions { first_concurrency: 4, ..options(64) });
    let handle = run.handle();
    let outcomes = finish(run).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome.delivery, Delivery::Sent)));
    Run { seconds: started.elapsed().as_secs_f64(), extra: handle.progress().requests - 20_000 }
}

/// The same to a service that is some milliseconds away.
async fn run_at(milliseconds: u64, next: impl FnMut() -> Option<Fault> + Send + 'static) -> Run {
    let service = Memory::new(|_, _| Duration::ZERO);
    run(Distant(FaultTransport::deciding(service, next), Duration::from_millis(milliseconds))).await
}

/// One request in `one_in` of the first 20,000 meets the fault: in turn, or at random.
fn one_in(one_in: u64, random: bool, fault: Fault) -> impl FnMut() -> Option<Fault> {
    let (mut number, mut state) = (0_u64, 1_u64);
    move || {
        number += 1;
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let drawn = if random { state >> 33 } else { number };
        (number <= 20_000 && drawn.is_multiple_of(one_in)).then(|| fault.clone())
    }
}

/// A bucket that holds the tokens of a second and begins with a tenth of them.
fn at_most(per_second: f64) -> impl FnMut() -> Option<Fault> {
    bucket(per_second, per_second / 10.0, per_second)
}

/// A bucket that begins with so many tokens and holds so many.
fn bucket(per_second: f64, mut tokens: f64, size: f64) -> impl FnMut() -> Option<Fault> {
    let mut filled = Instant::now();
    move || {
        tokens = (tokens + filled.elapsed().as_secs_f64() * per_second).min(size);
        filled = Instant::now();
        if tokens < 1.0 {
            return Some(Fault::Limited(1));
        }
        tokens -= 1.0;
        None
    }
}

#[tokio::test(start_paused = true)]
async fn a_tenth_refused_at_random_does_not_slow_a_run_down() {
    let run = run_at(3, one_in(10, true, Fault::Limited(1))).await;
    assert!(run.seconds < 4.0 && run.extra < 2_200, "{run:?}");
}

#[tokio::test(start_paused = true)]
async fn each_tenth_refused_does_not_slow_a_run_down() {
    let run = run_at(3, one_in(10, false, Fault::Limited(1))).await;
    assert!(run.seconds < 4.0 && run.extra < 2_200, "{run:?}");
}

#[tokio::test(start_paused = true)]
async fn nor_does_it_far_away() {
    // 22,000 requests, 64 at a time, take 6.9 s.
    let run = run_at(20, one_in(10, true, Fault::Limited(1))).await;
    assert!(run.seconds < 11.0 && run.extra < 2_200, "{run:?}");
}

#[tokio::test(start_paused = true)]
async fn a_twentieth_unavailable_at_random_does_not_slow_a_run_down() {
    let run = run_at(3, one_in(20, true, Fault::Status(503))).await;
    assert!(run.seconds < 4.0 && run.extra < 1_200, "{run:?}");
}

#[tokio::test(start_paused = true)]
async fn a_real_limit_is_kept_to_and_reached() {
    let run = run_at(3, at_most(5_000.0)).await;
    // The last that is refused is waited for.
    assert!(run.seconds < 3.9 + 1.1 && run.extra <= 600, "{run:?}");
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_even_one_request_at_a_time_passes_is_kept_to_and_reached() {
    for (milliseconds, per_second, size) in
        [(1, 200.0, 20.0), (30, 200.0, 200.0), (100, 500.0, 5.0), (1, 20.0, 5.0)]
    {
        let run = run_at(milliseconds, bucket(per_second, size, size)).await;
        let best = 20_000.0 / per_second;
        assert!(run.seconds < best * 1.2 && run.extra <= 1_500, "{per_second}: {run:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_lifted_holds_nothing_up() {
    let mut bucket = bucket(200.0, 20.0, 20.0);
    let mut number = 0;
    let run = run_at(1, move || {
        number += 1;
        bucket().filter(|_| number < 1_000)
    });
    let run = run.await;
    assert!(run.seconds < 8.0, "{run:?}");
}

#[tokio::test(start_paused = true)]
async fn one_slot_is_not_slowed_down_for_good_by_refusals_at_random() {
    let service = Memory::new(|_, _| Duration::ZERO);
    let faults = FaultTransport::deciding(service, one_in(10, true, Fault::Limited(1)));
    let started = Instant::now();
    finish(push(Distant(faults, Duration::from_millis(3)), updates(20_000), options(1))).await;
    assert!(started.elapsed().as_secs() < 240, "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_spent_is_waited_for_and_not_asked_for() {
    // A thousand a minute.
    let (began, mut minute, mut left) = (Instant::now(), 0, 1_000);
    let run = run_at(5, move || {
        let now = began.elapsed().as_secs();
        if now / 60 != minute {
            (minute, left) = (now / 60, 1_000);
        }
        if left == 0 {
            return Some(Fault::Limited(60 - now % 60));
        }
        left -= 1;
        None
    });
    let run = run.await;
    assert!(run.seconds < 1_300.0 && run.extra < 5_500, "{run:?}");
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_waited_for() {
    let mut began = None;
    let run = run_at(3, move || {
        let began: &mut Instant = began.get_or_insert_with(Instant::now);
        (500..2_500).contains(&began.elapsed().as_millis()).then_some(Fault::Status(503))
    });
    let run = run.await;
    assert!(run.seconds < 4.0 && run.extra < 250, "{run:?}");
}

#[tokio::test(start_paused = true)]
async fn a_queue_is_not_made_longer_and_nothing_is_refused() {
    // Ten at a time, a hundred times a second.
    let run =
        run(Memory::new(|_, in_flight| Duration::from_millis(10 * in_flight.div_ceil(10) as u64))).await;
    assert!(run.seconds < 25.0 && run.extra == 0, "{run:?}");
}
