//! One user's data: listed, with its history, exported as one document, and erased.

use std::sync::Arc;

use fanpass_server::store::{AuditEntry, Clock, Ids, Store};
use serde_json::json;

use crate::harness::{Call, Harness, segment, update};
use crate::snapshot;

const SECOND: i64 = 1_000_000;

/// A service that knows user 00042 by three updates, a segment and a look-up.
async fn harness() -> Harness {
    let harness = Harness::start().await;
    harness.register("custom.tier", "string").await;
    let crm = harness.issue("crm", &["users:write"]).await;
    for (user, properties) in [
        ("00042", json!({"custom.tier": "silver", "user_properties.sth": true})),
        ("00042", json!({"custom.tier": "gold"})),
        ("00042", json!({"custom.tier": "gold", "user_properties.sth": null})),
        ("7", json!({"custom.tier": "gold"})),
    ] {
        harness.clock.advance(SECOND);
        let body = json!({"userId": user, "userProperties": properties}).to_string();
        assert_eq!(harness.call_as(&crm, update(&body)).await.status, 200);
    }
    harness.call(segment(r#"{"segmentName":"cup","userIds":["00042","only-in-cup"]}"#)).await;
    harness.get("/service/v1/user?userId=00042").await;
    harness
}

fn delete(user: &str) -> Call {
    Call::new("DELETE", &format!("/service/v1/user?userId={user}"))
}

#[tokio::test]
async fn users_are_paged_in_byte_order_with_their_number() {
    let harness = harness().await;
    snapshot!("list_users", harness.get("/service/v1/users?limit=1").await);
    let second = harness.get("/service/v1/users?limit=1&after=00042").await.json();
    assert_eq!((&second["users"][0]["userId"], &second["next"]), (&json!("7"), &json!(null)));
    assert_eq!(harness.get("/service/v1/users?after=").await.status, 422);

    harness.call(delete("7")).await;
    let harness = harness.restart().await;
    assert_eq!(harness.get("/service/v1/users").await.json()["total"], 1);
}

#[tokio::test]
async fn the_history_tells_what_changed_when_and_by_whom() {
    let harness = harness().await;
    let first = harness.get("/service/v1/user/history?userId=00042&limit=2").await;
    snapshot!("user_history", first);
    let next = first.json()["next"].as_str().unwrap().to_owned();
    let rest = harness.get(&format!("/service/v1/user/history?userId=00042&after={next}")).await.json();
    assert_eq!(rest["changes"].as_array().unwrap().len(), 1);
    assert_eq!(rest["next"], json!(null));

    // What stood already is no change.
    harness.call(update(r#"{"userId":"7","userProperties":{"custom.tier":"gold"}}"#)).await;
    let changes = harness.get("/service/v1/user/history?userId=7").await.json();
    assert_eq!(changes["changes"].as_array().unwrap().len(), 1);
    assert_eq!(harness.get("/service/v1/user/history?userId=none").await.status, 404);
    assert_eq!(harness.get("/service/v1/user/history?userId=7&after=x").await.status, 422);
}

#[tokio::test]
async fn an_export_is_all_that_is_stored() {
    let harness = harness().await;
    snapshot!("export_user", harness.get("/service/v1/user/export?userId=00042").await);
    assert_eq!(harness.get("/service/v1/user/export?userId=none").await.status, 404);
    let member = harness.get("/service/v1/user/export?userId=only-in-cup").await.json();
    assert_eq!((&member["attributes"], &member["segments"]), (&json!([]), &json!(["cup"])));
}

#[tokio::test]
async fn what_is_erased_is_gone_from_answers_and_files() {
    let harness = harness().await;
    harness.register("custom.note", "string").await;
    let body = r#"{"userId":"00042","userProperties":{"custom.note":"a-telling-value"}}"#;
    harness.call(update(body).header("idempotency-key", "a-telling-value")).await;

    snapshot!("delete_user", harness.call(delete("00042")).await);
    snapshot!("delete_user_unknown", harness.call(delete("never-seen")).await);
    assert_eq!(harness.get("/service/v1/user/history?userId=00042").await.status, 404);
    let left = harness.get("/service/v1/user?userId=00042").await.json();
    assert_eq!((&left["userProperties"], &left["segments"]), (&json!({}), &json!(["cup"])));
    let again = harness.call(update(body).header("idempotency-key", "a-telling-value")).await;
    assert_eq!((again.status, again.body.as_str()), (200, "{}"), "a late repetition brings nothing back");
    assert_eq!(harness.get("/service/v1/user?userId=00042").await.json()["userProperties"], json!({}));

    // From the files of the service as it runs, the logs too, whatever else is written meanwhile.
    let needle = b"a-telling-value";
    let stands = |file: &str| {
        let bytes = std::fs::read(harness.folder.path().join(file)).unwrap_or_default();
        bytes.windows(needle.len()).any(|window| window == needle)
    };
    let files = ["service.db", "service.db-wal", "columns.db", "columns.db-wal"];
    while files.iter().any(|file| stands(file)) {
        harness.call(update(r#"{"userId":"7","userProperties":{"user_properties.sth":true}}"#)).await;
    }
}

#[tokio::test]
async fn a_long_history_is_erased_whole() {
    let harness = Harness::start().await;
    let store = Store::open(&harness.folder.path().join("other"), Clock::system(), Ids::random()).unwrap();
    let user = fanpass_model::UserId::new("1").unwrap();
    let mut updates = tokio::task::JoinSet::new();
    for number in 0..2_500_i64 {
        let (store, user) = (store.clone(), user.clone());
        updates.spawn(async move {
            let key = fanpass_model::attribute_key!("custom.count");
            let changes = fanpass_model::UserProperties::from_iter([(key, number.into())]);
            store.upsert_user(&user, &changes, AuditEntry::default()).await.unwrap();
        });
    }
    updates.join_all().await;
    assert_eq!(store.user_changes(&user, None, 10_000).await.unwrap().changes.len(), 2_500);
    let erased = store.erase_user(&user, "user:x", |_| AuditEntry::default().into()).await.unwrap();
    assert_eq!((erased.attributes, erased.changes), (1, 2_500));
    assert_eq!(store.users(None, 10).await.unwrap().total, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_is_of_one_moment_though_its_user_changes_meanwhile() {
    let harness = Arc::new(harness().await);
    harness.register("custom.n", "number").await;
    let writer = tokio::spawn({
        let harness = Arc::clone(&harness);
        async move {
            for number in 0..300 {
                let body = json!({"userId": "7", "userProperties": {"custom.n": number}}).to_string();
                assert_eq!(harness.call(update(&body)).await.status, 200);
                harness.clock.advance(SECOND);
            }
        }
    });
    while !writer.is_finished() {
        let export = harness.get("/service/v1/user/export?userId=7").await.json();
        let attributes = export["attributes"].as_array().unwrap();
        let Some(number) = attributes.iter().find(|attribute| attribute["key"] == "custom.n") else {
            continue;
        };
        let newest = &export["history"][0];
        assert_eq!(newest["attributes"][0]["after"], number["value"]);
        assert_eq!((&newest["at"], &export["updatedAt"]), (&number["changedAt"], &number["changedAt"]));
    }
    writer.await.unwrap();
}

#[tokio::test]
async fn erasure_and_export_are_for_administrators() {
    let harness = harness().await;
    let token = harness.issue("crm", &["users:write", "read"]).await;
    assert_eq!(harness.call_as(&token, delete("00042")).await.status, 403);
    for (path, status) in [("export?userId=00042", 403), ("history?userId=00042", 200)] {
        let call = Call::new("GET", &format!("/service/v1/user/{path}"));
        assert_eq!(harness.call_as(&token, call).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn old_changes_are_forgotten_and_the_rest_stays() {
    let harness = harness().await;
    let store =
        Store::open(&harness.folder.path().join("other"), harness.clock.clone(), Ids::random()).unwrap();
    let user = fanpass_model::UserId::new("1").unwrap();
    let set = async |number: i64| {
        let key = fanpass_model::attribute_key!("custom.count");
        let changes = fanpass_model::UserProperties::from_iter([(key, number.into())]);
        store.upsert_user(&user, &changes, AuditEntry::default()).await.unwrap();
        harness.clock.advance(SECOND);
    };
    set(1).await;
    // The clock is ahead for one of them, and put right.
    harness.clock.advance(365 * 24 * 3600 * SECOND);
    set(10).await;
    harness.clock.advance(-365 * 24 * 3600 * SECOND);
    set(2).await;
    let until = store.clock().now();
    set(3).await;
    while !store.forget_changes(until).await.unwrap() {}
    set(4).await;
    let kept = store.user_changes(&user, None, 10).await.unwrap().changes;
    assert_eq!(kept.len(), 2);
    let erased = store.erase_user(&user, "user:x", |_| AuditEntry::default().into()).await.unwrap();
    assert_eq!(erased.changes, 2);
}
