//! The slots of a run: each has a client and carries one request at a time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use fanpass_model::operations::UPDATE_USER;
use fanpass_transport::{Sent, TransportError, TransportErrorKind};
use serde::de::IgnoredAny;
use tokio::task::coop::unconstrained;
use tokio::time::Instant;
use tokio_util::sync::ReusableBoxFuture;

use super::delays::Delays;
use super::lanes::Batch;
use super::wakes::{SlotWaker, Wakes};
use crate::{Client, Error};

/// Makes the client of a slot.
pub(super) type Connect = Box<dyn FnMut(usize) -> Result<Client, Error> + Send>;

type Attempt = ReusableBoxFuture<'static, Result<IgnoredAny, Error>>;

pub(super) struct Slots<T> {
    connect: Connect,
    all: Vec<Slot<T>>,
    free: Vec<usize>,
    resting: Delays<usize>,
    in_flight: usize,
    wakes: Arc<Wakes>,
    /// Slots whose attempts are to be polled.
    ready: VecDeque<usize>,
}

struct Slot<T> {
    client: Client,
    flight: Option<Flight<T>>,
    /// What is left of the attempt before, whose room the next takes.
    spent: Option<Attempt>,
    waker: SlotWaker,
    refusals: u32,
}

/// What is under way in a slot.
struct Flight<T> {
    batch: Batch<T>,
    began: Instant,
    attempt: Attempt,
}

/// An attempt that is over. Its slot is to be given back by [`Slots::free`] or [`Slots::refused`].
pub(super) struct Done<T> {
    pub(super) slot: usize,
    pub(super) batch: Batch<T>,
    pub(super) at: Instant,
    pub(super) latency: Duration,
    pub(super) result: Result<(), Error>,
}

impl<T> Slots<T> {
    pub(super) fn new(connect: Connect) -> Self {
        Self {
            connect,
            all: Vec::new(),
            free: Vec::new(),
            resting: Delays::new(),
            in_flight: 0,
            wakes: Arc::default(),
            ready: VecDeque::new(),
        }
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// How many slots cannot take a request now. Those that rest count, or the others would ask in their place.
    pub(super) fn busy(&self) -> usize {
        self.in_flight + self.resting.len()
    }

    /// When the first slot has rested.
    pub(super) fn next_rested(&self) -> Option<Instant> {
        self.resting.next()
    }

    /// Puts the slots to use that have rested.
    pub(super) fn wake(&mut self, now: Instant) {
        while let Some(slot) = self.resting.pop_due(now) {
            self.free.push(slot);
        }
    }

    /// Puts all slots to use that rest.
    pub(super) fn wake_all(&mut self) {
        self.free.extend(self.resting.drain());
    }

    /// Sends a batch from the slot that was used last, whose connection is the most likely to be open.
    pub(super) fn send(&mut self, batch: Batch<T>, now: Instant) -> Result<(), (Batch<T>, Error)> {
        let index = match self.free.pop() {
            Some(index) => index,
            None => match (self.connect)(self.all.len()) {
                Err(error) => return Err((batch, error)),
                Ok(client) => {
                    let waker = SlotWaker::new(self.all.len(), Arc::clone(&self.wakes));
                    self.all.push(Slot { client, flight: None, spent: None, waker, refusals: 0 });
                    self.all.len() - 1
                }
            },
        };
        let slot = &mut self.all[index];
        // Outside of the runtime's budget, which the run keeps by its outcomes: attempts that meet the end of it would all
        // wake the run again.
        let next = unconstrained(slot.client.update_once(&batch.request, now));
        let attempt = match slot.spent.take() {
            None => ReusableBoxFuture::new(next),
            Some(mut room) => {
                room.set(next);
                room
            }
        };
        slot.flight = Some(Flight { batch, began: now, attempt });
        self.in_flight += 1;
        // Behind those that were woken: requests that go out one after the other find the other side awake.
        self.ready.push_back(index);
        Ok(())
    }

    /// The next attempt that is over; `None` if none is in flight.
    pub(super) fn poll_done(&mut self, context: &mut Context<'_>) -> Poll<Option<Done<T>>> {
        // Once: what is woken from here on wakes the run, so that an attempt that always goes on keeps nobody waiting.
        self.wakes.take(context.waker(), &mut self.ready);
        while let Some(index) = self.ready.pop_front() {
            let slot = &mut self.all[index];
            let Some(flight) = &mut slot.flight else { continue };
            let mut context = Context::from_waker(slot.waker.arm());
            let Poll::Ready(answer) = flight.attempt.poll(&mut context) else { continue };
            if let Some(Flight { batch, began, attempt }) = slot.flight.take() {
                slot.spent = Some(attempt);
                self.in_flight -= 1;
                let result = answer.map(drop);
                let at = Instant::now();
                return Poll::Ready(Some(Done { slot: index, batch, at, latency: at - began, result }));
            }
        }
        if self.in_flight == 0 { Poll::Ready(None) } else { Poll::Pending }
    }

    /// Gives a slot back that may go on.
    pub(super) fn free(&mut self, slot: usize) {
        self.all[slot].refusals = 0;
        self.free.push(slot);
    }

    /// Gives a slot back that was refused: it goes on, unless that happened too often running; then it rests until
    /// `until`.
    pub(super) fn refused(&mut self, slot: usize, until: Instant, too_often: impl FnOnce(u32) -> bool) {
        self.all[slot].refusals += 1;
        if too_often(self.all[slot].refusals) {
            self.resting.push(until, slot);
        } else {
            self.free.push(slot);
        }
    }

    /// Gives up what is in flight; whether it arrived cannot be known.
    pub(super) fn abort(&mut self) -> impl Iterator<Item = (Batch<T>, Error)> {
        self.in_flight = 0;
        self.all.iter_mut().filter_map(|slot| {
            let Flight { batch, .. } = slot.flight.take()?;
            let host = slot.client.requests().base().host();
            let error = TransportError::about(TransportErrorKind::Cancelled, Sent::Unknown, host);
            let elapsed = batch.began.map_or(Duration::ZERO, |began| began.elapsed());
            let error = Error::transport(error).of_call(&UPDATE_USER, host, None, batch.attempts, elapsed);
            Some((batch, error))
        })
    }
}
