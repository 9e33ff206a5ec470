//! The budget of ids a second, over requests that carry one id or many.

use std::num::NonZeroU32;
use std::time::Duration;

use fanpass_client::{IdBudget, PushOptions};
use tokio::time::Instant;

use super::service::{Memory, finish, options, push, updates};

/// Since then, to the nearest second: timers may be late.
fn seconds(since: Instant) -> u64 {
    (since.elapsed() + Duration::from_millis(500)).as_secs()
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_as_long_as_the_ids_before_it_take() {
    let budget = IdBudget::new(NonZeroU32::new(1_000));
    let started = Instant::now();
    let mut sent = Vec::new();
    for ids in [5_000, 1, 0, 2_000_000_000, 1] {
        budget.take(ids).await;
        sent.push(seconds(started));
    }
    assert_eq!(sent, [0, 5, 5, 5, 2_000_005]);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_used_is_not_saved_up() {
    let budget = IdBudget::new(NonZeroU32::new(10));
    budget.take(10).await;
    tokio::time::advance(Duration::from_mins(1)).await;
    let started = Instant::now();
    budget.take(10).await;
    budget.take(10).await;
    assert_eq!(seconds(started), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_rate_nothing_waits() {
    let budget = IdBudget::new(None);
    let started = Instant::now();
    budget.take(u64::MAX).await;
    budget.take(u64::MAX).await;
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_update_is_one_id_and_the_smaller_rate_holds() {
    for (requests, ids) in [(10, 1_000), (1_000, 10)] {
        let rates = PushOptions {
            requests_per_second: NonZeroU32::new(requests),
            ids_per_second: NonZeroU32::new(ids),
            ..options(16)
        };
        let started = Instant::now();
        finish(push(Memory::new(|_, _| Duration::from_millis(1)), updates(50), rates)).await;
        assert_eq!(seconds(started), 5);
    }
}
