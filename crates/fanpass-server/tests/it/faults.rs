//! Faults on demand: by rules, by a call's own header, never unless they are enabled, and never for who watches.

use std::time::Duration;

use fanpass_server::Config;
use fanpass_transport::{RequestBody, Sent, Transport as _, TransportErrorKind};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Answer, Call, Harness, status_of, update, upload};
use crate::snapshot;

const FAULT: &str = "x-fanpass-fault";
const USER: &str = "/service/v1/user?userId=u";

fn enabled(config: &mut Config) {
    config.faults.enabled = true;
}

fn set_sth() -> Call {
    update(r#"{"userId":"u","userProperties":{"user_properties.sth":true}}"#)
}

fn faults(method: &str) -> Call {
    Call::new(method, "/service/v1/faults")
}

fn plan(rules: &[&str]) -> Call {
    faults("PUT").json(&json!({"seed": 7, "rules": rules}).to_string())
}

/// What comes back over a connection, however it ends.
async fn raw(harness: &Harness, call: Call) -> String {
    let call = call.header("authorization", &format!("Bearer {}", harness.token));
    let mut stream = TcpStream::connect(&harness.address).await.unwrap();
    stream.write_all(&call.bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn statuses_and_expired_tokens_have_no_effect() {
    let harness = Harness::with(enabled).await;
    snapshot!("fault_429", harness.call(set_sth().header(FAULT, "429")).await);
    snapshot!("fault_503", harness.call(set_sth().header(FAULT, "503")).await);
    snapshot!("fault_expired_token", harness.call(set_sth().header(FAULT, "expired-token")).await);
    snapshot!("fault_unknown", harness.call(set_sth().header(FAULT, "429, earthquake")).await);
    assert_eq!(harness.get(USER).await.status, 404);
    assert_eq!(harness.call(set_sth().header(FAULT, "429=0")).await.status, 200);
}

#[tokio::test]
async fn a_connection_is_cut_before_or_after_the_effect() {
    let harness = Harness::with(enabled).await;
    assert_eq!(raw(&harness, set_sth().header(FAULT, "reset-before-commit")).await, "");
    assert_eq!(harness.get(USER).await.status, 404);
    assert_eq!(raw(&harness, set_sth().header(FAULT, "reset-after-commit")).await, "");
    assert_eq!(harness.get(USER).await.status, 200);
}

#[tokio::test]
async fn an_answer_ends_half_way() {
    let harness = Harness::with(enabled).await;
    let whole = raw(&harness, set_sth()).await;
    let cut = raw(&harness, set_sth().header(FAULT, "truncated")).await;
    let body = |answer: &str| answer.split_once("\r\n\r\n").unwrap().1.len();
    assert_eq!(body(&cut), body(&whole) / 2);
    assert!(cut.contains(&format!("content-length: {}\r\n", body(&whole))), "{cut}");
}

#[tokio::test]
async fn faults_reach_calls_without_a_socket() {
    let harness = Harness::with(enabled).await;
    let send = |fault: &'static str| {
        let request = http::Request::post("http://local/api/v1/update_user")
            .header("authorization", format!("Bearer {}", harness.token))
            .header("content-type", "application/json")
            .header(FAULT, fault)
            .body(RequestBody::from(r#"{"userId":"u","userProperties":{"user_properties.sth":true}}"#));
        let transport = harness.service.transport();
        async move { transport.send(request.unwrap()).await }
    };
    let error = send("reset-after-commit").await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (TransportErrorKind::Interrupted, Sent::Unknown));
    assert_eq!(harness.get(USER).await.status, 200);
    let error = send("truncated").await.unwrap().into_body().bytes(10_000).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Interrupted);
}

#[tokio::test]
async fn an_import_is_stuck_until_it_is_let_go() {
    let harness = Harness::with(enabled).await;
    let stuck = harness.call(upload("cup", "a.csv", b"user_id\na\n").header(FAULT, "stuck-job")).await.json();
    let id = stuck["firebase_imported_segment_id"].as_str().unwrap();
    while harness.call(status_of(id)).await.json()["status"] != "processing" {
        tokio::task::yield_now().await;
    }
    // Another segment's import goes its way, and the same segment's waits behind.
    assert_eq!(harness.import("league", "b.csv", b"user_id\nb\n").await["status"], "completed");
    let later = harness.call(upload("cup", "c.csv", b"user_id\nc\nd\n")).await.json();
    assert_eq!(harness.call(status_of(id)).await.json()["status"], "processing");
    assert_eq!(harness.call(faults("GET")).await.json()["stuckImports"], 1);
    assert_eq!(harness.call(faults("DELETE")).await.json()["stuckImports"], 0);
    assert_eq!(harness.ended(id).await["status"], "completed");
    let later = later["firebase_imported_segment_id"].as_str().unwrap();
    assert_eq!(harness.ended(later).await["imported_rows"], 2);
}

#[tokio::test]
async fn rules_are_set_by_an_admin_and_meet_the_same_calls_each_time() {
    let harness = Harness::with(enabled).await;
    let run = async || -> Vec<u16> {
        let answer = harness.call(plan(&["503=0.3", "429=0.2", "latency=0s"])).await;
        assert_eq!(answer.status, 200, "{answer}");
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(harness.call(set_sth()).await.status);
        }
        statuses
    };
    let first = run().await;
    assert_eq!(run().await, first);
    for status in [200, 429, 503] {
        assert!(first.contains(&status), "{first:?}");
    }
    let report = harness.call(faults("GET")).await.json();
    assert_eq!((&report["requests"], &report["seed"]), (&json!(40), &json!(7)));
    let met = first.iter().filter(|status| **status != 200).count();
    assert_eq!(report["injected"], met);

    harness.call(faults("DELETE")).await;
    assert_eq!(harness.call(set_sth()).await.status, 200);
    snapshot!("faults_wrong", harness.call(plan(&["429", "latency", "418"])).await);
}

#[tokio::test]
async fn who_watches_meets_no_fault() {
    let harness = Harness::with(|config| {
        config.faults.enabled = true;
        config.faults.rules = vec!["503".parse().unwrap()];
    })
    .await;
    assert_eq!(harness.get(USER).await.status, 503);
    for path in ["/healthz", "/readyz", "/openapi.json", "/service/v1/faults"] {
        assert_eq!(harness.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn latency_is_waited_for() {
    let harness = Harness::with(enabled).await;
    let request = http::Request::get("http://local/service/v1/segments")
        .header("authorization", format!("Bearer {}", harness.token))
        .header(FAULT, "latency=1h")
        .body(RequestBody::from(""))
        .unwrap();
    let started = tokio::time::Instant::now();
    assert_eq!(harness.service.transport().send(request).await.unwrap().status(), 200);
    assert!(started.elapsed() >= Duration::from_hours(1));
}

#[tokio::test]
async fn nothing_fails_on_demand_unless_the_service_was_started_for_it() {
    let harness = Harness::start().await;
    let answer: Answer = harness.call(set_sth().header(FAULT, "503")).await;
    assert_eq!(answer.status, 200, "{answer}");
    snapshot!("faults_not_enabled", harness.call(plan(&["429"])).await);
    assert_eq!(harness.call(faults("GET")).await.json()["enabled"], false);
}
