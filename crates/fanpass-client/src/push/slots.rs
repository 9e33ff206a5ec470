//! The slots of a run: each has a client and carries one request at a time.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use fanpass_model::operations::UPDATE_USER;
use fanpass_transport::{Sent, SingleAttempt, TransportError, TransportErrorKind};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde::de::IgnoredAny;
use tokio::time::Instant;

use super::delays::Delays;
use super::lanes::Batch;
use crate::{Client, Error};

/// Makes the client of a slot.
pub(super) type Connect = Box<dyn FnMut(usize) -> Result<Client, Error> + Send>;

type Attempt = Pin<Box<dyn Future<Output = (usize, Duration, Result<(), Error>)> + Send>>;

pub(super) struct Slots<T> {
    connect: Connect,
    all: Vec<Slot<T>>,
    free: Vec<usize>,
    resting: Delays<usize>,
    in_flight: FuturesUnordered<Attempt>,
}

struct Slot<T> {
    client: Client,
    batch: Option<Batch<T>>,
    refusals: u32,
}

/// An attempt that is over. Its slot is to be given back by [`Slots::free`] or [`Slots::refused`].
pub(super) struct Done<T> {
    pub(super) slot: usize,
    pub(super) batch: Batch<T>,
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
            in_flight: FuturesUnordered::new(),
        }
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// How many slots cannot take a request now. Those that rest count, or the others would ask in their place.
    pub(super) fn busy(&self) -> usize {
        self.in_flight.len() + self.resting.len()
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

    /// Sends a batch from the slot that was used last, whose connection is the most likely to be open.
    pub(super) fn send(&mut self, batch: Batch<T>) -> Result<(), (Batch<T>, Error)> {
        let index = match self.free.pop() {
            Some(index) => index,
            None => match (self.connect)(self.all.len()) {
                Err(error) => return Err((batch, error)),
                Ok(client) => {
                    self.all.push(Slot { client, batch: None, refusals: 0 });
                    self.all.len() - 1
                }
            },
        };
        let slot = &mut self.all[index];
        let client = slot.client.clone();
        let request = client.requests().update_user(&batch.request).map(|mut request| {
            request.extensions_mut().insert(SingleAttempt);
            request
        });
        slot.batch = Some(batch);
        self.in_flight.push(Box::pin(async move {
            let began = Instant::now();
            // Nothing of the answer is kept, so that any JSON will do: building what it says costs more than reading it.
            let answer = client.call::<IgnoredAny>(&UPDATE_USER, request).await;
            (index, began.elapsed(), answer.map(drop))
        }));
        Ok(())
    }

    /// The next attempt that is over; `None` if none is in flight.
    pub(super) fn poll_done(&mut self, context: &mut Context<'_>) -> Poll<Option<Done<T>>> {
        loop {
            let Some((slot, latency, result)) = ready!(self.in_flight.poll_next_unpin(context)) else {
                return Poll::Ready(None);
            };
            if let Some(batch) = self.all[slot].batch.take() {
                return Poll::Ready(Some(Done { slot, batch, latency, result }));
            }
        }
    }

    /// Gives a slot back that may go on.
    pub(super) fn free(&mut self, slot: usize) {
        self.all[slot].refusals = 0;
        self.free.push(slot);
    }

    /// Gives a slot back that was refused: it goes on, unless that happened too often running; then it rests until
    /// `until`.
    pub(super) fn refused(&mut self, slot: usize, until: Instant, too_often: impl Fn(u32) -> bool) {
        self.all[slot].refusals += 1;
        if too_often(self.all[slot].refusals) {
            self.resting.push(until, slot);
        } else {
            self.free.push(slot);
        }
    }

    /// Gives up what is in flight; whether it arrived cannot be known.
    pub(super) fn abort(&mut self) -> impl Iterator<Item = (Batch<T>, Error)> {
        self.in_flight.clear();
        self.all.iter_mut().filter_map(|slot| {
            let batch = slot.batch.take()?;
            let host = slot.client.requests().base().host();
            let error = TransportError::about(TransportErrorKind::Cancelled, Sent::Unknown, host);
            let elapsed = batch.began.map_or(Duration::ZERO, |began| began.elapsed());
            let error = Error::transport(error).of_call(&UPDATE_USER, host, None, batch.attempts, elapsed);
            Some((batch, error))
        })
    }
}
