//! Finds out how many requests a second the other side takes, where it says 429, and keeps to that.

use std::time::Duration;

use tokio::time::Instant;

use super::pace::Pace;

/// A round is at least so long, and has at least so many requests.
const ROUND: Duration = Duration::from_millis(100);
const ROUND_REQUESTS: u32 = 20;
/// By what share of itself the rate rises after a round without a refusal, and by twice that after each further one.
const RISE: f64 = 0.05;
const RISE_MOST: f64 = 0.4;
/// So many refusals in a round are no chance.
const SOME: u32 = 3;
/// At this share of the rate, refusals are fewer if they come of it.
const HELPS_BELOW: f64 = 0.75;
/// Requests a second that are sent at least.
const SLOWEST: f64 = 0.01;
/// Answers for which a rate is not tried again that was no help.
const REST: u32 = 500;

/// A rate of requests that is off until refusals show that there is a limit, and then looked at once a round: it becomes
/// what was accepted, or rises if nothing was refused. If everything was refused, nothing is sent before the moment that the
/// other side has named.
///
/// It is off again when it holds nothing up, and when lowering it did not make refusals fewer: then they come whatever
/// the load.
#[derive(Debug)]
pub(super) struct Throttle {
    rate: Option<f64>,
    pace: Pace,
    round: Round,
    rise: f64,
    /// The rate that met refusals first since a round without any, and the greatest share of refusals since.
    lowered_from: Option<(f64, f64)>,
    /// The share of refusals that no rate helped against, and the answers for which that is believed.
    chance: f64,
    rest: u32,
}

/// What was answered since the rate was set.
#[derive(Debug, Default)]
struct Round {
    /// Requests that were sent before, and are still to end.
    earlier: usize,
    began: Option<Instant>,
    accepted: u32,
    refused: u32,
}

impl Round {
    fn length(&self, now: Instant) -> Duration {
        self.began.map_or(Duration::ZERO, |began| now.saturating_duration_since(began))
    }

    /// The share of refusals.
    fn share(&self) -> f64 {
        f64::from(self.refused) / f64::from((self.accepted + self.refused).max(1))
    }

    /// Requests accepted a second.
    fn rate(&self, now: Instant) -> f64 {
        f64::from(self.accepted) / self.length(now).max(ROUND).as_secs_f64()
    }

    fn count(&mut self, now: Instant, refused: bool) {
        if self.earlier > 0 {
            self.earlier -= 1;
            self.began = None;
            return;
        }
        self.began.get_or_insert(now);
        *if refused { &mut self.refused } else { &mut self.accepted } += 1;
    }
}

impl Throttle {
    pub(super) fn new() -> Self {
        Self {
            rate: None,
            pace: Pace::new(None),
            round: Round::default(),
            rise: RISE,
            lowered_from: None,
            chance: 0.0,
            rest: 0,
        }
    }

    /// When the next request may be sent, if that is still to come.
    pub(super) fn wait(&self, now: Instant) -> Option<Instant> {
        self.pace.wait(now)
    }

    /// Notes a request that is sent now.
    pub(super) fn take(&mut self, now: Instant) {
        self.pace.take(now, 1);
    }

    /// Notes a request that was not refused, beside so many that are in flight.
    pub(super) fn accepted(&mut self, now: Instant, in_flight: usize) {
        self.rest = self.rest.saturating_sub(1);
        self.round.count(now, false);
        if self.rate.is_some() {
            self.end_round(now, in_flight, None);
        } else if self.round.length(now) > ROUND * 10 {
            self.round = Round::default();
        }
    }

    /// Notes a request that was refused until then; false if there is no rate that is to see to it.
    pub(super) fn refused(&mut self, now: Instant, in_flight: usize, until: Instant) -> bool {
        self.round.count(now, true);
        if self.rate.is_some() {
            self.end_round(now, in_flight, Some(until));
        }
        self.rate.is_some()
    }

    /// Begins with a rate, unless refusals are chance; false if nothing is accepted of which it could be made.
    pub(super) fn begin(&mut self, now: Instant, in_flight: usize) -> bool {
        if self.rest > 0 && self.round.share() < (self.chance * 2.0).min(0.5) {
            return true;
        }
        if self.round.accepted > 0 {
            self.set(Some(self.round.rate(now)), in_flight);
            (self.rise, self.lowered_from) = (RISE, None);
        }
        self.rate.is_some()
    }

    fn end_round(&mut self, now: Instant, in_flight: usize, refused_until: Option<Instant>) {
        let Round { accepted, refused, .. } = self.round;
        let requests = accepted + refused;
        let nothing_goes = accepted == 0 && refused >= ROUND_REQUESTS * 2;
        if requests < ROUND_REQUESTS || (self.round.length(now) < ROUND && !nothing_goes) {
            return;
        }
        let share = self.round.share();
        let rate = self.rate.unwrap_or_default();
        let reached = self.round.rate(now);
        if refused == 0 {
            self.lowered_from = None;
            self.set((reached * 2.0 > rate).then_some(rate * (1.0 + self.rise)), in_flight);
            self.rise = (self.rise * 2.0).min(RISE_MOST);
            return;
        }
        self.rise = RISE;
        let (before, worst) = self.lowered_from.unwrap_or((rate, share));
        let worst = worst.max(share);
        self.lowered_from = Some((before, worst));
        if accepted == 0 {
            self.set(Some(rate / 2.0), in_flight);
            self.pace.hold(refused_until.unwrap_or(now));
        } else if rate < before * HELPS_BELOW && refused >= SOME && share > worst / 2.0 {
            (self.chance, self.rest) = (worst, REST);
            self.set(None, in_flight);
        } else {
            // Not much less at once: a round may have stood still for another reason.
            self.set(Some(reached.max(rate / 10.0)), in_flight);
        }
    }

    fn set(&mut self, rate: Option<f64>, in_flight: usize) {
        self.rate = rate;
        self.pace.set(rate.map(|rate| Duration::from_secs_f64(1.0 / rate.max(SLOWEST))));
        self.round = Round { earlier: in_flight, ..Round::default() };
    }
}
