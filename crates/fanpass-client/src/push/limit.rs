//! How many requests may be in flight: more while the other side keeps up, fewer when it says that it does not.

use std::time::Duration;

/// A mean latency of less than this above twice the best one is no sign of a queue on the other side.
const TOLERANCE: Duration = Duration::from_millis(10);
/// A limit that is looked at once a round, which is as many requests as it allows at a time.
///
/// - Refusals (429, 503 and the like, time-outs) lower it by half of their share in the round: to half if all were
///   refused.
/// - A mean latency of more than twice the best and 10 ms lowers it by an eighth.
/// - Otherwise, if it was reached, it doubles until it was lowered for the first time, then rises by an eighth.
#[derive(Debug)]
pub(super) struct Limit {
    current: usize,
    max: usize,
    lowered: bool,
    best: Option<Duration>,
    round: Round,
}

#[derive(Debug, Default)]
struct Round {
    requests: usize,
    refused: usize,
    reached: bool,
    answered: u32,
    latency: Duration,
}

impl Limit {
    pub(super) fn new(first: usize, max: usize) -> Self {
        Self { current: first.clamp(1, max), max, lowered: false, best: None, round: Round::default() }
    }

    pub(super) fn get(&self) -> usize {
        self.current
    }

    /// Notes that as many requests were in flight as may be.
    pub(super) fn reached(&mut self) {
        self.round.reached = true;
    }

    /// Notes a request that was answered, well or ill, for what it said.
    pub(super) fn answered(&mut self, latency: Duration) {
        self.round.answered += 1;
        self.round.latency += latency;
        self.end_request();
    }

    /// Notes a request that the other side could not serve.
    pub(super) fn refused(&mut self) {
        self.round.refused += 1;
        self.end_request();
    }

    fn end_request(&mut self) {
        self.round.requests += 1;
        if self.round.requests < self.current {
            return;
        }
        let round = std::mem::take(&mut self.round);
        let step = (self.current / 8).max(1);
        if round.refused > 0 {
            self.lower((self.current * round.refused).div_ceil(2 * round.requests));
        } else if !self.holds(round.latency / round.answered.max(1)) {
            self.lower(step);
        } else if round.reached {
            let rise = if self.lowered { step } else { self.current };
            self.current = (self.current + rise).min(self.max);
        }
    }

    fn lower(&mut self, by: usize) {
        self.current = self.current.saturating_sub(by).max(1);
        self.lowered = true;
    }

    /// Whether a round's mean latency is about as good as the best. What a single request at a time takes is no fault
    /// of the concurrency: there the best is taken anew, so that a change for good is not held against the other side.
    fn holds(&mut self, mean: Duration) -> bool {
        let best = self.best.filter(|best| *best < mean && self.current > 1).unwrap_or(mean);
        self.best = Some(best);
        mean <= best * 2 + TOLERANCE
    }
}
