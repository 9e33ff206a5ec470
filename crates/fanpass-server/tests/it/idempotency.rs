//! Writes under an idempotency key: sent again, each takes effect once and is answered as before.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Answer, Call, Harness, form, post, segment, update, upload};

const HOUR: i64 = 3_600_000_000;

fn keyed(call: Call, key: &str) -> Call {
    call.header("idempotency-key", key)
}

fn is_replay(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

fn issue() -> Call {
    post("/service/v1/tokens").json(r#"{"subject":"nightly","scopes":["read"]}"#)
}

fn register() -> Call {
    post("/service/v1/attributes").json(r#"{"key":"custom.tier","type":"string"}"#)
}

fn set(user: &str) -> Call {
    update(&json!({"userId": user, "userProperties": {"user_properties.sth": true}}).to_string())
}

#[tokio::test]
async fn every_write_is_answered_again_as_before_also_after_a_restart() {
    let mut harness = Harness::start().await;
    let jti = harness.get("/service/v1/tokens").await.json()["tokens"][0]["jti"].clone();
    let revoke = Call::new("DELETE", &format!("/service/v1/tokens/{}", jti.as_str().unwrap()));
    let admin = harness.issue("admin", &["segments:write", "users:write", "read", "portal:admin"]).await;
    let writes = [
        segment(r#"{"segmentName":"cup","userIds":["a"]}"#),
        upload("league", "league.csv", b"user_id\na\n"),
        set("42"),
        register(),
        issue(),
        revoke,
    ];
    let mut first = Vec::new();
    for (write, key) in writes.iter().zip(["1", "2", "3", "4", "5", "6"]) {
        let answer = harness.call_as(&admin, keyed(write.clone(), key)).await;
        assert!(answer.status < 300 && !is_replay(&answer), "{answer}");
        first.push(answer);
    }
    for _ in 0..2 {
        for ((write, key), first) in writes.iter().zip(["1", "2", "3", "4", "5", "6"]).zip(&first) {
            harness.clock.advance(HOUR);
            let again = harness.call_as(&admin, keyed(write.clone(), key)).await;
            assert!(is_replay(&again), "{again}");
            assert_eq!((again.status, &again.body), (first.status, &first.body));
        }
        harness = harness.restart().await;
    }
    let list = harness.call_as(&admin, Call::new("GET", "/service/v1/tokens")).await;
    assert_eq!(list.body.matches("nightly").count(), 1, "{list}");
}

#[tokio::test]
async fn what_builds_on_a_segment_takes_effect_once_also_after_a_restart() {
    let mut harness = Harness::with(|config| config.faults.enabled = true).await;
    harness.call(segment(r#"{"segmentName":"cup","userIds":["a"]}"#)).await;
    let cancelled =
        harness.call(upload("late", "late.csv", b"user_id\na\n").header("x-fanpass-fault", "stuck-job"));
    let id = cancelled.await.json()["firebase_imported_segment_id"].as_str().unwrap().to_owned();
    let writes = [
        segment(r#"{"segmentName":"cup","userIds":["b"],"mode":"append"}"#),
        segment(r#"{"segmentName":"cup","userIds":["a"],"mode":"remove"}"#),
        post("/service/v1/segment/rollback").json(r#"{"segmentName":"cup"}"#),
        Call::new("DELETE", "/service/v1/segment?segmentName=cup"),
        Call::new("DELETE", &format!("/service/v1/import?importId={id}")),
    ];
    let mut first = Vec::new();
    for (number, write) in writes.iter().enumerate() {
        let answer = harness.call(keyed(write.clone(), &number.to_string())).await;
        assert!(answer.status < 300 && !is_replay(&answer), "{answer}");
        first.push(answer);
    }
    harness.call(segment(r#"{"segmentName":"cup","userIds":["c"]}"#)).await;
    for _ in 0..2 {
        for ((number, write), first) in writes.iter().enumerate().zip(&first) {
            let again = harness.call(keyed(write.clone(), &number.to_string())).await;
            assert!(is_replay(&again), "{again}");
            assert_eq!((again.status, &again.body), (first.status, &first.body));
        }
        harness = harness.restart().await;
    }
    let members = harness.get("/service/v1/segment/members?segmentName=cup").await.json();
    assert_eq!(members["userIds"], json!(["c"]));
}

#[tokio::test]
async fn a_reply_that_was_lost_is_told_to_whoever_asks_again() {
    let harness = Harness::start().await;
    let call = keyed(issue(), "lost").header("authorization", &format!("Bearer {}", harness.token));
    let mut stream = TcpStream::connect(&harness.address).await.unwrap();
    stream.write_all(&call.bytes()).await.unwrap();
    drop(stream);

    let answer = loop {
        let answer = harness.send(call.clone()).await;
        // The first one may still be under way.
        if answer.status != 409 {
            break answer;
        }
        assert_eq!(answer.header("retry-after"), Some("1"));
    };
    assert_eq!(answer.status, 200, "{answer}");
    let list = harness.get("/service/v1/tokens").await;
    assert_eq!(list.body.matches("nightly").count(), 1, "{list}");
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(harness.call_as(&token, Call::new("GET", "/service/v1/segments")).await.status, 200);
}

#[tokio::test]
async fn no_secret_is_kept_for_it() {
    let harness = Harness::start().await;
    let token = harness.call(keyed(issue(), "secret")).await.json()["token"].as_str().unwrap().to_owned();
    let signature = token.rsplit('.').next().unwrap().as_bytes();
    for file in ["service.db", "service.db-wal"] {
        let bytes = std::fs::read(harness.folder.path().join(file)).unwrap();
        assert!(!bytes.windows(signature.len()).any(|window| window == signature), "{file} holds the token");
    }
}

#[tokio::test]
async fn a_key_that_comes_with_another_request_is_refused_and_nothing_is_done() {
    let harness = Harness::start().await;
    harness.call(keyed(set("1"), "k")).await;
    harness.call(keyed(upload("cup", "a.csv", b"user_id\na\n"), "file")).await;
    let appended: [(&str, Option<&str>, &[u8]); 3] =
        [("segmentName", None, b"cup"), ("mode", None, b"append"), ("file", Some("a.csv"), b"user_id\na\n")];
    for (other, key) in [
        (set("2"), "k"),
        (register(), "k"),
        (segment(r#"{"segmentName":"cup","userIds":["a"]}"#), "k"),
        (upload("cup", "a.csv", b"user_id\nb\n"), "file"),
        (upload("league", "a.csv", b"user_id\na\n"), "file"),
        (form(&appended), "file"),
    ] {
        let answer = harness.call(keyed(other, key)).await;
        assert_eq!(answer.status, 422, "{answer}");
        assert_eq!(answer.json()["errors"][0]["code"], "idempotency_mismatch");
    }
    assert_eq!(harness.get("/service/v1/user?userId=2").await.status, 404);
    assert!(!harness.get("/service/v1/attributes").await.body.contains("custom.tier"));
    let again = harness.call(keyed(upload("cup", "b.csv", b"user_id\na\n"), "file")).await;
    assert!(is_replay(&again), "the file's name on the disk is no part of the request: {again}");
}

#[tokio::test]
async fn a_key_belongs_to_its_subject_for_a_day_and_is_not_spent_by_a_refusal() {
    let harness = Harness::start().await;
    let other = harness.issue("crm", &["users:write"]).await;
    assert_eq!(harness.call(keyed(register(), "k")).await.status, 200);
    let answer = harness.call_as(&other, keyed(set("1"), "k")).await;
    assert_eq!((answer.status, is_replay(&answer)), (200, false));
    harness.clock.advance(24 * HOUR);
    let answer = harness.call_as(&other, keyed(set("2"), "k")).await;
    assert_eq!((answer.status, is_replay(&answer)), (200, false), "a day later it is a new key");

    let unknown = update(r#"{"userId":"1","userProperties":{"custom.unknown":true}}"#);
    assert_eq!(harness.call(keyed(unknown, "refused")).await.status, 422);
    assert_eq!(harness.call(keyed(set("1"), "refused")).await.status, 200);
}

#[tokio::test]
async fn a_key_is_visible_ascii_and_does_not_matter_to_reads() {
    let harness = Harness::start().await;
    for key in ["", "with space", &"k".repeat(256)] {
        let answer = harness.call(keyed(set("1"), key)).await;
        assert_eq!(answer.status, 400, "{key}: {answer}");
        assert_eq!(harness.call(keyed(Call::new("GET", "/service/v1/segments"), key)).await.status, 200);
    }
    assert_eq!(harness.call(keyed(set("1"), &"k".repeat(255))).await.status, 200);
}

#[tokio::test]
async fn while_the_first_call_is_under_way_the_second_has_to_wait() {
    let harness = Harness::start().await;
    let call = keyed(set("1"), "slow").header("authorization", &format!("Bearer {}", harness.token));
    let request = call.clone().header("expect", "100-continue").bytes();
    let head = request.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
    let mut stream = TcpStream::connect(&harness.address).await.unwrap();
    stream.write_all(&request[..head]).await.unwrap();
    // The service asks for the body: the call is under way.
    stream.read_exact(&mut [0; 25]).await.unwrap();

    let answer = harness.send(call.clone()).await;
    assert_eq!((answer.status, answer.header("retry-after")), (409, Some("1")), "{answer}");
    stream.write_all(&request[head..]).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    assert_eq!(Answer::parse(&bytes).status, 200);
    assert!(is_replay(&harness.send(call).await));
}

#[tokio::test]
async fn expired_keys_are_removed_a_few_at_a_time() {
    let harness = Harness::start().await;
    for number in 0..10 {
        harness.call(keyed(set("1"), &number.to_string())).await;
    }
    let database = rusqlite::Connection::open(harness.folder.path().join("service.db")).unwrap();
    let kept =
        || -> u32 { database.query_row("SELECT count(*) FROM idempotency", [], |row| row.get(0)).unwrap() };
    harness.clock.advance(24 * HOUR);
    for (key, left) in [("a", 7), ("b", 4), ("c", 3), ("d", 4)] {
        harness.call(keyed(set("1"), key)).await;
        assert_eq!(kept(), left, "after {key}");
    }
}

#[tokio::test]
async fn a_list_that_could_not_be_published_does_not_spend_its_key() {
    let harness = Harness::start().await;
    let call = keyed(segment(r#"{"segmentName":"cup","userIds":["a"]}"#), "k");
    let database = rusqlite::Connection::open(harness.folder.path().join("segments.db")).unwrap();
    let refuse = "CREATE TRIGGER no BEFORE INSERT ON blocks BEGIN SELECT RAISE(ABORT, 'no room'); END";
    database.execute_batch(refuse).unwrap();
    assert_eq!(harness.call(call.clone()).await.status, 500);
    database.execute_batch("DROP TRIGGER no").unwrap();
    let answer = harness.call(call.clone()).await;
    assert_eq!((answer.status, is_replay(&answer)), (200, false), "{answer}");
    assert!(is_replay(&harness.call(call).await));
}
