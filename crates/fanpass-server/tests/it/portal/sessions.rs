//! Signing in and out, and what ends a session.

use super::person::{Page, Person, filled};
use crate::harness::{Call, Harness};

const MINUTE: i64 = 60 * 1_000_000;

/// Where a person is sent who has to sign in first.
async fn is_out(person: &Person<'_>) -> bool {
    let answer = person.get("/portal/segments").await;
    answer.status == 303 && answer.header("location") == Some("/portal/sign-in?next=%2Fportal%2Fsegments")
}

#[tokio::test]
async fn nobody_is_let_in_without_a_token_that_stands() {
    let harness = Harness::start().await;
    let answer = harness.send(Call::new("GET", "/portal/user?id=%3C")).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, Some("/portal/sign-in?next=%2Fportal%2Fuser%3Fid%3D%253C"))
    );
    for token in ["", "abc", "eyJhbGciOiJub25lIn0.e30."] {
        let answer = harness.send(filled("/portal/sign-in", &[("token", token)])).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (401, None), "{answer}");
        assert!(!Page::of(&answer).text("#token-wrong").is_empty());
    }
    let person = Person { harness: &harness, cookie: "fanpass-portal=0000".to_owned() };
    assert!(is_out(&person).await);
}

#[tokio::test]
async fn a_person_comes_to_the_page_that_was_asked_for_and_leaves() {
    let harness = Harness::start().await;
    let signed_in =
        filled("/portal/sign-in", &[("token", &format!(" {}\n", harness.token)), ("next", "/portal/users")]);
    let answer = harness.send(signed_in).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/portal/users")));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("fanpass-portal=")
            && cookie.ends_with("; Path=/portal; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );

    let person = Person::sign_in(&harness).await;
    assert_eq!(person.get("/portal/sign-in").await.header("location"), Some("/portal"));
    let page = person.page("/portal/segments").await;
    assert_eq!(page.text(".side a[aria-current]"), "Segments");
    let answer = person.submit(&page, "/portal/sign-out", &[]).await;
    assert_eq!(answer.header("location"), Some("/portal/sign-in?done=signed-out"));
    assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert!(is_out(&person).await);
    let foreign = filled("/portal/sign-in", &[("token", &harness.token), ("next", "//evil.example/portal")]);
    assert_eq!(harness.send(foreign).await.header("location"), Some("/portal"));
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_or_old_or_its_token_is() {
    let harness = Harness::start().await;
    let idle = Person::sign_in(&harness).await;
    harness.clock.advance(59 * MINUTE);
    assert!(!is_out(&idle).await);
    harness.clock.advance(60 * MINUTE);
    assert!(is_out(&idle).await);

    let old = Person::sign_in(&harness).await;
    for _ in 0..14 {
        harness.clock.advance(50 * MINUTE);
        assert!(!is_out(&old).await);
    }
    harness.clock.advance(20 * MINUTE);
    assert!(is_out(&old).await);

    let token = harness.issue("box office", &["read"]).await;
    let person = Person::sign_in_with(&harness, &token).await;
    assert!(!is_out(&person).await);
    let jti = harness.get("/service/v1/tokens").await.json()["tokens"][0]["jti"].as_str().unwrap().to_owned();
    assert_eq!(harness.call(Call::new("DELETE", &format!("/service/v1/tokens/{jti}"))).await.status, 200);
    assert!(is_out(&person).await);
}

#[tokio::test]
async fn signing_in_is_in_the_audit_without_the_token() {
    let harness = Harness::start().await;
    Person::sign_in(&harness).await;
    harness.send(filled("/portal/sign-in", &[("token", "no-token-of-ours")])).await;
    let audit = harness.get("/service/v1/audit?operation=portalSignIn").await;
    assert!(!audit.body.contains("no-token-of-ours") && !audit.body.contains(&harness.token));
    let records = audit.json()["records"].clone();
    assert_eq!((&records[0]["status"], &records[0]["subject"]), (&401.into(), &serde_json::Value::Null));
    assert_eq!((&records[1]["status"], &records[1]["subject"]), (&200.into(), &"development".into()));
}

#[tokio::test]
async fn behind_https_the_cookie_is_the_hosts_alone() {
    let harness = Harness::with(|config| config.portal.secure_cookie = true).await;
    let answer = harness.send(filled("/portal/sign-in", &[("token", &harness.token)])).await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-fanpass-portal="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{cookie}");
    assert!(!is_out(&Person::sign_in(&harness).await).await);
}

#[tokio::test]
async fn a_service_without_a_portal_has_no_pages() {
    let harness = Harness::with(|config| config.portal.enabled = false).await;
    for path in ["/portal", "/portal/sign-in", "/portal/segments"] {
        assert_eq!(harness.send(Call::new("GET", path)).await.status, 404);
    }
}
