//! How many requests may be in flight: more while the other side keeps up, fewer when it says that it does not.

use std::time::Duration;

use super::trial::{Trial, Verdict};

/// A mean latency of less than this above twice the best one is no sign of a queue on the other side.
const TOLERANCE: Duration = Duration::from_millis(10);
/// Requests for which the verdict of a trial holds.
const HOLDS: u32 = 2048;

/// A limit that is looked at once a round, which is as many requests as it allows at a time.
///
/// - Refusals (429, 503 and the like, time-outs) lower it by half of their share in the round, to half if all were
///   refused. Unless most were, a [`Trial`] finds out first whether the load is to blame; if it is not, about as many as
///   in the trial are let pass.
/// - A mean latency of more than twice the best and 10 ms lowers it by an eighth.
/// - Otherwise, if it was reached, it doubles until it was lowered for the first time, then rises by an eighth.
#[derive(Debug)]
pub(super) struct Limit {
    current: usize,
    max: usize,
    lowered: bool,
    best: Option<Duration>,
    round: Round,
    trial: Option<Trial>,
    /// The share of requests that is refused whatever the load, by the last trial.
    chance: f64,
    /// For how many requests more that is believed.
    holds: u32,
}

#[derive(Debug, Default)]
struct Round {
    requests: u32,
    refused: u32,
    reached: bool,
    answered: u32,
    latency: Duration,
}

impl Limit {
    pub(super) fn new(first: usize, max: usize) -> Self {
        Self {
            current: first.clamp(1, max),
            max,
            lowered: false,
            best: None,
            round: Round::default(),
            trial: None,
            chance: 0.0,
            holds: 0,
        }
    }

    pub(super) fn get(&self) -> usize {
        self.current
    }

    /// Whether so many refusals of a slot in a row are more than chance.
    pub(super) fn is_overload(&self, refusals: u32) -> bool {
        self.trial.is_none() && f64::from(refusals) >= 2.0 + 20.0 * self.chance
    }

    /// Notes that as many requests were in flight as may be.
    pub(super) fn reached(&mut self) {
        self.round.reached = true;
    }

    /// Notes a request that was answered, well or ill, for what it said.
    pub(super) fn answered(&mut self, latency: Duration) {
        self.round.answered += 1;
        self.round.latency += latency;
        self.end_request(false);
    }

    /// Notes a request that the other side could not serve.
    pub(super) fn refused(&mut self) {
        self.round.refused += 1;
        self.end_request(true);
    }

    fn end_request(&mut self, refused: bool) {
        self.round.requests += 1;
        if self.trial.is_some() {
            self.go_on_with_trial(refused);
        } else if usize::try_from(self.round.requests).is_ok_and(|requests| requests >= self.current) {
            let round = std::mem::take(&mut self.round);
            self.end_round(&round);
        }
    }

    fn go_on_with_trial(&mut self, refused: bool) {
        let Some(trial) = &mut self.trial else { return };
        let verdict = trial.count(refused);
        self.current = trial.needs();
        self.chance = match verdict {
            Verdict::Open => return,
            Verdict::Load => 0.0,
            Verdict::Chance(share) => share,
        };
        self.current = trial.of();
        if self.chance == 0.0 {
            self.lower((self.current / 8).max(1));
        }
        self.holds = HOLDS;
        (self.trial, self.round) = (None, Round::default());
    }

    fn end_round(&mut self, round: &Round) {
        self.holds = self.holds.saturating_sub(round.requests);
        if self.holds == 0 {
            self.chance = 0.0;
        }
        let excess = self.excess(round);
        let step = (self.current / 8).max(1);
        if excess > 0 && self.holds == 0 && self.current > 1 && round.refused * 2 < round.requests {
            self.trial = Some(Trial::new(self.current));
        } else if excess > 0 {
            self.lower(excess.div_ceil(2));
        } else if !self.keeps_up(round.latency / round.answered.max(1)) {
            self.lower(step);
        } else if round.reached {
            let rise = if self.lowered { step } else { self.current };
            self.current = (self.current + rise).min(self.max);
        }
    }

    /// How many refusals are more than chance: past what is expected and twice its deviation.
    fn excess(&self, round: &Round) -> usize {
        let expected = self.chance * f64::from(round.requests);
        let by_chance = expected + 2.0 * expected.sqrt();
        (1..=round.refused).filter(|refused| f64::from(*refused) > by_chance).count()
    }

    fn lower(&mut self, by: usize) {
        self.current = self.current.saturating_sub(by).max(1);
        self.lowered = true;
    }

    /// Whether a round's mean latency is about as good as the best. What a single request at a time takes is no fault
    /// of the concurrency: there the best is taken anew, so that a change for good is not held against the other side.
    fn keeps_up(&mut self, mean: Duration) -> bool {
        let best = self.best.filter(|best| *best < mean && self.current > 1).unwrap_or(mean);
        self.best = Some(best);
        mean <= best * 2 + TOLERANCE
    }
}
