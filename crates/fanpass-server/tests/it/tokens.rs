//! Issue, List and Revoke Token over a real socket, and what a token allows.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Answer, Call, Harness, post, segment, update, upload};
use crate::snapshot;

#[tokio::test]
async fn an_issued_token_is_listed_without_its_secret_and_works() {
    let harness = Harness::start().await;
    let token = harness.issue("nightly-export", &["segments:write"]).await;
    let answer = harness.call_as(&token, segment(r#"{"segmentName":"cup","userIds":["a"]}"#)).await;
    assert_eq!(answer.status, 200, "{answer}");
    let list = harness.get("/service/v1/tokens").await;
    snapshot!("list_tokens", list);
    assert!(!list.body.contains(&token));
}

#[tokio::test]
async fn tokens_are_listed_a_page_at_a_time_newest_first() {
    let harness = Harness::start().await;
    for subject in ["a", "b", "c", "d"] {
        harness.issue(subject, &["read"]).await;
    }
    let (mut after, mut subjects) = (String::new(), Vec::new());
    loop {
        let page = harness.get(&format!("/service/v1/tokens?limit=2{after}")).await.json();
        let tokens = page["tokens"].as_array().unwrap();
        subjects.push(tokens.iter().map(|token| token["subject"].clone()).collect::<Vec<_>>());
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    // All at one time: then it is their ids that go down.
    assert_eq!(subjects, [vec!["d", "c"], vec!["b", "a"], vec!["development"]]);
    assert_eq!(harness.get("/service/v1/tokens?after=none").await.status, 404);
    assert_eq!(harness.get("/service/v1/tokens?limit=0").await.status, 422);
}

#[tokio::test]
async fn a_token_allows_what_its_scopes_say() {
    let harness = Harness::start().await;
    let token = harness.issue("nightly-export", &["segments:write"]).await;
    let answer =
        harness.call_as(&token, update(r#"{"userId":"1","userProperties":{"user_properties.sth":true}}"#));
    snapshot!("missing_scope", answer.await);
    assert_eq!(harness.get("/service/v1/user?userId=1").await.status, 404);
}

#[tokio::test]
async fn a_token_without_stated_scopes_does_everything_but_administer() {
    let harness = Harness::start().await;
    let issued = harness.call(post("/service/v1/tokens").json(r#"{"subject":"nightly-export"}"#)).await;
    let token = issued.json()["token"].as_str().unwrap().to_owned();
    for path in ["/service/v1/segments", "/service/v1/attributes"] {
        assert_eq!(harness.call_as(&token, Call::new("GET", path)).await.status, 200);
    }
    assert_eq!(harness.call_as(&token, Call::new("GET", "/service/v1/tokens")).await.status, 403);
}

#[tokio::test]
async fn revocation_is_in_force_when_it_is_answered_and_after_a_restart() {
    let harness = Harness::start().await;
    let token = harness.issue("leaky", &["read"]).await;
    let call = Call::new("GET", "/service/v1/segments");
    assert_eq!(harness.call_as(&token, call.clone()).await.status, 200);
    let jti = harness.get("/service/v1/tokens").await.json()["tokens"][0]["jti"].as_str().unwrap().to_owned();
    let revoke = Call::new("DELETE", &format!("/service/v1/tokens/{jti}"));
    snapshot!("revoke_token", harness.call(revoke.clone()).await);
    assert_eq!(harness.call_as(&token, call.clone()).await.status, 401);
    assert_eq!(harness.call(revoke).await.status, 200, "again changes nothing");

    let harness = harness.restart().await;
    assert_eq!(harness.call_as(&token, call).await.status, 401);
    assert_eq!(harness.call(Call::new("DELETE", "/service/v1/tokens/none")).await.status, 404);
}

#[tokio::test]
async fn revocation_is_in_force_on_a_connection_that_is_open() {
    let harness = Harness::start().await;
    let token = harness.issue("leaky", &["read"]).await;
    let jti = harness.get("/service/v1/tokens").await.json()["tokens"][0]["jti"].as_str().unwrap().to_owned();
    let mut stream = TcpStream::connect(&harness.address).await.unwrap();
    let request = format!(
        "GET /service/v1/segments HTTP/1.1\r\nhost: fanpass\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    let mut status = async || {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer[..length]).split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!(status().await, "200");
    harness.call(Call::new("DELETE", &format!("/service/v1/tokens/{jti}"))).await;
    assert_eq!(status().await, "401");
}

/// Has a call admitted, which `100 Continue` says, revokes its token once `before` bytes of its body are sent, and gives
/// back what it is answered when `after` more have followed.
async fn revoked_under_way(harness: &Harness, call: Call, before: usize, after: usize) -> Answer {
    let token = harness.issue("leaky", &["segments:write", "users:write"]).await;
    let jti = harness.get("/service/v1/tokens").await.json()["tokens"][0]["jti"].as_str().unwrap().to_owned();
    let call = call.header("authorization", &format!("Bearer {token}")).header("expect", "100-continue");
    let bytes = call.bytes();
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
    let (head, body) = bytes.split_at(head);
    let mut stream = TcpStream::connect(&harness.address).await.unwrap();
    stream.write_all(head).await.unwrap();
    let mut admitted = [0; 25];
    stream.read_exact(&mut admitted).await.unwrap();
    assert_eq!(&admitted, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(&body[..before]).await.unwrap();
    assert_eq!(harness.call(Call::new("DELETE", &format!("/service/v1/tokens/{jti}"))).await.status, 200);
    stream.write_all(&body[before..before + after]).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    Answer::parse(&answer)
}

#[tokio::test]
async fn revocation_reaches_a_call_whose_body_is_under_way() {
    let harness = Harness::start().await;
    let list = r#"{"segmentName":"cup","userIds":["a"]}"#;
    let answer = revoked_under_way(&harness, segment(list), 20, list.len() - 20).await;
    assert_eq!(answer.status, 401, "{answer}");
    let properties = r#"{"userId":"u1","userProperties":{"user_properties.sth":true}}"#;
    let answer = revoked_under_way(&harness, update(properties), 20, properties.len() - 20).await;
    assert_eq!(answer.status, 401, "{answer}");
    assert_eq!(harness.get("/service/v1/user?userId=u1").await.status, 404);
    // Nothing more has to arrive, let alone the end.
    let file = || upload("cup", "a.csv", "user_id\n".repeat(100_000).as_bytes());
    for (call, before, after) in [(segment(list), 20, 0), (file(), 10_000, 0), (file(), 10_000, 10_000)] {
        let answer = revoked_under_way(&harness, call, before, after).await;
        assert_eq!(answer.status, 401, "{answer}");
    }
    assert_eq!(harness.get("/service/v1/segments").await.json()["segments"], serde_json::json!([]));
    assert_eq!(std::fs::read_dir(harness.folder.path().join("spool")).unwrap().count(), 0);
}

#[tokio::test]
async fn when_a_token_was_last_used_is_known_also_after_a_restart() {
    let harness = Harness::start().await;
    let token = harness.issue("nightly", &["read"]).await;
    let used = async |harness: &Harness| {
        let list = harness.get("/service/v1/tokens").await.json();
        list["tokens"][0]["lastUsedAt"].clone()
    };
    assert_eq!(used(&harness).await, serde_json::Value::Null);
    harness.clock.advance(5_000_000);
    harness.call_as(&token, Call::new("GET", "/service/v1/segments")).await;
    harness.clock.advance(5_000_000);
    assert_eq!(used(&harness).await, "2026-08-01T03:00:05Z");
    let harness = harness.restart().await;
    assert_eq!(used(&harness).await, "2026-08-01T03:00:05Z");
}

#[tokio::test]
async fn a_token_has_the_scopes_that_are_named_and_at_least_one() {
    let harness = Harness::start().await;
    let issue =
        |scopes: &str| post("/service/v1/tokens").json(&format!(r#"{{"subject":"x","scopes":{scopes}}}"#));
    snapshot!("issue_token_without_scopes", harness.call(issue("[]")).await);
    let none = harness.call(issue("null")).await;
    assert_eq!((none.status, &none.json()["errors"][0]["pointer"]), (422, &"/scopes".into()), "{none}");
    let twice = harness.call(issue(r#"["read","read"]"#)).await.json();
    assert_eq!(twice["scopes"], serde_json::json!(["read"]));
}

#[tokio::test]
async fn a_token_request_says_all_that_is_wrong_with_it() {
    let harness = Harness::start().await;
    let request = r#"{"subject":" ","scopes":["read","root"],"lifetimeSeconds":0}"#;
    snapshot!("issue_token_wrong", harness.call(post("/service/v1/tokens").json(request)).await);
}

#[tokio::test]
async fn the_development_token_is_kept_until_it_is_revoked() {
    use secrecy::ExposeSecret as _;

    let harness = Harness::start().await;
    let again = async |harness: &Harness| {
        harness.service.development_token().await.unwrap().expose_secret().to_owned()
    };
    assert_eq!(again(&harness).await, harness.token);
    let jti = harness.get("/service/v1/tokens").await.json()["tokens"][0]["jti"].as_str().unwrap().to_owned();
    harness.call(Call::new("DELETE", &format!("/service/v1/tokens/{jti}"))).await;
    let renewed = again(&harness).await;
    assert_ne!(renewed, harness.token);
    assert_eq!(harness.call_as(&renewed, Call::new("GET", "/service/v1/segments")).await.status, 200);
}

#[cfg(unix)]
#[tokio::test]
async fn key_and_development_token_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let harness = Harness::start().await;
    for name in ["signing-key", "dev-token"] {
        let mode = harness.folder.path().join(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
