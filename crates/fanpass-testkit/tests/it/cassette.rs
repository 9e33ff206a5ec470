//! Recorded once, replayed without the service, and never with a secret.

use fanpass_testkit::{CaptureTransport, Cassette, answer};
use fanpass_transport::{Request, Transport as _};
use serde_json::json;
use std::fs;
use tempfile::TempDir;

use crate::post;

const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9";

fn call() -> Request {
    let mut request =
        post("/tokens?all=1", "application/json", r#"{"subject":"nightly","password":"hunter2"}"#);
    request.headers_mut().insert("authorization", format!("Bearer {TOKEN}").parse().unwrap());
    request
}

#[tokio::test]
async fn a_replay_answers_as_the_service_did() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tokens.json");
    // A service that gives out a secret, and repeats the caller's own.
    let answers = [answer::json(201, &json!({"token": "new-secret", "note": format!("made by {TOKEN}")}))];
    let recording = Cassette::record(CaptureTransport::queue(answers).into_dyn(), &path);
    let live = recording.send(call()).await.unwrap();
    assert!(
        live.into_body().bytes(1000).await.unwrap().starts_with(br#"{"note""#),
        "the caller gets the real answer"
    );

    let tape = fs::read_to_string(&path).unwrap();
    for secret in [TOKEN, "hunter2", "new-secret"] {
        assert!(!tape.contains(secret), "{secret} stands in {tape}");
    }

    let replaying = Cassette::replay(&path).unwrap();
    assert_eq!(replaying.left(), 1);
    let replayed = replaying.send(call()).await.unwrap();
    assert_eq!(replayed.status(), 201);
    assert_eq!(replayed.headers()["content-type"], "application/json");
    let body: serde_json::Value =
        serde_json::from_slice(&replayed.into_body().bytes(1000).await.unwrap()).unwrap();
    assert_eq!(body, json!({"token": "[redacted]", "note": "made by [redacted]"}));
    assert_eq!(replaying.left(), 0);
    replaying.send(call()).await.expect_err("the tape has ended");
}

#[tokio::test]
async fn another_request_than_the_recorded_is_an_error() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tokens.json");
    let recording = Cassette::record(CaptureTransport::queue([answer::status(204)]).into_dyn(), &path);
    recording.send(call()).await.unwrap();

    let replaying = Cassette::replay(&path).unwrap();
    let error = replaying.send(post("/tokens?all=2", "application/json", "{}")).await.unwrap_err();
    assert!(error.to_string().contains("all=1") && error.to_string().contains("all=2"), "{error}");
    assert_eq!(replaying.send(call()).await.unwrap().status(), 204, "the right one is still answered");
}
