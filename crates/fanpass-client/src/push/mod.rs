//! Bulk push: a stream of updates in, a stream of outcomes out.

mod delays;
mod handle;
mod id_budget;
mod lanes;
mod limit;
mod options;
mod outcome;
mod pace;
mod progress;
mod retries;
mod send;
mod settle;
mod slots;
mod throttle;
mod trial;
mod wakes;

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::time::{Instant, Sleep, sleep_until};

pub use handle::PushHandle;
pub use id_budget::IdBudget;
pub use options::PushOptions;
pub use outcome::{Delivery, Outcome, StopReason, UserUpdate};
pub use progress::{PushProgress, PushTotals};

use crate::{Client, Error};
use delays::Delays;
use lanes::{Batch, Lanes};
use limit::Limit;
use options::CONCURRENCY_LIMIT;
use pace::Pace;
use retries::Retries;
use slots::Slots;
use throttle::Throttle;

type Source<T> = Pin<Box<dyn Stream<Item = UserUpdate<T>> + Send>>;

/// A run that sends many updates, as a stream of their outcomes: exactly one for each update that was read, in the order
/// in which they are settled.
///
/// **Order.** No two requests of one user are in flight at a time, and a user's updates are sent in the order of the
/// source. While a request of a user is under way (in flight, or waiting for its retry), later updates of that user wait
/// behind it; two or more that wait are merged into one request, attribute by attribute: the later value wins, and
/// [`Unset`](fanpass_model::AttributeValue::Unset) is a value like any other. What comes of that request is the outcome
/// of each of them, but that a success is [`Superseded`](Delivery::Superseded) for all but the last. A request that was
/// sent once is repeated as it was, never changed.
///
/// **Speed.** The number of requests in flight rises while latency holds and falls on 429, 503 and time-outs, unless a
/// trial of two hundred requests shows that as many are refused however few are in flight. Where 429 goes on, requests are
/// spaced by as many a second as are accepted, and a few more as long as none is refused. The source is read only when
/// an update can be sent, and never past [`PushOptions::window`].
///
/// **Failures.** Those that can pass are repeated by [`PushOptions::retry`] after the wait that the other side asks for,
/// or else with growing pauses; the slot sends other updates meanwhile, but rests for that time when it was refused twice
/// running (oftener where refusals are not for the load). The run does this alone: the retries of the client's own middleware stay out of it. A failure that every
/// further update would meet halts the run, and so does a time of nothing but failures; see [`StopReason`].
///
/// Nothing is sent unless the stream is polled, and nothing moves between two polls: do what takes long elsewhere. It
/// needs no multi-threaded runtime, and is fastest without one. Dropping it gives up what is in flight. A source that
/// fails ends, with its error kept aside: what it gave before is sent.
///
/// ```
/// use fanpass_client::{Client, Delivery, PushOptions, UserUpdate};
/// use fanpass_model::{UserId, UserProperties, attribute_key};
/// use futures_util::{StreamExt as _, stream};
///
/// # async fn push(client: Client) -> Result<(), fanpass_model::ModelError> {
/// let holder = UserProperties::from_iter([(attribute_key!("user_properties.sth"), true.into())]);
/// let updates = [(2, "00042"), (3, "7")].map(|(line, id)| (line, UserId::new(id)));
/// let updates = updates.map(|(line, id)| id.map(|id| UserUpdate::new(line, id, holder.clone())));
/// let updates = updates.into_iter().collect::<Result<Vec<_>, _>>()?;
///
/// let mut push = client.push_users(stream::iter(updates), PushOptions::default());
/// while let Some(outcome) = push.next().await {
///     if let Delivery::Rejected(error) = outcome.delivery {
///         eprintln!("line {}: {error}", outcome.tag);
///     }
/// }
/// assert!(push.handle().progress().totals.adds_up());
/// # Ok(())
/// # }
/// # let transport = fanpass_testkit::CaptureTransport::new(|_| Ok(fanpass_testkit::answer::status(200)));
/// # let client = Client::builder().domain("fanreach.example").transport(transport).build().unwrap();
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
/// # runtime.block_on(push(client)).unwrap();
/// ```
#[must_use = "nothing is sent until it is polled"]
pub struct Push<T> {
    /// `None` when it has ended, or the run is to.
    source: Option<Source<T>>,
    window: usize,
    /// Updates that were read and whose outcome was not given yet.
    held: usize,
    lanes: Lanes<T>,
    ready: VecDeque<Batch<T>>,
    delayed: Delays<Batch<T>>,
    slots: Slots<T>,
    limit: Limit,
    pace: Pace,
    throttle: Throttle,
    retries: Retries,
    outcomes: VecDeque<Outcome<T>>,
    stopped: Option<StopReason>,
    timer: Option<Pin<Box<Sleep>>>,
    started: Option<Instant>,
    progress: PushProgress,
    handle: PushHandle,
}

