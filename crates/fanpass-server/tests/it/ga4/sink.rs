//! A Measurement Protocol on a real socket that holds every request against Google's published limits, and can be told to fail.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use fanpass_server::store::Clock;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

pub const SECRET: &str = "not-for_anybody.else";

/// What the sink does with a request.
#[derive(Debug, Clone)]
pub enum Manner {
    /// Takes it, as GA4 does whatever it is sent.
    Take,
    /// Answers this status, with `Retry-After` if there is one.
    Status(u16, Option<u32>),
    /// Ends the connection without an answer, having taken the request.
    Reset,
    /// Never answers.
    Hang,
    /// Takes it when it is told to go on.
    Wait(Arc<Notify>),
    /// Takes it, and answers what the validation server would.
    Say(&'static str),
}

/// The sink; what it found wrong fails the test when it is dropped.
pub struct Sink {
    pub origin: String,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

/// Values by the names of properties, each with its time.
type Known = BTreeMap<String, (Value, i64)>;

struct Shared {
    clock: Clock,
    manners: Mutex<VecDeque<Manner>>,
    /// For when no other is left.
    usual: Mutex<Manner>,
    /// Every request that came, in the order of arrival.
    arrived: Mutex<Vec<Value>>,
    /// Those that were taken: what GA4 knows of each user, with the time of each value.
    known: Mutex<BTreeMap<String, Known>>,
    under_way: Mutex<BTreeSet<String>>,
    wrong: Mutex<Vec<String>>,
}

impl Sink {
    pub async fn start(clock: &Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            clock: clock.clone(),
            manners: Mutex::default(),
            usual: Mutex::new(Manner::Take),
            arrived: Mutex::default(),
            known: Mutex::default(),
            under_way: Mutex::default(),
            wrong: Mutex::default(),
        });
        let mut tasks = JoinSet::new();
        let serving = Arc::clone(&shared);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let serving = Arc::clone(&serving);
                let answer = service_fn(move |request| answer(Arc::clone(&serving), request));
                connections.spawn(async move {
                    // One that ends early is part of the tests.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        Self { origin, shared, _tasks: tasks }
    }

    /// How the next requests are treated, one after another.
    pub fn next(&self, manners: impl IntoIterator<Item = Manner>) {
        self.shared.manners.lock().unwrap().extend(manners);
    }

    /// How all others are treated.
    pub fn usually(&self, manner: Manner) {
        *self.shared.usual.lock().unwrap() = manner;
    }

    /// Everything that came so far.
    pub fn arrived(&self) -> Vec<Value> {
        self.shared.arrived.lock().unwrap().clone()
    }

    /// Everything that came, once it is so much.
    pub async fn arrivals(&self, count: usize) -> Vec<Value> {
        loop {
            let arrived = self.arrived();
            if arrived.len() >= count {
                return arrived;
            }
            tokio::task::yield_now().await;
        }
    }

    /// What GA4 would know of a user now.
    pub fn known(&self, user: &str) -> BTreeMap<String, Value> {
        let known = self.shared.known.lock().unwrap();
        let properties = known.get(user).cloned().unwrap_or_default();
        properties.into_iter().map(|(name, (value, _))| (name, value)).collect()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let wrong = self.shared.wrong.lock().unwrap();
        assert!(std::thread::panicking() || wrong.is_empty(), "{wrong:#?}");
    }
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let payload: Value = serde_json::from_slice(&body).unwrap_or_default();
    let user = payload["user_id"].as_str().unwrap_or_default().to_owned();
    let found = violations(&parts, body.len(), &payload, shared.clock.now().as_microsecond());
    shared.wrong.lock().unwrap().extend(found);
    let alone = shared.under_way.lock().unwrap().insert(user.clone());
    if !alone {
        shared.wrong.lock().unwrap().push(format!("two requests of {user} at the same time"));
    }
    shared.arrived.lock().unwrap().push(payload.clone());
    let manner = shared.manners.lock().unwrap().pop_front();
    let manner = manner.unwrap_or_else(|| shared.usual.lock().unwrap().clone());
    let answer = treat(&shared, manner, &user, &payload).await;
    shared.under_way.lock().unwrap().remove(&user);
    answer
}

async fn treat(shared: &Shared, manner: Manner, user: &str, payload: &Value) -> io::Result<Response<Body>> {
    let mut answer = Response::builder();
    match manner {
        Manner::Take => {}
        Manner::Wait(told) => told.notified().await,
        Manner::Say(validation) => return Ok(answer.body(Body::from(validation)).unwrap()),
        Manner::Reset => {
            shared.take(user, payload);
            return Err(io::Error::other("told to"));
        }
        Manner::Hang => {
            // The client gives up, and may come again.
            shared.under_way.lock().unwrap().remove(user);
            std::future::pending::<()>().await;
        }
        Manner::Status(status, wait) => {
            if let Some(wait) = wait {
                answer = answer.header("retry-after", wait);
            }
            return Ok(answer.status(status).body(Body::from("not now")).unwrap());
        }
    }
    shared.take(user, payload);
    Ok(answer.status(204).body(Body::empty()).unwrap())
}

impl Shared {
    /// Keeps what is newer than what is known, as GA4 does.
    fn take(&self, user: &str, payload: &Value) {
        let mut all = self.known.lock().unwrap();
        let known = all.entry(user.to_owned()).or_default();
        for (name, property) in payload["user_properties"].as_object().into_iter().flatten() {
            let at = property["timestamp_micros"].as_i64().unwrap_or(self.clock.now().as_microsecond());
            if known.get(name).is_none_or(|(_, before)| *before <= at) {
                known.insert(name.clone(), (property["value"].clone(), at));
            }
        }
    }
}

/// What a request has that Google says it must not.
fn violations(parts: &http::request::Parts, bytes: usize, payload: &Value, now: i64) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!("{what}: {payload}"));
        }
    };
    must(parts.method == "POST", "POST");
    must(["/mp/collect", "/debug/mp/collect"].contains(&parts.uri.path()), "the path");
    let query = parts.uri.query().unwrap_or_default();
    let stream = ["measurement_id=G-TEST&", "firebase_app_id=1:23:android:4f&"];
    must(stream.iter().any(|id| query == format!("{id}api_secret={SECRET}")), "the query");
    must(parts.headers["content-type"] == "application/json", "the content type");
    must(bytes < 130_000, "fewer than 130 kB");
    let Some(members) = payload.as_object() else {
        return vec!["the body is no object".to_owned()];
    };
    let known =
        ["client_id", "app_instance_id", "user_id", "user_properties", "events", "validation_behavior"];
    must(members.keys().all(|name| known.contains(&name.as_str())), "members");
    must(members.contains_key("client_id") != members.contains_key("app_instance_id"), "one instance");
    let user = payload["user_id"].as_str().unwrap_or_default();
    must((1..=256).contains(&user.chars().count()) && !user.contains('@'), "the user's id");
    let events = payload["events"].as_array().cloned().unwrap_or_default();
    must((1..=25).contains(&events.len()), "1 to 25 events");
    for event in &events {
        must(is_name(event["name"].as_str(), 40) && event["params"].is_object(), "events");
    }
    let properties = payload["user_properties"].as_object().cloned().unwrap_or_default();
    must((1..=25).contains(&properties.len()), "1 to 25 user properties");
    for (name, property) in &properties {
        must(is_name(Some(name), 24), "the name of a property");
        let value = &property["value"];
        let fits = |text: &str| (1..=36).contains(&text.chars().count());
        must(value.is_null() || value.as_str().is_some_and(fits), "the value of a property");
        let at = property.get("timestamp_micros").map(|at| at.as_i64().unwrap_or_default());
        must(at.is_none_or(|at| at <= now && at > now - 72 * 3_600_000_000), "the time of a property");
        must(!name.starts_with("secret"), "no custom attribute");
    }
    wrong
}

fn is_name(name: Option<&str>, most: usize) -> bool {
    let reserved = [
        "first_open_time",
        "first_visit_time",
        "last_deep_link_referrer",
        "user_id",
        "first_open_after_install",
    ];
    name.is_some_and(|name| {
        name.len() <= most
            && name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !["google_", "ga_", "firebase_"].iter().any(|prefix| name.starts_with(prefix))
            && !reserved.contains(&name)
    })
}
