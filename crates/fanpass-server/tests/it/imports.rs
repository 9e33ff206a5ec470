//! Import Segment and Get Segment Import Status over a real socket.

use serde_json::json;

use crate::harness::{Harness, form, status_of, upload, workbook};
use crate::snapshot;

const HOLDERS: &[u8] = b"fan_id,seat\n00042,A1\n1e5,A2\nTRUE,A3\n  7.0 ,A4\n\n00042,A5\n,A6\nfan-7,A7\n";

#[tokio::test]
async fn an_upload_is_received_imported_and_reported() {
    let harness = Harness::start().await;
    let answer = harness.call(upload("season-ticket-holders", "holders.csv", HOLDERS)).await;
    snapshot!("import_segment", answer);
    let id = answer.json()["firebase_imported_segment_id"].as_str().unwrap().to_owned();
    harness.ended(&id).await;
    snapshot!("import_status", harness.call(status_of(&id).header("x-request-id", "status-1")).await);
    let members = harness.get("/service/v1/segment/members?segmentName=season-ticket-holders").await.json();
    assert_eq!(members["userIds"], json!(["00042", "1e5", "7.0", "TRUE", "fan-7"]));
}

#[tokio::test]
async fn the_parts_of_the_form_may_stand_in_any_order() {
    let harness = Harness::start().await;
    let answer = harness
        .call(form(&[("file", Some("cup.csv"), b"user_id\na\nb\n"), ("segmentName", None, b"cup")]))
        .await;
    assert_eq!(answer.status, 202, "{answer}");
    let status = harness.ended(answer.json()["firebase_imported_segment_id"].as_str().unwrap()).await;
    assert_eq!(status["imported_rows"], 2);
}

#[tokio::test]
async fn a_file_whose_rows_are_all_refused_fails_and_leaves_the_segment_as_it_was() {
    let harness = Harness::start().await;
    harness.import("cup", "cup.csv", b"user_id\na\n").await;
    let status = harness.import("cup", "cup.csv", b"user_id,name\n,A\n,B\n").await;
    assert_eq!(status["status"], "failed");
    assert_eq!((&status["total_rows"], &status["rejected_rows"]), (&json!(2), &json!(2)));
    assert!(status["message"].is_string());
    let members = harness.get("/service/v1/segment/members?segmentName=cup").await.json();
    assert_eq!(members["userIds"], json!(["a"]));
}

#[tokio::test]
async fn workbooks_and_archives_are_taken_too() {
    let harness = Harness::start().await;
    let sheet = workbook(&[("Fans", &["user_id", "00042", "1e5"])]);
    let xls = include_bytes!("../../../fanpass-table/tests/fixtures/fans.xls");
    for (segment, name, content) in [("xlsx", "fans.xlsx", &sheet[..]), ("xls", "fans.xls", xls)] {
        let status = harness.import(segment, name, content).await;
        assert_eq!(status["status"], "completed", "{status}");
    }
    let members = harness.get("/service/v1/segment/members?segmentName=xlsx").await.json();
    assert_eq!(members["userIds"], json!(["00042", "1e5"]));
}

#[tokio::test]
async fn a_large_upload_arrives_whole() {
    let harness = Harness::start().await;
    let rows: Vec<_> = (0..200_000).map(|number| format!("{number:08}")).collect();
    let status = harness.import("all", "all.csv", format!("user_id\n{}\n", rows.join("\n")).as_bytes()).await;
    assert_eq!((&status["status"], &status["imported_rows"]), (&json!("completed"), &json!(200_000)));
}

#[tokio::test]
async fn an_import_that_was_never_received_is_not_found() {
    let harness = Harness::start().await;
    snapshot!("import_status_unknown", harness.call(status_of("no-such-import")).await);
}
