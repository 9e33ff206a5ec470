//! A club's night in a world that a seed decides: the real client and the real service with its files, between them a
//! network that loses, cuts, delays and refuses, and a service that crashes. In the end both sides know the same.
//!
//! The client's clock stands still unless everybody waits, so that a night of time-outs and back-offs takes a moment.

mod night;
mod world;

use night::Night;

/// How many there are: a few here, `FANPASS_TEST_SEEDS=1000` for a long run.
pub fn seeds(few: u64) -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    match number("FANPASS_TEST_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("FANPASS_TEST_SEEDS").unwrap_or(few),
    }
}

#[test]
fn what_the_client_was_told_and_what_the_service_holds_is_the_same_after_any_night() {
    for seed in seeds(12) {
        let night = std::panic::catch_unwind(|| Night::new(seed).pass());
        assert!(night.is_ok(), "FANPASS_TEST_SEED={seed} repeats the night that failed");
    }
}
