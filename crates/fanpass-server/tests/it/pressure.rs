//! More writes than the disk takes: they wait within bounds, and what is past them is told to come back.

use std::time::Duration;

use fanpass_model::PlatformPolicy;
use fanpass_server::{Config, Service};
use fanpass_transport::{Request, RequestBody, Transport as _};
use rusqlite::Connection;
use secrecy::ExposeSecret as _;

fn update(token: &str, padding: usize) -> Request {
    let value = "x".repeat(padding);
    let body = format!(r#"{{"userId":"1","userProperties":{{"custom.note":"{value}"}}}}"#);
    let mut request = Request::new(RequestBody::from(body.into_bytes()));
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = "http://fanpass/api/v1/update_user".parse().unwrap();
    request.headers_mut().insert("content-type", "application/json".parse().unwrap());
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

/// How many of `count` updates were answered by 200 and by 503 while nothing could be written for a while.
async fn answers(count: usize, padding: usize, change: impl FnOnce(&mut Config)) -> (usize, usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config { data: folder.path().to_owned(), ..Config::default() };
    change(&mut config);
    let service = Service::open(config).await.unwrap();
    let token = service.development_token().await.unwrap().expose_secret().to_owned();
    let transport = service.transport();
    let mut register = update(&token, 0);
    *register.uri_mut() = "http://fanpass/service/v1/attributes".parse().unwrap();
    *register.body_mut() = RequestBody::from(br#"{"key":"custom.note"}"#.to_vec());
    assert_eq!(transport.send(register).await.unwrap().status(), 200);

    // Another process that writes: SQLite lets only one at a time.
    let other = Connection::open(folder.path().join("service.db")).unwrap();
    other.busy_timeout(Duration::from_secs(10)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..count {
        let (transport, request) = (transport.clone(), update(&token, padding));
        calls.spawn(async move { transport.send(request).await.unwrap() });
    }
    // All of them are taken in or refused: on one thread, each has had its turns.
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    other.execute_batch("ROLLBACK").unwrap();
    let (mut stored, mut refused) = (0, 0);
    while let Some(answer) = calls.join_next().await {
        let answer = answer.unwrap();
        match answer.status().as_u16() {
            200 => stored += 1,
            503 => {
                assert_eq!(answer.headers()["retry-after"], "1");
                let said = answer.into_body().bytes(1_000).await.unwrap();
                assert!(str::from_utf8(&said).unwrap().contains("try again in a moment"));
                refused += 1;
            }
            status => panic!("{status}"),
        }
    }
    (stored, refused)
}

#[tokio::test]
async fn writes_past_the_queue_are_told_to_come_back_and_the_others_are_stored() {
    let (stored, refused) = answers(6_000, 1, |_| {}).await;
    assert_eq!(stored + refused, 6_000);
    assert!(refused > 0 && stored >= 4_096, "{stored} stored, {refused} refused");
}

#[tokio::test]
async fn bytes_that_wait_are_bounded_as_well() {
    let (stored, refused) = answers(300, 1_000, |config| config.limits.body_bytes_in_all = 100_000).await;
    assert_eq!(stored + refused, 300);
    assert!((80..=99).contains(&stored), "{stored} stored");
}

#[tokio::test]
async fn bytes_of_answers_that_nobody_takes_are_bounded_until_the_client_takes_them_or_goes() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config { data: folder.path().to_owned(), ..Config::default() };
    config.platform_policy = PlatformPolicy::AllowUnknown;
    config.limits.answer_bytes_in_all = 300_000;
    let service = Service::open(config).await.unwrap();
    let token = service.development_token().await.unwrap().expose_secret().to_owned();
    let transport = service.transport();
    for number in 0..50 {
        let mut request = update(&token, 4_000);
        let value = "x".repeat(4_000);
        let body = format!(r#"{{"userId":"1","userProperties":{{"user_properties.a{number}":"{value}"}}}}"#);
        *request.body_mut() = RequestBody::from(body.into_bytes());
        assert_eq!(transport.send(request).await.unwrap().status(), 200);
    }
    let get = async |path: &str| {
        let mut request = update(&token, 0);
        *request.method_mut() = http::Method::GET;
        *request.uri_mut() = format!("http://fanpass/service/v1/{path}").parse().unwrap();
        *request.body_mut() = RequestBody::empty();
        transport.send(request).await.unwrap()
    };
    let unread = get("user?userId=1").await;
    assert_eq!(unread.status(), 200);
    tokio::time::pause();
    let refused = get("user?userId=1").await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    assert_eq!(get("users").await.status(), 200, "it is short");
    let read = unread.into_body().bytes(1 << 20).await.unwrap();
    assert!(read.len() > 200_000);
    assert_eq!(get("user?userId=1").await.status(), 503, "it is in memory still");
    drop(read);
    drop(get("user?userId=1").await);
    assert_eq!(get("user?userId=1").await.status(), 200);
}
