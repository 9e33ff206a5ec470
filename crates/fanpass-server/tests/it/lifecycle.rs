//! Restart, graceful shutdown, one folder for one service.

use fanpass_server::{Config, Service, ServiceErrorKind};
use fanpass_transport::{RequestBody, Transport as _};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::harness::{Call, Harness, post, segment, status_of, update, upload};

#[tokio::test]
async fn a_restart_keeps_segments_users_attributes_tokens_and_imports() {
    let harness = Harness::start().await;
    harness.register("custom.tier", "string").await;
    harness.call(segment(r#"{"segmentName":"cup","userIds":["00042"]}"#)).await;
    harness.call(update(r#"{"userId":"00042","userProperties":{"custom.tier":"gold"}}"#)).await;
    let import = harness.import("league", "league.csv", b"user_id\n00042\n").await;
    let token = harness.token.clone();

    let harness = harness.restart().await;
    assert_eq!(harness.token, token);
    let user = harness.get("/service/v1/user?userId=00042").await.json();
    assert_eq!(user["userProperties"], json!({"custom.tier": "gold"}));
    assert_eq!(user["segments"], json!(["cup", "league"]));
    let id = import["firebase_imported_segment_id"].as_str().unwrap();
    assert_eq!(harness.call(status_of(id)).await.json(), import);
    let answer = harness.call(update(r#"{"userId":"1","userProperties":{"custom.tier":"gold"}}"#)).await;
    assert_eq!(answer.status, 200, "{answer}");
}

#[tokio::test]
async fn a_second_service_on_the_folder_is_refused() {
    let harness = Harness::start().await;
    let config = Config { data: harness.folder.path().to_owned(), ..Config::default() };
    let error = Service::open(config).await.unwrap_err();
    assert_eq!(error.kind(), ServiceErrorKind::Locked);
}

#[tokio::test]
async fn a_call_under_way_is_answered_when_the_service_stops() {
    let folder = tempfile::TempDir::new().unwrap();
    let service =
        Service::open(Config { data: folder.path().to_owned(), ..Config::default() }).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = service.clone();
    let server = tokio::spawn(async move { serving.serve(listener, async { drop(stopped.await) }).await });

    // Half a request, whose body the service is waiting for once it has asked for it.
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "POST /api/v1/update_user HTTP/1.1\r\nhost: fanpass\r\nexpect: 100-continue\r\n\
                content-type: application/json\r\ncontent-length: 2\r\nauthorization: Bearer ";
    let token = service.development_token().await.unwrap().expose_secret().to_owned();
    stream.write_all(format!("{head}{token}\r\n\r\n").as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");

    stop.send(()).unwrap();
    stream.write_all(b"{}").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 422"), "{answer}");
    server.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "it still accepts");
}

#[tokio::test]
async fn a_service_that_stops_says_that_it_is_not_ready() {
    let folder = tempfile::TempDir::new().unwrap();
    let service =
        Service::open(Config { data: folder.path().to_owned(), ..Config::default() }).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = service.clone();
    let server = tokio::spawn(async move { serving.serve(listener, async { drop(stopped.await) }).await });
    // A call under way, whose body is waited for, keeps the service from ending.
    let mut under_way = TcpStream::connect(address).await.unwrap();
    let token = service.development_token().await.unwrap().expose_secret().to_owned();
    let head = "POST /api/v1/update_user HTTP/1.1\r\nhost: fanpass\r\nexpect: 100-continue\r\n\
                content-type: application/json\r\ncontent-length: 2\r\nauthorization: Bearer ";
    under_way.write_all(format!("{head}{token}\r\n\r\n").as_bytes()).await.unwrap();
    under_way.read_exact(&mut [0; 25]).await.unwrap();
    let ready = async || {
        let request = http::Request::get("http://local/readyz").body(RequestBody::from("")).unwrap();
        service.transport().send(request).await.unwrap().status().as_u16()
    };
    assert_eq!(ready().await, 200);
    stop.send(()).unwrap();
    while ready().await != 503 {
        tokio::task::yield_now().await;
    }
    drop(under_way);
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_stopped_service_does_not_wait_for_ever() {
    let folder = tempfile::TempDir::new().unwrap();
    let drain = std::time::Duration::ZERO;
    let config = Config { data: folder.path().to_owned(), drain, ..Config::default() };
    let service = Service::open(config).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    stream.write_all(b"POST /api/v1/update_user HTTP/1.1\r\n").await.unwrap();
    service.serve(listener, std::future::ready(())).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_service_whose_folder_was_moved_stores_nothing_until_it_is_back() {
    let parent = tempfile::TempDir::new().unwrap();
    let (data, moved) = (parent.path().join("data"), parent.path().join("moved"));
    let harness = Harness::with(|config| config.data.clone_from(&data)).await;
    let list = || segment(r#"{"segmentName":"cup","userIds":["1"]}"#);
    assert_eq!(harness.call(list()).await.status, 200);
    std::fs::rename(&data, &moved).unwrap();
    // Another service takes the place.
    let other = Harness::with(|config| config.data.clone_from(&data)).await;
    for call in [
        list(),
        upload("cup", "a.csv", b"user_id\n7\n"),
        update(r#"{"userId":"7","userProperties":{"user_properties.sth":true}}"#),
        post("/service/v1/keys"),
        Call::new("GET", "/service/v1/segments"),
    ] {
        let answer = harness.call(call).await;
        assert_eq!(answer.status, 503, "{answer}");
        assert!(answer.body.contains("moved or replaced"), "{answer}");
    }
    assert_eq!(harness.get("/readyz").await.status, 503);
    assert_eq!(std::fs::read_dir(data.join("spool")).unwrap().count(), 0);
    assert!(!data.join("signing-keys").exists());
    assert_eq!(other.get("/service/v1/segments").await.json()["segments"], serde_json::json!([]));

    std::fs::rename(&data, parent.path().join("other")).unwrap();
    std::fs::rename(&moved, &data).unwrap();
    assert_eq!(harness.call(list()).await.status, 200);
    assert_eq!(harness.get("/readyz").await.status, 200);
}

/// Nothing can be written to `/dev/full`, and the newest journal is the one of the highest number.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_cannot_be_recorded_is_not_answered_and_the_service_is_not_ready() {
    let harness = Harness::start().await.restart_after(|folder| {
        let journal = folder.join(format!("audit-{}.journal", i64::MAX));
        // A file that is opened and read, and takes no text.
        std::os::unix::fs::symlink("/proc/self/oom_score_adj", journal).unwrap();
    });
    let harness = harness.await;
    for path in
        ["/service/v1/segments", "/service/v1/user?userId=nobody", "/service/v1/segment?segmentName=none"]
    {
        let answer = harness.get(path).await;
        assert!(answer.status >= 500, "{path}: {answer}");
    }
    let wrong = update(r#"{"userId":"7","userProperties":{"custom.unknown":1}}"#);
    assert!(harness.call(wrong).await.status >= 500);
    let stranger = harness.call_as("none", Call::new("GET", "/service/v1/segments")).await;
    assert_eq!(stranger.status, 401, "who is nobody learns nothing by it");
    assert_eq!(harness.get("/readyz").await.status, 503);
}

#[tokio::test]
async fn an_import_that_could_not_be_ended_is_ended_once_the_storage_can() {
    let harness = Harness::start().await;
    let database = rusqlite::Connection::open(harness.folder.path().join("segments.db")).unwrap();
    let refuse = "CREATE TRIGGER full BEFORE UPDATE ON imports WHEN new.stage = 'failed' \
                  BEGIN SELECT RAISE(ABORT, 'no room'); END";
    database.execute_batch(refuse).unwrap();
    let sent = harness.call(upload("cup", "a.csv", b"user_id\n\"\"\n")).await.json();
    let id = sent["firebase_imported_segment_id"].as_str().unwrap();
    while harness.get("/readyz").await.status != 503 {
        tokio::task::yield_now().await;
    }
    assert_eq!(harness.call(status_of(id)).await.json()["status"], "processing");
    assert_eq!(
        std::fs::read_dir(harness.folder.path().join("spool")).unwrap().count(),
        0,
        "room is made first"
    );

    database.execute_batch("DROP TRIGGER full").unwrap();
    assert_eq!(harness.ended(id).await["status"], "failed");
    while harness.get("/readyz").await.status != 200 {
        tokio::task::yield_now().await;
    }
}
