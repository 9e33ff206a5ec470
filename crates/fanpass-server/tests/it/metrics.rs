//! Figures for whoever watches the service: what they count, and who may see them.

use std::collections::BTreeMap;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::harness::{Answer, Call, Harness, segment, update, upload};

const METRICS: &str = "/metrics";

/// The figures by name and labels. Panics if the text is not what Prometheus reads.
fn figures(answer: &Answer) -> BTreeMap<String, f64> {
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4"));
    let lines =
        answer.body.lines().filter(|line| !line.starts_with("# HELP ") && !line.starts_with("# TYPE "));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with("fanpass_"), "{line}");
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn calls_commits_imports_and_the_disk_are_counted() {
    let harness = Harness::with(|config| config.faults.enabled = true).await;
    let user = update(r#"{"userId":"u","userProperties":{"user_properties.sth":true}}"#);
    harness.call(user.clone()).await;
    harness.call(user.clone()).await;
    harness.call(update("{}")).await;
    harness.call(user.header("x-fanpass-fault", "503")).await;
    harness.call(segment(r#"{"segmentName":"cup","userIds":["a"]}"#)).await;
    harness.import("league", "a.csv", format!("user_id\na\na\n{}\n", "i".repeat(257)).as_bytes()).await;
    harness.call(upload("cup", "a.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")).await;
    harness.call(Call::new("GET", "/nowhere")).await;

    let figures = figures(&harness.get(METRICS).await);
    for (name, wanted) in [
        ("requests_total{operation=\"updateUser\",status=\"200\"}", 2.0),
        ("requests_total{operation=\"updateUser\",status=\"422\"}", 1.0),
        ("requests_total{operation=\"importSegment\",status=\"202\"}", 1.0),
        ("requests_total{operation=\"-\",status=\"503\"}", 1.0),
        ("requests_total{operation=\"-\",status=\"404\"}", 1.0),
        ("request_seconds_count{operation=\"updateUser\"}", 3.0),
        ("request_seconds_bucket{operation=\"updateUser\",le=\"+Inf\"}", 3.0),
        ("faults_total{fault=\"503\"}", 1.0),
        ("imports{stage=\"published\"}", 2.0),
        ("import_rows{fate=\"processed\"}", 4.0),
        ("import_rows{fate=\"imported\"}", 2.0),
        ("import_rows{fate=\"duplicate\"}", 1.0),
        ("import_rows{fate=\"rejected\"}", 1.0),
        ("imports_queued", 0.0),
        ("uploads", 0.0),
        ("requests_in_flight", 1.0),
        ("connections", 1.0),
        ("writes_waiting{file=\"service.db\"}", 0.0),
    ] {
        assert_eq!(figures.get(&format!("fanpass_{name}")), Some(&wanted), "{name}: {figures:#?}");
    }
    for name in [
        "commit_seconds_count{file=\"service.db\"}",
        "commit_writes_sum{file=\"segments.db\"}",
        "received_bytes_total",
        "sent_bytes_total",
        "disk_free_bytes",
        "database_log_bytes{file=\"service.db\"}",
    ] {
        assert!(figures[&format!("fanpass_{name}")] > 0.0, "{name}: {figures:#?}");
    }
    assert!(figures.keys().any(|name| name.starts_with("fanpass_build_info{version=")));
}

#[tokio::test]
async fn a_token_that_may_read_sees_them() {
    let harness = Harness::start().await;
    assert_eq!(harness.send(Call::new("GET", METRICS)).await.status, 401);
    let writer = harness.issue("import", &["segments:write"]).await;
    assert_eq!(harness.call_as(&writer, Call::new("GET", METRICS)).await.status, 403);
    let reader = harness.issue("prometheus", &["read"]).await;
    figures(&harness.call_as(&reader, Call::new("GET", METRICS)).await);
}

#[tokio::test]
async fn a_socket_of_their_own_asks_for_no_token_and_offers_nothing_else() {
    let mut harness = Harness::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    harness.address = listener.local_addr().unwrap().to_string();
    let (stop, stopped) = oneshot::channel::<()>();
    let service = harness.service.clone();
    let server =
        tokio::spawn(async move { service.serve_metrics(listener, async { drop(stopped.await) }).await });
    figures(&harness.send(Call::new("GET", METRICS)).await);
    assert_eq!(harness.send(Call::new("GET", "/readyz")).await.status, 200);
    let request = Call::new("GET", "/service/v1/segments")
        .header("authorization", &format!("Bearer {}", harness.token));
    assert_eq!(harness.exchange(&request.bytes()).await.status, 404);
    drop(stop);
    server.await.unwrap().unwrap();
}
