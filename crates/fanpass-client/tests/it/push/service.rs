//! A FanPass in memory: keeps each user's attributes, and notes what is in flight, when, and in what order.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fanpass_client::{Client, Delivery, Outcome, Push, PushOptions, PushTotals, UserUpdate};
use fanpass_model::{AttributeKey, AttributeValue, UpdateUserRequest, UserId, UserProperties};
use fanpass_testkit::answer;
use fanpass_transport::middleware::RetryPolicy;
use fanpass_transport::{Request, Response, Transport, TransportError};
use futures_util::StreamExt as _;
use http_body_util::BodyExt as _;
use tokio::time::{Instant, sleep};

use crate::support::builder;

/// Attributes by user and key; an attribute that is unset is not there.
pub(crate) type Users = BTreeMap<(String, String), AttributeValue>;

/// A service that answers after a latency, which is given the number of the request from 0 and how many are in flight.
#[derive(Clone)]
pub(crate) struct Memory {
    state: Arc<Mutex<State>>,
}

type Latency = dyn FnMut(usize, usize) -> Duration + Send;

struct State {
    latency: Box<Latency>,
    in_flight: Vec<String>,
    log: Vec<Received>,
    users: Users,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) at: Instant,
    pub(crate) user: String,
    pub(crate) properties: UserProperties,
    /// With itself.
    pub(crate) in_flight: usize,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

impl Memory {
    pub(crate) fn new(latency: impl FnMut(usize, usize) -> Duration + Send + 'static) -> Self {
        let state =
            State { latency: Box::new(latency), in_flight: Vec::new(), log: Vec::new(), users: Users::new() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    pub(crate) fn log(&self) -> Vec<Received> {
        self.state.lock().unwrap().log.clone()
    }

    pub(crate) fn users(&self) -> Users {
        self.state.lock().unwrap().users.clone()
    }

    pub(crate) fn most_in_flight(&self) -> usize {
        self.log().iter().map(|received| received.in_flight).max().unwrap_or_default()
    }
}

/// Takes the user out again, also if the request is given up.
struct InFlight(Arc<Mutex<State>>, String);

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut state = self.0.lock().unwrap();
        let place = state.in_flight.iter().position(|user| *user == self.1).unwrap();
        state.in_flight.swap_remove(place);
    }
}

impl Transport for Memory {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let body = request.into_body().collect().await?.to_bytes();
        let update: UpdateUserRequest = serde_json::from_slice(&body).unwrap();
        let user = update.user_id.as_str().to_owned();
        let latency = {
            let mut state = self.state.lock().unwrap();
            assert!(!state.in_flight.contains(&user), "two requests of user {user} are in flight");
            state.in_flight.push(user.clone());
            let (number, in_flight) = (state.log.len(), state.in_flight.len());
            let properties = update.user_properties.clone();
            state.log.push(Received { at: Instant::now(), user: user.clone(), properties, in_flight });
            (state.latency)(number, in_flight)
        };
        let _in_flight = InFlight(Arc::clone(&self.state), user.clone());
        sleep(latency).await;
        apply(&mut self.state.lock().unwrap().users, &user, update.user_properties);
        Ok(answer::json(200, &serde_json::json!({ "userId": user })))
    }
}

/// What an update does to a service's users.
pub(crate) fn apply(users: &mut Users, user: &str, properties: UserProperties) {
    for (key, value) in properties {
        let place = (user.to_owned(), key.to_string());
        match value {
            AttributeValue::Unset => users.remove(&place),
            value => users.insert(place, value),
        };
    }
}

/// An update of one attribute, known by its number.
pub(crate) fn update(tag: usize, user: &str, key: &str, value: AttributeValue) -> UserUpdate<usize> {
    let key = AttributeKey::new(key.to_owned()).unwrap();
    UserUpdate::new(tag, UserId::new(user).unwrap(), UserProperties::from_iter([(key, value)]))
}

/// So many updates, each of another user.
pub(crate) fn updates(count: usize) -> impl Iterator<Item = UserUpdate<usize>> + Send {
    (0..count).map(|tag| update(tag, &format!("user-{tag}"), "custom.row", AttributeValue::from(true)))
}

/// So many slots from the start, and the usual retries.
pub(crate) fn options(slots: usize) -> PushOptions {
    let defaults = PushOptions::default();
    let retry = RetryPolicy { jitter_seed: Some(7), ..defaults.retry };
    PushOptions { max_concurrency: slots, first_concurrency: slots, retry, ..defaults }
}

/// Over `transport` with the usual retries of the middleware, which have to stay out of a push.
pub(crate) fn push(
    transport: impl Transport,
    updates: impl Iterator<Item = UserUpdate<usize>> + Send + 'static,
    options: PushOptions,
) -> Push<usize> {
    client(transport).push_users(futures_util::stream::iter(updates), options)
}

pub(crate) fn client(transport: impl Transport) -> Client {
    builder(transport).build().unwrap()
}

/// Reads a run to its end, and checks that its figures are those of its outcomes.
pub(crate) async fn finish(mut push: Push<usize>) -> Vec<Outcome<usize>> {
    let mut outcomes: Vec<_> = Vec::new();
    while let Some(outcome) = push.next().await {
        outcomes.push(outcome);
    }
    let totals = push.handle().progress().totals;
    assert!(totals.adds_up(), "{totals:?}");
    assert_eq!(totals, count(&outcomes));
    let mut tags: Vec<_> = outcomes.iter().map(|outcome| outcome.tag).collect();
    tags.sort_unstable();
    tags.dedup();
    assert_eq!(tags.len(), outcomes.len(), "an update has two outcomes");
    outcomes
}

fn count(outcomes: &[Outcome<usize>]) -> PushTotals {
    let of =
        |is: fn(&Delivery) -> bool| outcomes.iter().filter(|outcome| is(&outcome.delivery)).count() as u64;
    PushTotals {
        read: outcomes.len() as u64,
        sent: of(|delivery| matches!(delivery, Delivery::Sent)),
        superseded: of(|delivery| matches!(delivery, Delivery::Superseded)),
        rejected: of(|delivery| matches!(delivery, Delivery::Rejected(_))),
        failed: of(|delivery| matches!(delivery, Delivery::Failed(_))),
        not_sent: of(|delivery| matches!(delivery, Delivery::NotSent(_))),
    }
}

/// Each outcome's tag and the name of what became of it, in the order of the tags.
pub(crate) fn names(mut outcomes: Vec<Outcome<usize>>) -> Vec<(usize, &'static str)> {
    outcomes.sort_unstable_by_key(|outcome| outcome.tag);
    let name = |delivery: &Delivery| match delivery {
        Delivery::Sent => "sent",
        Delivery::Superseded => "superseded",
        Delivery::Rejected(_) => "rejected",
        Delivery::Failed(_) => "failed",
        Delivery::NotSent(_) => "not sent",
    };
    outcomes.iter().map(|outcome| (outcome.tag, name(&outcome.delivery))).collect()
}
