//! Forwarding to GA4, against a sink on a real socket.

mod dead;
mod failures;
mod pages;
mod sink;

use fanpass_model::PlatformPolicy;
use fanpass_server::{Config, Ga4Options, Service, ServiceErrorKind};
use fanpass_transport::Transport as _;
use fanpass_transport_hyper::HyperTransport;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Call, Harness, update};
use crate::snapshot;
use sink::{Manner, SECRET, Sink};

/// What the tests forward with: everything that has a name is a platform attribute.
fn configure(config: &mut Config, origin: &str) {
    config.platform_policy = PlatformPolicy::AllowUnknown;
    config.ga4 = Ga4Options {
        measurement_id: Some("G-TEST".to_owned()),
        secret: Some(SECRET.into()),
        endpoint: origin.to_owned(),
        ..Ga4Options::default()
    };
}

/// A service that forwards to a sink.
async fn forwarding() -> (Harness, Sink) {
    let (harness, sink) = noting().await;
    forward(&harness);
    (harness, sink)
}

/// A service that notes down what is to be forwarded, and a sink.
async fn noting() -> (Harness, Sink) {
    let clock = fanpass_server::store::Clock::manual("2026-08-01T03:00:00Z".parse().unwrap());
    let sink = Sink::start(&clock).await;
    let harness = Harness::at(clock, |config| configure(config, &sink.origin)).await;
    (harness, sink)
}

fn forward(harness: &Harness) {
    harness.service.forward_to_ga4(HyperTransport::new().unwrap().into_dyn());
}

impl Harness {
    async fn set(&self, user: &str, properties: Value) {
        let request = json!({"userId": user, "userProperties": properties}).to_string();
        let answer = self.call(update(&request)).await;
        assert_eq!(answer.status, 200, "{answer}");
    }

    /// How forwarding stands.
    async fn standing(&self) -> Value {
        // Named, so that asking draws no id: how often is asked differs.
        self.call(Call::new("GET", "/service/v1/ga4").header("x-request-id", "poll")).await.json()
    }

    /// Waits until nothing is on its way any more.
    async fn emptied(&self) -> Value {
        self.emptied_by(0).await
    }

    /// As `emptied`, for what is only tried again after a while.
    async fn emptied_in_time(&self) -> Value {
        self.emptied_by(60_000_000).await
    }

    async fn emptied_by(&self, microseconds: i64) -> Value {
        loop {
            let standing = self.standing().await;
            if standing["waiting"] == 0 {
                return standing;
            }
            self.clock.advance(microseconds);
        }
    }

    async fn dead(&self) -> Vec<(String, String, String)> {
        let list = self.get("/service/v1/ga4/dead").await.json();
        let text = |letter: &Value, name: &str| letter[name].as_str().unwrap().to_owned();
        let letters = list["deadLetters"].as_array().unwrap().iter();
        let mut dead: Vec<_> = letters
            .map(|letter| (text(letter, "userId"), text(letter, "key"), text(letter, "reason")))
            .collect();
        dead.sort();
        dead
    }
}

#[tokio::test]
async fn changes_of_platform_attributes_arrive_and_nothing_else() {
    let (harness, sink) = forwarding().await;
    harness.register("custom.secret_tier", "string").await;
    let first = json!({"user_properties.sth": true, "user_properties.ticketing_plans": ["full-season", "cup"],
        "user_properties.goals": 7, "custom.secret_tier": "gold"});
    harness.set("00042", first.clone()).await;
    let arrived = sink.arrivals(1).await;
    snapshot!("payload", serde_json::to_string_pretty(&arrived[0]).unwrap());
    harness.emptied().await;

    harness.set("00042", first).await;
    harness.set("00042", json!({"custom.secret_tier": "silver"})).await;
    harness.set("7", json!({"custom.secret_tier": "silver"})).await;
    assert_eq!(harness.standing().await["waiting"], 0, "nothing of it is for GA4");

    harness
        .set(
            "00042",
            json!({"user_properties.sth": null, "user_properties.goals": 7, "user_properties.name": ""}),
        )
        .await;
    let arrived = sink.arrivals(2).await;
    let standing = harness.emptied().await;
    let properties = arrived[1]["user_properties"].as_object().unwrap();
    assert_eq!(properties.len(), 2, "{properties:?}");
    assert!(properties["sth"]["value"].is_null() && properties["name"]["value"].is_null());
    assert_eq!((arrived.len(), &standing["delivered"], &standing["dead"]), (2, &json!(5), &json!(0)));
    assert_eq!(arrived[0]["client_id"], arrived[1]["client_id"]);
}

#[tokio::test]
async fn a_newer_value_takes_the_place_of_one_that_was_not_sent() {
    let (harness, sink) = noting().await;
    for goals in 0..5 {
        harness.set("a", json!({"user_properties.goals": goals})).await;
        harness.set("a", json!({format!("user_properties.in_{goals}"): true})).await;
    }
    assert_eq!(harness.standing().await["waiting"], 1);
    forward(&harness);
    let arrived = sink.arrivals(1).await;
    harness.emptied().await;
    assert_eq!(arrived[0]["user_properties"].as_object().unwrap().len(), 6);
    assert_eq!(sink.known("a")["goals"], "4");
    assert_eq!(sink.arrived().len(), 1);
}

