//! Changes that are recorded in another file than the one they are made in: had and answered, or not had at all.

use fanpass_server::Config;
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::harness::{Answer, Call, Harness, post, segment, update, upload};

fn with_faults(config: &mut Config) {
    config.faults.enabled = true;
}

fn service_db(harness: &Harness) -> Connection {
    Connection::open(harness.folder.path().join("service.db")).unwrap()
}

/// Keeps everybody else from writing to `service.db`; reading goes on.
fn lock(database: &Connection) {
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
}

async fn segment_with_two_versions(harness: &Harness, name: &str) {
    for id in ["a", "b"] {
        let list = json!({"segmentName": name, "userIds": [id]});
        assert_eq!(harness.call(segment(&list.to_string())).await.status, 200);
    }
}

fn roll_back() -> Call {
    post("/service/v1/segment/rollback").json(r#"{"segmentName":"cup"}"#)
}

fn set_faults(seed: u32) -> Call {
    Call::new("PUT", "/service/v1/faults").json(&json!({"seed": seed, "rules": []}).to_string())
}

async fn until(harness: &Harness, path: &str, holds: impl Fn(&Value) -> bool) {
    while !holds(&harness.get(path).await.json()) {
        tokio::task::yield_now().await;
    }
}

/// Sends updates to a locked database until none is taken any more; gives back those that are not answered yet.
async fn fill_the_line(harness: &Harness) -> FuturesUnordered<impl Future<Output = Answer>> {
    let set = json!({"userId": "1", "userProperties": {"user_properties.sth": true}}).to_string();
    let mut updates = FuturesUnordered::new();
    // The writer may be about to take one out of the line as the next is refused.
    for _ in 0..20 {
        (0..8).for_each(|_| updates.push(harness.call(update(&set))));
        for _ in 0..4 {
            assert_eq!(updates.next().await.unwrap().status, 503);
        }
    }
    updates
}

async fn keys(harness: &Harness) -> usize {
    harness.get("/service/v1/keys").await.json()["keys"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_change_whose_record_finds_the_line_of_writes_full_waits_and_is_answered() {
    let harness = Harness::with(|config| {
        with_faults(config);
        config.limits.writes_waiting = 1;
    })
    .await;
    segment_with_two_versions(&harness, "cup").await;
    segment_with_two_versions(&harness, "old").await;
    let database = service_db(&harness);
    lock(&database);
    let waiting = fill_the_line(&harness).await;

    let refused = harness.call(post("/service/v1/keys")).await;
    assert_eq!((refused.status, keys(&harness).await), (503, 1), "{refused}");
    let changes = [
        roll_back(),
        Call::new("DELETE", "/service/v1/segment?segmentName=old"),
        segment(r#"{"segmentName":"new","userIds":["c"]}"#),
        upload("file", "file.csv", b"user_id\nd\n"),
        set_faults(7),
    ];
    let release = async {
        until(&harness, "/service/v1/imports", |list| list["imports"].as_array().unwrap().len() == 8).await;
        until(&harness, "/service/v1/faults", |faults| faults["seed"] == 7).await;
        database.execute_batch("COMMIT").unwrap();
    };
    let (answers, ()) = tokio::join!(join_all(changes.map(|change| Box::pin(harness.call(change)))), release);
    for answer in answers {
        assert!(answer.status < 300, "{answer}");
    }
    waiting.count().await;
    let audit = harness.get("/service/v1/audit?limit=100").await.json();
    for operation in ["rollBackSegment", "deleteSegment", "importSegment", "setFaults"] {
        let records = audit["records"].as_array().unwrap().iter();
        let made = records.filter(|record| record["operation"] == operation && record["status"] != 503);
        assert_eq!(made.count(), 1, "{operation}");
    }
}

#[tokio::test]
async fn a_change_whose_record_cannot_be_kept_is_answered_and_no_other_is_made_before_it_can() {
    let harness = Harness::with(with_faults).await;
    segment_with_two_versions(&harness, "cup").await;
    let database = service_db(&harness);
    // Of records that come by the journal as well.
    let refuse = |table: &str| {
        format!(
            "CREATE TRIGGER no_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no room'); END;"
        )
    };
    database.execute_batch(&["audit", "audit_batches"].map(refuse).concat()).unwrap();
    let keyed = || set_faults(7).header("idempotency-key", "k");
    let made = harness.call(keyed()).await;
    assert_eq!(made.status, 200, "{made}");

    assert_eq!(harness.call(roll_back()).await.status, 500);
    assert_eq!(harness.call(post("/service/v1/keys")).await.status, 500);
    assert_eq!(harness.call(keyed()).await.status, 409, "its answer is not kept yet");
    assert_eq!(harness.send(Call::new("GET", "/readyz")).await.status, 503);
    database.execute_batch("DROP TRIGGER no_audit; DROP TRIGGER no_audit_batches").unwrap();
    let members = harness.get("/service/v1/segment/members?segmentName=cup").await.json();
    assert_eq!((&members["userIds"], keys(&harness).await), (&json!(["b"]), 1));

    assert_eq!(harness.send(Call::new("GET", "/readyz")).await.status, 200);
    let again = harness.call(keyed()).await;
    assert_eq!((again.header("idempotency-replayed"), &again.body), (Some("true"), &made.body));
    let audit = harness.get("/service/v1/audit?operation=setFaults").await.json();
    let statuses: Vec<_> =
        audit["records"].as_array().unwrap().iter().map(|record| &record["status"]).collect();
    assert_eq!(statuses, [200, 409, 200], "the replay, the call between them, the change: {audit}");
}

#[tokio::test]
async fn of_two_calls_at_once_under_one_key_one_makes_the_change() {
    let harness = Harness::with(with_faults).await;
    let database = service_db(&harness);
    let waiting = harness.folder.path().join("signing-keys");
    for (change, path) in [(post("/service/v1/keys"), None), (set_faults(7), Some("/service/v1/faults"))] {
        let change = change.header("idempotency-key", path.unwrap_or("keys"));
        lock(&database);
        let second = async {
            match path {
                Some(path) => until(&harness, path, |faults| faults["seed"] == 7).await,
                None => {
                    while std::fs::read_dir(&waiting).map_or(0, Iterator::count) == 0 {
                        tokio::task::yield_now().await;
                    }
                }
            }
            let answer = harness.call(change.clone()).await;
            database.execute_batch("COMMIT").unwrap();
            answer
        };
        let (first, second) = tokio::join!(harness.call(change.clone()), second);
        assert_eq!((first.status, second.status), (200, 409), "{first} {second}");
        let again = harness.call(change.clone()).await;
        assert_eq!((again.header("idempotency-replayed"), &again.body), (Some("true"), &first.body));
    }
    assert_eq!(keys(&harness).await, 2);
}
