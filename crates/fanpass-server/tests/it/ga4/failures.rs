//! A GA4 that fails in every way: nothing is lost, and nothing older comes after what is newer.

use std::collections::BTreeMap;

use fanpass_testkit::Chance;
use serde_json::{Value, json};

use super::{Manner, configure, forward, forwarding, noting};

#[tokio::test(flavor = "multi_thread")]
async fn whatever_fails_the_last_values_arrive() {
    let (harness, sink) = noting().await;
    let harness = harness
        .restart_with(|config| {
            configure(config, &sink.origin);
            config.ga4.timeout = std::time::Duration::from_millis(20);
        })
        .await;
    forward(&harness);
    let mut chance = Chance::new(4);
    let mut wanted: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for round in 0..300 {
        sink.next([match chance.place(8) {
            0 => Manner::Status(500, None),
            1 => Manner::Status(503, Some(7)),
            2 => Manner::Status(429, Some(1)),
            3 => Manner::Reset,
            4 if round % 10 == 0 => Manner::Hang,
            _ => Manner::Take,
        }]);
        let user = format!("fan-{}", chance.place(40));
        let name = *chance.pick(&["goals", "stand", "sth"]);
        let value = if chance.one_in(5) { Value::Null } else { json!(round.to_string()) };
        harness.set(&user, json!({format!("user_properties.{name}"): value})).await;
        wanted.entry(user).or_default().insert(name.to_owned(), value);
        harness.clock.advance(1_000_000);
    }
    let standing = harness.emptied_in_time().await;
    assert_eq!(standing["dead"], 0, "{standing}");
    for (user, properties) in wanted {
        // What was never set is not unset either.
        let known = sink.known(&user);
        for (name, value) in properties {
            assert_eq!(known.get(&name).unwrap_or(&Value::Null), &value, "{user} {name}");
        }
    }
}

#[tokio::test]
async fn a_pause_that_is_asked_for_is_kept() {
    let (harness, sink) = forwarding().await;
    sink.next([Manner::Status(429, Some(600))]);
    harness.set("a", json!({"user_properties.goals": 1})).await;
    let standing = loop {
        let standing = harness.standing().await;
        if standing.get("pausedUntil").is_some() {
            break standing;
        }
    };
    assert_eq!(standing["pausedUntil"], "2026-08-01T03:10:00Z");
    assert_eq!(standing["lastFailure"], "GA4 answered 429 Too Many Requests");
    harness.set("b", json!({"user_properties.goals": 1})).await;
    harness.clock.advance(599_000_000);
    assert_eq!(harness.standing().await["waiting"], 2);
    assert_eq!(sink.arrived().len(), 1, "nobody's changes are sent");
    harness.emptied_in_time().await;
    assert_eq!(sink.arrived().len(), 3);
}

#[tokio::test]
async fn nothing_waits_for_a_clock_that_was_ahead() {
    let (harness, sink) = forwarding().await;
    let day = 24 * 3_600_000_000;
    harness.clock.advance(day);
    sink.next([Manner::Status(429, Some(600))]);
    harness.set("a", json!({"user_properties.goals": 1})).await;
    while harness.standing().await.get("pausedUntil").is_none() {}
    harness.clock.advance(-day);
    harness.set("b", json!({"user_properties.goals": 2})).await;
    harness.emptied().await;
    assert_eq!((&sink.known("a")["goals"], &sink.known("b")["goals"]), (&json!("1"), &json!("2")));
}

#[tokio::test]
async fn a_change_that_is_not_taken_for_three_days_is_a_dead_letter() {
    let (harness, sink) = forwarding().await;
    sink.usually(Manner::Status(500, None));
    harness.set("a", json!({"user_properties.goals": 1})).await;
    let began = harness.clock.now();
    while harness.dead().await.is_empty() {
        harness.clock.advance(600_000_000);
    }
    assert!(harness.clock.now().duration_since(began).as_hours() >= 72);
    assert!(sink.arrived().len() >= 10);
    let (_, _, reason) = harness.dead().await.remove(0);
    assert!(
        reason.starts_with("tried ") && reason.ends_with("GA4 answered 500 Internal Server Error"),
        "{reason}"
    );

    sink.usually(Manner::Take);
    let answer = harness.call(crate::harness::post("/service/v1/ga4/retry")).await;
    assert_eq!(answer.json()["retried"], 1);
    let standing = harness.emptied_in_time().await;
    assert_eq!((&standing["dead"], &sink.known("a")["goals"]), (&json!(0), &json!("1")));
}
