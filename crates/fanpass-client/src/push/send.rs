//! The sending half of a run: what goes out next, and when.

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::Instant;

use super::lanes::Batch;
use super::{Delivery, Push};
use crate::Error;

impl<T> Push<T> {
    /// Sends all that may be sent now.
    pub(super) fn fill(&mut self, context: &mut Context<'_>) {
        let now = Instant::now();
        self.note(now);
        self.slots.wake(now);
        while self.slots.busy() < self.limit.get() && self.spaced_until(now).is_none() {
            let Some(batch) = self.next_batch(now, context) else { return };
            self.send(batch, now);
        }
        if self.slots.in_flight() >= self.limit.get() {
            self.limit.reached();
        }
    }

    /// The next batch that can be sent: what was begun goes before what was not.
    fn next_batch(&mut self, now: Instant, context: &mut Context<'_>) -> Option<Batch<T>> {
        let begun = self.delayed.pop_due(now).or_else(|| self.ready.pop_front());
        begun.or_else(|| self.read(context))
    }

    /// Reads on, as far as the window allows, to an update whose user is free.
    fn read(&mut self, context: &mut Context<'_>) -> Option<Batch<T>> {
        while self.held < self.window {
            let Poll::Ready(update) = self.source.as_mut()?.as_mut().poll_next(context) else { return None };
            let Some(update) = update else {
                self.source = None;
                return None;
            };
            self.held += 1;
            self.progress.totals.read += 1;
            let batch = Batch::new(update);
            // Before it can be merged: one that is invalid would take others with it.
            if let Err(error) = batch.request.validate() {
                self.outcomes.extend(batch.settle(Delivery::Rejected(Arc::new(Error::invalid(error)))));
            } else if let Some(batch) = self.lanes.admit(batch) {
                return Some(batch);
            }
        }
        None
    }

    fn send(&mut self, mut batch: Batch<T>, now: Instant) {
        batch.attempts += 1;
        batch.began.get_or_insert(now);
        let repeats = batch.attempts > 1;
        match self.slots.send(batch, now) {
            Ok(()) => {
                self.pace.take(now, 1);
                self.throttle.take(now);
                self.progress.requests += 1;
                self.progress.retries += u64::from(repeats);
            }
            Err((batch, error)) => self.halt(batch, error),
        }
    }

    /// When something can be sent that cannot be now, unless an answer or the source comes first.
    pub(super) fn next_moment(&self) -> Option<Instant> {
        if self.slots.busy() >= self.limit.get() {
            return self.slots.next_rested();
        }
        self.spaced_until(Instant::now()).or_else(|| self.delayed.next())
    }

    /// When the next request may be sent by the rate that was asked for, and by the one that was found, if that is to come.
    fn spaced_until(&self, now: Instant) -> Option<Instant> {
        self.pace.wait(now).max(self.throttle.wait(now))
    }
}