// Nothing in it is pinned in place: what has to be is boxed.
impl<T> Unpin for Push<T> {}

impl Client {
    /// Sends each update of a stream by [`update_user`](Self::update_user), many at a time. See [`Push`] for the rules.
    pub fn push_users<T>(
        &self,
        updates: impl Stream<Item = UserUpdate<T>> + Send + 'static,
        options: PushOptions,
    ) -> Push<T> {
        let client = self.clone();
        Push::with_clients(move |_| Ok(client.clone()), updates, options)
    }
}

impl<T> Push<T> {
    /// The same with a client for each slot, made by `client` when the slot, which it is given the number of, is first
    /// used: for transports that own one connection each, which is the fastest way to push. An error of it halts the
    /// run.
    pub fn with_clients(
        client: impl FnMut(usize) -> Result<Client, Error> + Send + 'static,
        updates: impl Stream<Item = UserUpdate<T>> + Send + 'static,
        options: PushOptions,
    ) -> Self {
        let max = options.max_concurrency.clamp(1, CONCURRENCY_LIMIT);
        Self {
            source: Some(Box::pin(updates)),
            window: options.window.max(1),
            held: 0,
            lanes: Lanes::new(),
            ready: VecDeque::new(),
            delayed: Delays::new(),
            slots: Slots::new(Box::new(client)),
            limit: Limit::new(options.first_concurrency, max),
            pace: Pace::new(options.requests_per_second.into_iter().chain(options.ids_per_second).min()),
            throttle: Throttle::new(),
            retries: Retries::new(options.retry, options.retry_budget, options.patience),
            outcomes: VecDeque::new(),
            stopped: None,
            timer: None,
            started: None,
            progress: PushProgress::default(),
            handle: PushHandle::default(),
        }
    }

    /// What stops the run and reads its figures, from elsewhere.
    pub fn handle(&self) -> PushHandle {
        self.handle.clone()
    }

    /// Notes a moment at which the figures may change.
    fn note(&mut self, now: Instant) {
        self.progress.elapsed = now - *self.started.get_or_insert(now);
    }

    /// Ready when that moment has come.
    fn poll_moment(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(moment) = self.next_moment() else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(moment)));
        if timer.deadline() != moment {
            timer.as_mut().reset(moment);
        }
        timer.as_mut().poll(context)
    }

    fn poll_outcome(&mut self, context: &mut Context<'_>) -> Poll<Option<Outcome<T>>> {
        loop {
            self.heed(self.handle.wished(context.waker()));
            if let Some(outcome) = self.outcomes.pop_front() {
                self.held -= 1;
                self.progress.totals.count(&outcome.delivery);
                return Poll::Ready(Some(outcome));
            }
            self.fill(context);
            if let Poll::Ready(Some(done)) = self.slots.poll_done(context) {
                self.complete(done);
                continue;
            }
            if self.source.is_none() && self.held == 0 {
                return Poll::Ready(None);
            }
            if self.outcomes.is_empty() {
                ready!(self.poll_moment(context));
            }
        }
    }
}

impl<T> Stream for Push<T> {
    type Item = Outcome<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Outcome<T>>> {
        // A transport that never waits would keep the other tasks of the runtime from running.
        let turn = ready!(tokio::task::coop::poll_proceed(context));
        let outcome = self.poll_outcome(context);
        if outcome.is_ready() {
            turn.made_progress();
        }
        self.progress.in_flight = self.slots.in_flight();
        self.progress.concurrency = self.limit.get();
        self.handle.publish(self.progress);
        outcome
    }
}

impl<T> fmt::Debug for Push<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Push").field("progress", &self.progress).finish_non_exhaustive()
    }
}
