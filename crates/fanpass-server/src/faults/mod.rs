//! Faults on demand, so that anyone can test a client: what a call meets depends on a seed and the call's number alone.

mod inject;
mod rule;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) use inject::{Cut, HEADER, halved_if_met, inject, is_cut, met};
pub use rule::{Fault, FaultRule};

/// Whether calls can meet faults, and which ones.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FaultOptions {
    /// Whether they can at all, by rules, by a header of theirs, or by rules that are set later. Default: no.
    pub enabled: bool,
    /// Decides, with the number of a call, which faults it meets. Default: 0.
    pub seed: u64,
    /// The faults, and how many calls meet them. Default: none.
    pub rules: Vec<FaultRule>,
}

/// What a call meets.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Fate {
    /// How long it waits first.
    pub(crate) latency: Duration,
    /// The first fault that takes no time and hits it.
    pub(crate) fault: Option<Fault>,
}

/// The faults of one service.
#[derive(Debug)]
pub(crate) struct Faults {
    pub(crate) enabled: bool,
    state: Mutex<State>,
}

/// The rules in force, and what came of them.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) seed: u64,
    pub(crate) rules: Vec<FaultRule>,
    /// Calls since the rules were set.
    pub(crate) requests: u64,
    pub(crate) injected: u64,
}

impl Faults {
    pub(crate) fn new(options: &FaultOptions) -> Self {
        let FaultOptions { enabled, seed, rules } = options.clone();
        Self { enabled, state: Mutex::new(State { seed, rules, requests: 0, injected: 0 }) }
    }

    /// Puts rules in force and counts calls from 1 again.
    pub(crate) fn set(&self, seed: u64, rules: Vec<FaultRule>) {
        *self.lock() = State { seed, rules, requests: 0, injected: 0 };
    }

    pub(crate) fn state(&self) -> State {
        self.lock().clone()
    }

    /// What the next call meets: by the rules in force, or by `rules` of its own.
    fn next(&self, own: Option<&[FaultRule]>) -> Fate {
        let mut state = self.lock();
        state.requests += 1;
        let fate = fate(state.seed, state.requests, own.unwrap_or(&state.rules));
        if fate != Fate::default() {
            state.injected += 1;
        }
        fate
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fate(seed: u64, number: u64, rules: &[FaultRule]) -> Fate {
    let mut fate = Fate::default();
    for (place, rule) in (0..).zip(rules) {
        if random(seed, number, place) >= rule.chance {
            continue;
        }
        match rule.fault {
            Fault::Latency(time) => fate.latency = fate.latency.saturating_add(time),
            fault => fate.fault = fate.fault.or(Some(fault)),
        }
    }
    fate
}

/// A number from 0 to below 1, the same for the same arguments on every machine (`SplitMix64`).
fn random(seed: u64, number: u64, place: u64) -> f64 {
    let step = |state: u64| {
        let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    let mixed = step(step(step(seed) ^ number) ^ place);
    let high = u32::try_from(mixed >> 32).unwrap_or(u32::MAX);
    f64::from(high) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<FaultRule> {
        text.split(' ').map(|rule| rule.parse().unwrap()).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_faults_in_about_the_share_asked_for() {
        let faults = |seed| -> Vec<Fate> {
            (1..=10_000).map(|number| fate(seed, number, &rules("429=0.1 latency=1s@0.5"))).collect()
        };
        assert_eq!(faults(7), faults(7));
        assert_ne!(faults(7), faults(8));
        let limited = faults(7).iter().filter(|fate| fate.fault.is_some()).count();
        assert!((900..1100).contains(&limited), "{limited}");
        let late = faults(7).iter().filter(|fate| fate.latency > Duration::ZERO).count();
        assert!((4800..5200).contains(&late), "{late}");
    }

    #[test]
    fn certain_faults_add_up_and_the_first_that_answers_wins() {
        let fate = fate(0, 1, &rules("latency=1s 503 429 latency=2s 500=0"));
        assert_eq!(fate, Fate { latency: Duration::from_secs(3), fault: Some(Fault::Status(503)) });
    }
}