#[tokio::test]
async fn a_change_behind_one_that_is_under_way_is_sent_after_it() {
    let (harness, sink) = forwarding().await;
    let go_on = std::sync::Arc::new(tokio::sync::Notify::new());
    sink.next([Manner::Wait(std::sync::Arc::clone(&go_on))]);
    harness.set("a", json!({"user_properties.goals": 1})).await;
    sink.arrivals(1).await;
    harness.set("a", json!({"user_properties.goals": 2})).await;
    harness.set("a", json!({"user_properties.goals": 3})).await;
    harness.set("b", json!({"user_properties.goals": 1})).await;
    let arrived = sink.arrivals(2).await;
    assert_eq!(arrived[1]["user_id"], "b", "another user does not wait");
    go_on.notify_one();
    harness.emptied().await;
    let arrived = sink.arrived();
    assert_eq!(arrived.len(), 3);
    assert_eq!(arrived[2]["user_properties"]["goals"]["value"], "3");
}

#[tokio::test]
async fn more_properties_than_one_request_takes_are_sent_in_several() {
    let (harness, sink) = forwarding().await;
    let many: Value = (0..30)
        .map(|n| (format!("user_properties.p{n}"), json!(n)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    harness.set("a", many).await;
    sink.arrivals(2).await;
    assert_eq!(harness.emptied().await["delivered"], 30);
    assert_eq!(sink.known("a").len(), 30);
}

#[tokio::test]
async fn what_waits_survives_a_restart() {
    let (harness, sink) = noting().await;
    harness.set("a", json!({"user_properties.goals": 1})).await;
    harness.clock.advance(90_000_000);
    let standing = harness.standing().await;
    assert_eq!((&standing["waiting"], &standing["lagSeconds"]), (&json!(1), &json!(90)));
    let harness = harness
        .restart_with(|config| {
            configure(config, &sink.origin);
            config.drain = std::time::Duration::ZERO;
        })
        .await;
    assert_eq!(harness.standing().await["waiting"], 1);
    sink.next([Manner::Hang]);
    forward(&harness);
    sink.arrivals(1).await;
    // Cut off while the request is under way.
    let harness = harness.restart_with(|config| configure(config, &sink.origin)).await;
    forward(&harness);
    harness.emptied().await;
    assert_eq!(sink.known("a")["goals"], "1");
}

#[tokio::test]
async fn an_erased_user_is_not_forwarded() {
    let (harness, sink) = noting().await;
    harness.set("gone", json!({"user_properties.goals": 1})).await;
    harness.set("kept", json!({"user_properties.goals": 1})).await;
    assert_eq!(harness.call(Call::new("DELETE", "/service/v1/user?userId=gone")).await.status, 200);
    forward(&harness);
    harness.emptied().await;
    assert_eq!(sink.arrived().len(), 1);

    // Erased while its request is under way: nothing of it comes back.
    let go_on = std::sync::Arc::new(tokio::sync::Notify::new());
    sink.next([Manner::Wait(std::sync::Arc::clone(&go_on))]);
    harness.set("kept", json!({"user_properties.name": "x".repeat(37), "user_properties.goals": 2})).await;
    sink.arrivals(2).await;
    assert_eq!(harness.call(Call::new("DELETE", "/service/v1/user?userId=kept")).await.status, 200);
    go_on.notify_one();
    let standing = harness.emptied().await;
    assert_eq!((&standing["dead"], sink.arrived().len()), (&json!(0), 2));
}

#[tokio::test]
async fn nothing_is_noted_down_where_nothing_is_forwarded() {
    let harness = Harness::start().await;
    harness.set("a", json!({"user_properties.sth": true})).await;
    snapshot!("forwarding_nowhere", harness.get("/service/v1/ga4").await);
}

#[tokio::test]
async fn a_configuration_that_contradicts_itself_is_refused_whole() {
    let folder = TempDir::new().unwrap();
    let mut config = Config { data: folder.path().to_owned(), ..Config::default() };
    config.ga4 = Ga4Options {
        measurement_id: Some("G-TEST".to_owned()),
        firebase_app_id: Some("1:2".to_owned()),
        endpoint: "http://example.org".to_owned(),
        event: "ga_event".to_owned(),
        ..Ga4Options::default()
    };
    let error = Service::open(config.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ServiceErrorKind::Config);
    snapshot!("ga4_contradiction", error.to_string());
    config.ga4 = Ga4Options { secret: Some("bad secret!".into()), firebase_app_id: None, ..config.ga4 };
    let error = Service::open(config.clone()).await.unwrap_err();
    assert!(!error.to_string().contains("bad secret"), "{error}");
    // Each is blamed for itself, and with no stream to forward to as well.
    config.ga4 = Ga4Options {
        measurement_id: Some("G ABC".to_owned()),
        secret: Some("s".into()),
        ..Ga4Options::default()
    };
    let error = Service::open(config.clone()).await.unwrap_err().to_string();
    assert!(error.contains("`G ABC` is not the id of a stream") && !error.contains("endpoint"), "{error}");
    config.ga4 = Ga4Options { endpoint: "junk".to_owned(), ..Ga4Options::default() };
    let error = Service::open(config).await.unwrap_err().to_string();
    assert!(error.contains("the endpoint `junk`") && !error.contains("secret"), "{error}");
}
