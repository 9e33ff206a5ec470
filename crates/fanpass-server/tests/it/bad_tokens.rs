//! Tokens that are not accepted, each with its reason; none of them does anything.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::harness::{Answer, Call, Harness, segment};
use crate::snapshot;

/// Seconds since 1970 when the harness's clock starts.
const NOW: i64 = 1_785_553_200;

/// The claims of a token that would do, but for `change`, signed by `algorithm` with the service's own key.
fn forge(harness: &Harness, algorithm: Algorithm, change: impl FnOnce(&mut Value)) -> String {
    let key = std::fs::read(harness.folder.path().join("signing-key")).unwrap();
    let mut claims = json!({
        "iss": "fanpass", "aud": "fanpass-api", "sub": "forger", "iat": NOW, "exp": NOW + 60,
        "jti": "0197f3a0-5c00-7000-8000-000000000001", "scope": "segments:write read",
    });
    change(&mut claims);
    encode(&Header::new(algorithm), &claims, &EncodingKey::from_secret(&key)).unwrap()
}

async fn refused(harness: &Harness, token: &str) -> Answer {
    let answer = harness.call_as(token, segment(r#"{"segmentName":"cup","userIds":["a"]}"#)).await;
    assert_eq!(answer.status, 401, "{answer}");
    assert!(!answer.body.contains(token), "the answer repeats the token");
    let segments = harness.get("/service/v1/segments").await.json();
    assert_eq!(segments["segments"], json!([]), "something was stored");
    answer
}

#[tokio::test]
async fn a_forged_token_with_the_right_key_and_claims_would_do() {
    let harness = Harness::start().await;
    let token = forge(&harness, Algorithm::HS256, |_| {});
    let answer = harness.call_as(&token, segment(r#"{"segmentName":"cup","userIds":["a"]}"#)).await;
    assert_eq!(answer.status, 200, "the other tests here would prove nothing: {answer}");
}

#[tokio::test]
async fn no_token_and_no_bearer() {
    let harness = Harness::start().await;
    let call = segment(r#"{"segmentName":"cup","userIds":["a"]}"#);
    snapshot!("token_missing", harness.send(call.clone()).await);
    let answer = harness.send(call.clone().header("authorization", "Basic Zm9vOmJhcg==")).await;
    snapshot!("token_basic", answer);
}

#[tokio::test]
async fn unsigned_and_foreign_algorithms() {
    let harness = Harness::start().await;
    let body = harness.token.split('.').nth(1).unwrap();
    // {"alg":"none","typ":"JWT"}
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{body}.");
    snapshot!("token_unsigned", refused(&harness, &unsigned).await);
    let other = forge(&harness, Algorithm::HS384, |_| {});
    snapshot!("token_other_algorithm", refused(&harness, &other).await);
}

#[tokio::test]
async fn a_token_that_was_changed_or_signed_elsewhere() {
    let harness = Harness::start().await;
    let (rest, signature) = harness.token.rsplit_once('.').unwrap();
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let changed = format!("{rest}.{flipped}{}", &signature[1..]);
    snapshot!("token_changed", refused(&harness, &changed).await);
    let elsewhere = Harness::start().await;
    refused(&harness, &elsewhere.token).await;
    refused(&harness, "not-a-token").await;
}

#[tokio::test]
async fn claims_that_are_wrong_or_missing() {
    let harness = Harness::start().await;
    let with = |name: &str, value: Value| forge(&harness, Algorithm::HS256, |claims| claims[name] = value);
    snapshot!("token_audience", refused(&harness, &with("aud", json!("other-api"))).await);
    snapshot!("token_issuer", refused(&harness, &with("iss", json!("other"))).await);
    snapshot!("token_unknown", refused(&harness, &with("jti", json!("never-issued"))).await);
    for claim in ["iss", "aud", "sub", "iat", "exp", "jti", "scope"] {
        let token = forge(&harness, Algorithm::HS256, |claims| {
            claims.as_object_mut().unwrap().remove(claim);
        });
        let detail = refused(&harness, &token).await.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(&format!("`{claim}` is missing")), "{claim}: {detail}");
    }
}

#[tokio::test]
async fn a_header_that_asks_for_what_is_not_understood() {
    let harness = Harness::start().await;
    let key = std::fs::read(harness.folder.path().join("signing-key")).unwrap();
    let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(&harness.token).unwrap().claims;
    let critical = Header { crit: Some(vec!["exp".to_owned()]), ..Header::new(Algorithm::HS256) };
    let token = encode(&critical, &claims, &EncodingKey::from_secret(&key)).unwrap();
    snapshot!("token_critical", refused(&harness, &token).await);
}

#[tokio::test]
async fn claims_of_other_types() {
    let harness = Harness::start().await;
    let with = |name: &str, value: Value| forge(&harness, Algorithm::HS256, |claims| claims[name] = value);
    let list = Call::new("GET", "/service/v1/segments");
    // What RFC 7519 allows.
    for (name, value) in
        [("aud", json!(["other-api", "fanpass-api"])), ("exp", json!(60.5 + 1_785_553_200.0))]
    {
        let answer = harness.call_as(&with(name, value), list.clone()).await;
        assert_eq!(answer.status, 200, "{name}: {answer}");
    }
    let wrong = [
        ("exp", json!(1e300)),
        ("exp", json!("soon")),
        ("aud", json!(7)),
        ("scope", json!(["read"])),
        ("iat", json!([])),
    ];
    for (name, value) in wrong {
        let detail =
            refused(&harness, &with(name, value)).await.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(&format!("`{name}` is missing or of a wrong type")), "{name}: {detail}");
    }
    refused(&harness, &with("aud", json!(["other-api"]))).await;
}

#[tokio::test]
async fn a_token_lives_from_its_issue_to_its_expiry_give_or_take_the_leeway() {
    let harness = Harness::start().await;
    let until = |second: i64| forge(&harness, Algorithm::HS256, |claims| claims["exp"] = json!(second));
    let from = |second: i64| forge(&harness, Algorithm::HS256, |claims| claims["nbf"] = json!(second));
    let list = Call::new("GET", "/service/v1/segments");
    assert_eq!(harness.call_as(&until(NOW - 29), list.clone()).await.status, 200);
    snapshot!("token_expired", refused(&harness, &until(NOW - 30)).await);
    assert_eq!(harness.call_as(&from(NOW + 30), list.clone()).await.status, 200);
    snapshot!("token_not_yet", refused(&harness, &from(NOW + 31)).await);
    let issued = |second: i64| forge(&harness, Algorithm::HS256, |claims| claims["iat"] = json!(second));
    assert_eq!(harness.call_as(&issued(NOW + 30), list).await.status, 200);
    refused(&harness, &issued(NOW + 31)).await;
}

#[tokio::test]
async fn a_revoked_token() {
    let harness = Harness::start().await;
    let token = harness.issue("leaky", &["segments:write"]).await;
    let jti = harness.get("/service/v1/tokens").await.json()["tokens"][0]["jti"].as_str().unwrap().to_owned();
    harness.call(Call::new("DELETE", &format!("/service/v1/tokens/{jti}"))).await;
    snapshot!("token_revoked", refused(&harness, &token).await);
}
