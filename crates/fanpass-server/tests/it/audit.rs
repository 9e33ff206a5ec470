//! The audit: every call of an operation leaves a record, refused ones too, and none holds a user id.

use fanpass_server::store::AuditEntry;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Call, Harness, post, segment, status_of, update, upload};
use crate::snapshot;

fn line(entry: &AuditEntry) -> String {
    let AuditEntry { subject, operation, status, target, file_sha256, .. } = entry;
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let hash: String = or_dash(file_sha256).chars().take(12).collect();
    format!("{operation} {status} {} {} {hash}", or_dash(subject), or_dash(target))
}

#[tokio::test]
async fn every_call_of_an_operation_leaves_a_record() {
    let harness = Harness::start().await;
    harness.call(segment(r#"{"segmentName":"cup","userIds":["00042"]}"#)).await;
    harness.call(segment(r#"{"segmentName":"cup","userIds":[]}"#)).await;
    harness.call(upload("cup", "cup.csv", b"user_id\n00042\n")).await;
    harness.call(upload("cup", "cup.csv", b"a,b\n1,2\n")).await;
    harness.call(status_of("none")).await;
    harness.call(update(r#"{"userId":"00042","userProperties":{"user_properties.sth":true}}"#)).await;
    harness.call(update("{")).await;
    harness.send(update("{}")).await;
    harness.call(post("/service/v1/attributes").json(r#"{"key":"custom.tier"}"#)).await;
    harness.get("/service/v1/user?userId=00042").await;
    harness.send(Call::new("GET", "/healthz")).await;

    let Harness { folder, service, .. } = harness.restart().await;
    service.stop().await;
    drop(service);
    let records = records(folder.path()).await;
    let lines: Vec<_> = records.iter().rev().map(line).collect();
    snapshot!("audit", lines.join("\n"));
    assert!(records.iter().all(|entry| !format!("{entry:?}").contains("00042")), "a user id in the audit");
}

#[tokio::test]
async fn the_audit_is_paged_and_filtered_for_administrators() {
    let harness = Harness::start().await;
    let crm = harness.issue("crm", &["users:write", "read"]).await;
    for user in ["1", "2", "3"] {
        let body = format!(r#"{{"userId":"{user}","userProperties":{{"user_properties.sth":true}}}}"#);
        harness.call_as(&crm, update(&body)).await;
    }
    let page = harness.get("/service/v1/audit?subject=crm&limit=2").await.json();
    let next = page["next"].as_str().unwrap();
    let rest = harness.get(&format!("/service/v1/audit?subject=crm&limit=2&after={next}")).await.json();
    let users = [&page["records"], &rest["records"]].map(|records| records.as_array().unwrap().len());
    assert_eq!((users, &rest["next"]), ([2, 1], &serde_json::Value::Null));
    snapshot!("list_audit", harness.get("/service/v1/audit?operation=updateUser&limit=1").await);
    assert_eq!(harness.call_as(&crm, Call::new("GET", "/service/v1/audit")).await.status, 403);
}

#[tokio::test]
async fn what_is_not_there_is_under_a_hash() {
    let harness = Harness::start().await;
    let secret = harness.issue("victim", &["read"]).await;
    for (method, path) in [
        ("DELETE", "/service/v1/tokens/"),
        ("DELETE", "/service/v1/key?kid="),
        ("GET", "/service/v1/segment?segmentName=fan-"),
        ("DELETE", "/service/v1/tokens/fan-"),
    ] {
        let wrong = if path.ends_with('-') { "00042" } else { &secret };
        assert_eq!(
            harness.call(Call::new(method, &format!("{path}{wrong}"))).await.status / 100,
            4,
            "{path}"
        );
    }
    // A list of what there is of nothing is no 404.
    assert_eq!(harness.get("/service/v1/imports?segmentName=00042").await.status, 200);
    let records = harness.get("/service/v1/audit?limit=5").await.json();
    for record in records["records"].as_array().unwrap() {
        assert!(!record.to_string().contains(&secret) && !record.to_string().contains("00042"), "{record}");
    }
    let target = records["records"][0]["target"].as_str().unwrap();
    assert!(target.starts_with("unknown:") && target.len() == 32, "{target}");
}

#[tokio::test]
async fn one_page_looks_through_a_bounded_part_of_the_audit() {
    let harness = Harness::start().await;
    harness.call(segment(r#"{"segmentName":"cup","userIds":["00042"]}"#)).await;
    let others = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000) \
        INSERT INTO audit (at, request_id, operation, status) SELECT 0, '', 'getUser', 200 FROM n";
    let harness = harness
        .restart_after(|folder| {
            let database = rusqlite::Connection::open(folder.join("service.db")).unwrap();
            assert_eq!(database.execute(others, []).unwrap(), 25_000);
        })
        .await;
    let (mut after, mut found, mut pages) = (String::new(), Vec::new(), 0);
    loop {
        let page = harness.get(&format!("/service/v1/audit?target=cup{after}")).await.json();
        found.extend(page["records"].as_array().unwrap().clone());
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!((found.len(), &found[0]["operation"], pages), (1, &"createSegment".into(), 3));
}

#[tokio::test]
async fn a_client_that_hangs_up_leaves_a_record() {
    let harness = Harness::start().await;
    let call = upload("cup", "cup.csv", b"user_id\na\n").header("expect", "100-continue");
    let request = call.header("authorization", &format!("Bearer {}", harness.token)).bytes();
    let head = request.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;

    let mut stream = TcpStream::connect(&harness.address).await.unwrap();
    stream.write_all(&request[..head]).await.unwrap();
    // The service asks for the form: the call is under way.
    stream.read_exact(&mut [0; 25]).await.unwrap();
    stream.write_all(&request[head..request.len() - 20]).await.unwrap();
    drop(stream);

    let Harness { folder, service, .. } = harness.restart().await;
    service.stop().await;
    drop(service);
    assert_eq!(line(&records(folder.path()).await[0]), "importSegment 400 development - -");
}

/// What waits for no disk stands in a journal; what changes something is in the database with its change, and nowhere else.
#[tokio::test]
async fn a_post_that_only_reads_is_recorded_as_a_look_up() {
    let harness = Harness::start().await;
    let import = harness.import("cup", "cup.csv", b"user_id\n00042\n").await;
    let id = import["firebase_imported_segment_id"].as_str().unwrap();
    let update = update(r#"{"userId":"00042","userProperties":{"user_properties.sth":true}}"#);
    let read = [
        status_of(id),
        post("/service/v1/segments/combine").json(r#"{"all":["cup"]}"#),
        post("/service/v1/audiences/preview").json(r#"{"expression":"segment(\"cup\")"}"#),
    ];
    for (name, call) in read.into_iter().chain([update]).enumerate() {
        let answer = harness.call(call.header("x-request-id", &format!("call-{name}"))).await;
        assert_eq!(answer.status, 200, "{answer}");
    }
    let named = |name: &str| name.starts_with("audit-");
    let journal = std::fs::read_dir(harness.folder.path()).unwrap().map(|entry| entry.unwrap());
    let journal = journal.filter(|entry| entry.file_name().to_str().is_some_and(named));
    let journal: String = journal.map(|entry| std::fs::read_to_string(entry.path()).unwrap()).collect();
    let stands = |name: usize| journal.contains(&format!("\"call-{name}\""));
    assert_eq!([0, 1, 2, 3].map(stands), [true, true, true, false], "{journal}");
    let records = harness.get("/service/v1/audit?limit=4").await.json();
    let operations = records["records"].as_array().unwrap().iter().map(|record| record["operation"].as_str());
    let expected = ["updateUser", "previewAudience", "combineSegments", "getSegmentImportStatus"];
    assert!(operations.eq(expected.map(Some)), "{records}");
}

/// The audit of a folder that no service holds.
async fn records(folder: &std::path::Path) -> Vec<AuditEntry> {
    use fanpass_server::store::{Clock, Ids, Store};

    let store = loop {
        // The service's last connections let go of the folder a moment after it has stopped.
        match Store::open(folder, Clock::system(), Ids::random()) {
            Ok(store) => break store,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    store.audit(None, 100).await.unwrap().into_iter().map(|record| record.entry).collect()
}
