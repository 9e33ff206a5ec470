//! What goes into a push and what comes out of it: an update, and the one outcome that each ends in.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

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
    /// Nothing but failures that can pass for longer than [`PushOptions::patience`](crate::PushOptions::patience): the other
    /// side is gone, or refuses everything. The same updates may be pushed later.
    Unavailable {
        /// From the first of these failures to the last.
        lasted: Duration,
        /// The last of them.
        last: Arc<Error>,
    },
}

impl StopReason {
    /// The failure that ended the run, if one did.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Cancelled => None,
            Self::Halted(error) | Self::Unavailable { last: error, .. } => Some(error),
        }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("it was interrupted"),
            Self::Halted(error) => error.fmt(f),
            Self::Unavailable { lasted, last } => {
                write!(f, "no request has got through for {} s; the last one: {last}", lasted.as_secs())
            }
        }
    }
}
