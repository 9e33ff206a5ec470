//! Keeps each user's updates apart from each other in time: one request at a time, later updates behind it, merged.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use fanpass_model::{UpdateUserRequest, UserId};
use foldhash::HashMap;
use tokio::time::Instant;

use super::{Delivery, Outcome, StopReason, UserUpdate};
use crate::Error;

/// The request of one or more updates of a user, with what is known of its attempts.
pub(super) struct Batch<T> {
    pub(super) request: UpdateUserRequest,
    last: T,
    earlier: Vec<T>,
    pub(super) attempts: u32,
    pub(super) began: Option<Instant>,
    /// Why the last attempt did not settle it.
    pub(super) failure: Option<Box<Error>>,
}

impl<T> Batch<T> {
    pub(super) fn new(update: UserUpdate<T>) -> Self {
        let request = UpdateUserRequest::new(update.user, update.properties);
        Self { request, last: update.tag, earlier: Vec::new(), attempts: 0, began: None, failure: None }
    }

    /// Takes a later batch of the same user into this one: its values win, attribute by attribute.
    fn merge(&mut self, later: Self) {
        for (key, value) in later.request.user_properties {
            self.request.user_properties.insert(key, value);
        }
        self.earlier.push(std::mem::replace(&mut self.last, later.last));
        self.earlier.extend(later.earlier);
    }

    /// The outcome of each of its updates, in the order in which they were read.
    pub(super) fn settle(self, delivery: Delivery) -> impl Iterator<Item = Outcome<T>> {
        let of_earlier = match &delivery {
            Delivery::Sent => Delivery::Superseded,
            shared => shared.clone(),
        };
        let earlier = self.earlier.into_iter().map(move |tag| Outcome { tag, delivery: of_earlier.clone() });
        earlier.chain(std::iter::once(Outcome { tag: self.last, delivery }))
    }

    /// The outcome of each of its updates if it is sent no more: an attempt before may have had its effect.
    pub(super) fn abandon(mut self, reason: &StopReason) -> impl Iterator<Item = Outcome<T>> {
        let delivery = match self.failure.take() {
            Some(failure) => Delivery::Failed(Arc::new(*failure)),
            None => Delivery::NotSent(reason.clone()),
        };
        self.settle(delivery)
    }
}

/// The users with a request under way (about to be sent, in flight, or waiting for its retry), and what waits behind
/// each.
pub(super) struct Lanes<T>(HashMap<UserId, Option<Box<Batch<T>>>>);

impl<T> Lanes<T> {
    pub(super) fn new() -> Self {
        Self(HashMap::default())
    }

    /// Gives the batch back if its user is free, and keeps it behind the request under way otherwise.
    pub(super) fn admit(&mut self, batch: Batch<T>) -> Option<Batch<T>> {
        match self.0.entry(batch.request.user_id.clone()) {
            Entry::Vacant(free) => {
                free.insert(None);
                return Some(batch);
            }
            Entry::Occupied(mut lane) => match lane.get_mut() {
                Some(waiting) => waiting.merge(batch),
                waiting => *waiting = Some(Box::new(batch)),
            },
        }
        None
    }

    /// Ends the request under way of a user: what waits behind it is under way from now on.
    pub(super) fn release(&mut self, user: &UserId) -> Option<Batch<T>> {
        let (user, waiting) = self.0.remove_entry(user)?;
        waiting.map(|batch| {
            self.0.insert(user, None);
            *batch
        })
    }

    /// Takes out all that waits.
    pub(super) fn drain_waiting(&mut self) -> impl Iterator<Item = Batch<T>> {
        self.0.values_mut().filter_map(Option::take).map(|batch| *batch)
    }
}
