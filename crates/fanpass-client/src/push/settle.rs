//! The settling half of a run: what an attempt comes to for its updates, for its slot and for the run.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::handle::Wish;
use super::lanes::Batch;
use super::retries::{self, Next};
use super::slots::Done;
use super::{Delivery, Push, StopReason};
use crate::{Error, ErrorKind};

impl<T> Push<T> {
    /// Takes in what an attempt came to.
    pub(super) fn complete(&mut self, done: Done<T>) {
        let Done { slot, batch, at, latency, result } = done;
        self.note(at);
        let error = match result {
            Ok(()) => {
                self.answered(slot, at, latency);
                return self.settle(batch, Delivery::Sent);
            }
            Err(error) => {
                error.of_attempts(batch.attempts, batch.began.map_or(latency, |began| began.elapsed()))
            }
        };
        if retries::concerns_all(&error) {
            self.slots.free(slot);
            self.halt(batch, error);
        } else if error.is_transient() {
            self.fail(slot, batch, error);
        } else {
            self.answered(slot, at, latency);
            self.settle(batch, Delivery::Rejected(Arc::new(error)));
        }
    }

    fn answered(&mut self, slot: usize, at: Instant, latency: Duration) {
        self.throttle.accepted(at, self.slots.in_flight());
        self.limit.answered(latency);
        self.retries.answered();
        self.slots.free(slot);
    }

    /// Takes in a failure that can pass.
    fn fail(&mut self, slot: usize, mut batch: Batch<T>, error: Error) {
        let now = Instant::now();
        let at = self.retries.next_time(batch.attempts, &error, now);
        self.give_back(slot, &error, now, at);
        if self.stopped.is_some() {
            return self.settle(batch, Delivery::Failed(Arc::new(error)));
        }
        let begun = (batch.attempts, batch.began.unwrap_or(now));
        let next = self.retries.next(begun, (now, at), &error);
        match next {
            Next::Again => {
                batch.failure = Some(Box::new(error));
                self.delayed.push(at, batch);
            }
            Next::GiveUp => self.settle(batch, Delivery::Failed(Arc::new(error))),
            Next::Halt | Next::Stop(_) => {
                let last = Arc::new(error);
                self.settle(batch, Delivery::Failed(Arc::clone(&last)));
                self.stop(match next {
                    Next::Stop(lasted) => StopReason::Unavailable { lasted, last },
                    _ => StopReason::Halted(last),
                });
            }
        }
    }

    /// Gives a slot back whose request has failed and may be sent again at `at`.
    fn give_back(&mut self, slot: usize, error: &Error, now: Instant, at: Instant) {
        let in_flight = self.slots.in_flight();
        let is_limited = error.kind() == ErrorKind::RateLimited;
        if is_limited && self.throttle.refused(now, in_flight, at) {
            return self.slots.free(slot);
        }
        if retries::is_overload(error) {
            self.limit.refused();
        }
        if retries::is_refusal(error) {
            let mut begins = false;
            self.slots.refused(slot, at, |refusals| {
                let too_often = self.limit.is_overload(refusals);
                begins = too_often && is_limited && self.throttle.begin(now, in_flight);
                too_often && !begins
            });
            if begins {
                self.slots.wake_all();
            }
        } else {
            self.slots.free(slot);
        }
    }

    /// Ends a batch, and lets those go on that waited behind it.
    fn settle(&mut self, batch: Batch<T>, delivery: Delivery) {
        self.ready.extend(self.lanes.release(&batch.request.user_id));
        self.outcomes.extend(batch.settle(delivery));
    }

    /// Ends the run for a reason that is not the batch's own.
    pub(super) fn halt(&mut self, batch: Batch<T>, error: Error) {
        let reason = StopReason::Halted(Arc::new(error));
        self.outcomes.extend(batch.abandon(&reason));
        self.stop(reason);
    }

    /// Sends nothing more.
    fn stop(&mut self, reason: StopReason) {
        self.source = None;
        let left = self.delayed.drain().chain(self.ready.drain(..)).chain(self.lanes.drain_waiting());
        self.outcomes.extend(left.flat_map(|batch| batch.abandon(&reason)));
        self.handle.note_stop(self.stopped.get_or_insert(reason));
    }

    /// Heeds the handle.
    pub(super) fn heed(&mut self, wish: Wish) {
        if wish >= Wish::Finish && self.stopped.is_none() {
            self.stop(StopReason::Cancelled);
        }
        if wish == Wish::Abort {
            for (batch, error) in self.slots.abort() {
                self.outcomes.extend(batch.settle(Delivery::Failed(Arc::new(error))));
            }
        }
    }
}
