//! What goes into a push and what comes out of it: an update, and the one outcome that each ends in.

use std::sync::Arc;

use fanpass_model::{UserId, UserProperties};

use crate::Error;

/// Attributes to set on one user's record, with whatever the caller knows it by.
#[derive(Debug, Clone, PartialEq)]
pub struct UserUpdate<T> {
    /// Comes back with the outcome: a row's location, an index.
    pub tag: T,
    /// The user.
    pub user: UserId,
    /// The attributes; at least one.
    pub properties: UserProperties,
}

impl<T> UserUpdate<T> {
    /// An update that is known as `tag`.
    pub fn new(tag: T, user: UserId, properties: UserProperties) -> Self {
        Self { tag, user, properties }
    }
}

/// What became of one update.
#[derive(Debug)]
pub struct Outcome<T> {
    /// The tag of the update.
    pub tag: T,
    /// What became of it.
    pub delivery: Delivery,
}

/// The five ends of an update; each update has exactly one. Updates that were merged share their request and its
/// error.
#[derive(Debug, Clone)]
pub enum Delivery {
    /// Acknowledged.
    Sent,
    /// Acknowledged as part of the request of a later update of the same user, into which it was merged.
    Superseded,
    /// Refused for what it says, by the other side or before it was sent; sent again it would be refused again.
    Rejected(Arc<Error>),
    /// Not acknowledged for a reason that can pass, with no retry left for it. Whether it arrived all the same, its
    /// error's [`sent`](Error::sent) knows of the last attempt.
    Failed(Arc<Error>),
    /// Never sent, or refused together with the whole run: it had no effect.
    NotSent(StopReason),
}

/// Why a run ended before its source did.
#[derive(Debug, Clone)]
pub enum StopReason {
    /// The caller asked for it.
    Cancelled,
    /// What every further update would have met too: a token that is not accepted, a setting that cannot work, no
    /// retries left in the budget, or a `Retry-After` longer than the policy waits.
    Halted(Arc<Error>),
}
