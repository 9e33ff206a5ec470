//! Dead letters: what GA4 would cut, drop or refuse, where that is seen, and how it is tried again.

use serde_json::json;

use super::{Manner, configure, forward, forwarding, noting};
use crate::harness::{Call, post};
use crate::snapshot;

const INSTANCE: &str = "0123456789abcdef0123456789ABCDEF";

#[tokio::test]
async fn what_ga4_would_cut_or_drop_is_not_sent_and_told() {
    let (harness, sink) = forwarding().await;
    harness
        .set(
            "a",
            json!({
                "user_properties.ga_tier": 1,
                "user_properties.user_id": "x",
                "user_properties.season_ticket_holder_since": 2019,
                "user_properties.name": "é".repeat(37),
                "user_properties.stand": "é".repeat(36),
            }),
        )
        .await;
    harness.set("a@example.org", json!({"user_properties.sth": true})).await;
    harness.emptied().await;
    assert_eq!(sink.known("a").keys().collect::<Vec<_>>(), ["stand"]);
    let dead = harness.dead().await;
    let told: Vec<_> = dead.iter().map(|(user, key, reason)| format!("{user} {key}: {reason}")).collect();
    snapshot!("dead_letters", told.join("\n"));
    let metrics = harness.get("/metrics").await.body;
    for line in [
        "fanpass_ga4_total{result=\"refused\"} 5",
        "fanpass_ga4_total{result=\"sent\"} 1",
        "fanpass_ga4_dead 5",
        "fanpass_ga4_waiting 0",
        "fanpass_ga4_lag_seconds 0",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}: {metrics}");
    }
}

#[tokio::test]
async fn an_export_has_what_waits_and_what_is_dead() {
    let (harness, sink) = forwarding().await;
    harness.set("a", json!({"user_properties.name": "x".repeat(37)})).await;
    harness.set("b", json!({"user_properties.name": "x".repeat(37)})).await;
    harness.emptied().await;
    sink.usually(Manner::Status(503, None));
    harness.set("a", json!({"user_properties.goals": 1})).await;
    let export = harness.get("/service/v1/user/export?userId=a").await.json();
    let dead: Vec<_> =
        export["deadLetters"].as_array().unwrap().iter().map(|letter| &letter["key"]).collect();
    assert_eq!(dead, ["user_properties.name"]);
    let waiting = export["waiting"].as_array().unwrap();
    assert_eq!((waiting.len(), &waiting[0]["key"]), (1, &"user_properties.goals".into()));
}

#[tokio::test]
async fn an_attribute_that_changes_again_is_no_dead_letter_any_more() {
    let (harness, sink) = forwarding().await;
    harness
        .set("a", json!({"user_properties.name": "x".repeat(37), "user_properties.stand": "y".repeat(37)}))
        .await;
    harness.emptied().await;
    assert_eq!(harness.dead().await.len(), 2);
    harness.set("a", json!({"user_properties.name": "short"})).await;
    harness.emptied().await;
    let dead = harness.dead().await;
    assert_eq!((dead.len(), dead[0].1.as_str()), (1, "user_properties.stand"));
    assert_eq!(sink.known("a")["name"], "short");
    harness.call(Call::new("DELETE", "/service/v1/user?userId=a")).await;
    assert!(harness.dead().await.is_empty(), "nor is one of an erased user");
}

#[tokio::test]
async fn dead_letters_are_listed_in_pages_and_tried_again_with_the_values_of_then() {
    let (harness, sink) = forwarding().await;
    sink.usually(Manner::Status(403, None));
    for user in ["a", "b", "c"] {
        harness.set(user, json!({"user_properties.goals": 1})).await;
        harness.emptied().await;
    }
    let page = harness.get("/service/v1/ga4/dead?limit=2").await;
    let rest =
        harness.get(&format!("/service/v1/ga4/dead?after={}", page.json()["next"].as_str().unwrap())).await;
    snapshot!("dead_letters_page", page);
    assert_eq!(rest.json()["deadLetters"].as_array().unwrap().len(), 1);

    sink.usually(Manner::Take);
    let retry = |query: &str| harness.call(post(&format!("/service/v1/ga4/retry{query}")));
    assert_eq!(retry("?userId=b").await.json()["retried"], 1);
    assert_eq!(retry("?userId=b").await.json()["retried"], 0);
    harness.emptied().await;
    assert_eq!(harness.dead().await.len(), 2);
    assert_eq!(retry("").await.json()["retried"], 2);
    let standing = harness.emptied().await;
    assert_eq!((&standing["dead"], &sink.known("c")["goals"]), (&json!(0), &json!("1")));
    let audit = harness.get("/service/v1/audit?operation=retryDeadLetters&limit=1").await.json();
    assert_eq!(audit["records"][0]["outcome"], r#"{"retried":2}"#);
}

#[tokio::test]
async fn a_retry_under_a_key_is_answered_as_before() {
    let (harness, _sink) = forwarding().await;
    harness.set("a@b", json!({"user_properties.goals": 1})).await;
    harness.emptied().await;
    let request = || post("/service/v1/ga4/retry").header("idempotency-key", "again");
    assert_eq!(harness.call(request()).await.json()["retried"], 1);
    let replayed = harness.call(request()).await;
    assert_eq!(
        (replayed.header("idempotency-replayed"), &replayed.json()["retried"]),
        (Some("true"), &json!(1))
    );
}

#[tokio::test]
async fn an_app_knows_users_by_its_installations_alone() {
    let (harness, sink) = noting().await;
    let harness = harness
        .restart_with(|config| {
            configure(config, &sink.origin);
            config.ga4.measurement_id = None;
            config.ga4.firebase_app_id = Some("1:23:android:4f".to_owned());
        })
        .await;
    forward(&harness);
    harness.set(INSTANCE, json!({"user_properties.goals": 1})).await;
    harness.set("00042", json!({"user_properties.goals": 1})).await;
    harness.emptied().await;
    assert_eq!(sink.arrived()[0]["app_instance_id"], INSTANCE);
    assert_eq!(sink.arrived().len(), 1);
    let dead = harness.dead().await;
    assert!(dead[0].0 == "00042" && dead[0].2.contains("app_instance_id"), "{dead:?}");
}

#[tokio::test]
async fn the_validation_server_says_what_is_wrong() {
    let (harness, sink) = noting().await;
    let harness = harness
        .restart_with(|config| {
            configure(config, &sink.origin);
            config.ga4.debug = true;
        })
        .await;
    sink.next([
        Manner::Say(r#"{"validationMessages":[]}"#),
        Manner::Say(
            r#"{"validationMessages":[{"fieldPath":"events","description":"bad name","validationCode":"NAME_INVALID"}]}"#,
        ),
    ]);
    forward(&harness);
    harness.set("a", json!({"user_properties.goals": 1})).await;
    let standing = harness.emptied().await;
    assert_eq!((&standing["debug"], &standing["delivered"]), (&json!(true), &json!(1)));
    harness.set("a", json!({"user_properties.goals": 2})).await;
    harness.emptied().await;
    let dead = harness.dead().await;
    assert_eq!(dead[0].2, "the validation server says: NAME_INVALID at `events`: bad name");
    assert_eq!(sink.arrived()[0]["validation_behavior"], "ENFORCE_RECOMMENDATIONS");
}
