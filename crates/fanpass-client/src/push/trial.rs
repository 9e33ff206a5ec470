//! Finds out by trial whether refusals come of the load, or would come however few requests are in flight.

use tokio::time::Instant;

/// Requests in each half of a trial.
const SAMPLE: u32 = 100;
/// More refusals than this in a half are overload without any doubt. At a hard limit that refuses no more, two thirds of
/// the load meet no refusal at all: that tells the two apart.
const MOST: u32 = 25;

/// A trial: so many requests under the limit that met refusals, then as many under a quarter of it.
#[derive(Debug)]
pub(super) struct Trial {
    limit: usize,
    /// Requests that were in flight before this half began, and are still to end.
    earlier: usize,
    began: Instant,
    requests: u32,
    refused: u32,
    /// What the first half came to, when it is over: refusals, and seconds.
    high: Option<(u32, f64)>,
}

/// What a trial comes to with a request.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It goes on.
    Open,
    /// The load is to blame.
    Load,
    /// This share of requests is refused whatever the load.
    Chance(f64),
}

impl Trial {
    /// A trial of a limit that is two at least.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, earlier: 0, began: Instant::now(), requests: 0, refused: 0, high: None }
    }

    /// The limit that is on trial.
    pub(super) fn of(&self) -> usize {
        self.limit
    }

    /// The limit that its present half needs.
    pub(super) fn needs(&self) -> usize {
        if self.high.is_none() { self.limit } else { (self.limit / 4).max(1) }
    }

    /// Takes in a request that is over.
    pub(super) fn count(&mut self, refused: bool) -> Verdict {
        if self.earlier > 0 {
            self.earlier -= 1;
            self.began = Instant::now();
            return Verdict::Open;
        }
        self.requests += 1;
        self.refused += u32::from(refused);
        if self.refused > MOST {
            return Verdict::Load;
        }
        if self.requests < SAMPLE {
            return Verdict::Open;
        }
        let seconds = self.began.elapsed().as_secs_f64();
        let Some((high, high_seconds)) = self.high else {
            *self =
                Self { earlier: self.limit, high: Some((self.refused, seconds)), ..Self::new(self.limit) };
            return Verdict::Open;
        };
        // Fewer in flight are no smaller load where it is this side that does not keep up.
        if self.refused * 3 >= high && seconds > high_seconds * 1.5 {
            Verdict::Chance(f64::from(high + self.refused) / f64::from(2 * SAMPLE))
        } else {
            Verdict::Load
        }
    }
}
