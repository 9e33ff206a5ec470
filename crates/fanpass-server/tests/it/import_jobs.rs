//! Imports as jobs over a real socket: listed, cancelled, their refused rows read to the last.

use fanpass_server::imports::ImportOptions;
use serde_json::{Value, json};

use crate::harness::{Answer, Call, Harness, form, post, segment, status_of, upload};
use crate::snapshot;

fn cancel(id: &str) -> Call {
    Call::new("DELETE", &format!("/service/v1/import?importId={id}"))
}

async fn received(harness: &Harness, name: &str) -> String {
    let answer = harness.call(upload(name, "holders.csv", b"user_id\na\n")).await.json();
    answer["firebase_imported_segment_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn imports_are_listed_newest_first() {
    let harness = Harness::start().await;
    for name in ["cup", "away", "cup"] {
        harness.import(name, &format!("{name}.csv"), b"user_id,tier\na,\n,\n").await;
    }
    harness.call(segment(r#"{"segmentName":"cup","userIds":["b"]}"#)).await;
    snapshot!("list_imports", harness.get("/service/v1/imports?segmentName=cup&limit=2").await);
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = harness.get(&format!("/service/v1/imports?limit=1{after}")).await.json();
        seen.push(page["imports"][0]["segment_name"].as_str().unwrap().to_owned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["cup", "cup", "away", "cup"]);
    assert_eq!(harness.get("/service/v1/imports?after=none").await.status, 404);
    assert_eq!(harness.get("/service/v1/imports?segmentName=none").await.json(), json!({"imports": []}));
}

#[tokio::test]
async fn a_waiting_import_is_cancelled_and_its_file_removed() {
    let harness = Harness::start().await;
    harness.call(segment(r#"{"segmentName":"cup","userIds":["old"]}"#)).await;
    // With its workers stopped the service still receives.
    harness.service.stop().await;
    let id = received(&harness, "cup").await;
    let spool = harness.folder.path().join("spool");
    assert_eq!(std::fs::read_dir(&spool).unwrap().count(), 1);

    snapshot!("cancel_import", harness.call(cancel(&id)).await);
    assert_eq!(harness.call(cancel(&id)).await.json()["status"], "cancelled");
    assert_eq!(harness.call(status_of(&id)).await.json()["stage"], "cancelled");
    assert_eq!(harness.call(cancel("none")).await.status, 404);

    let harness = harness.restart().await;
    assert_eq!(std::fs::read_dir(&spool).unwrap().count(), 0);
    assert_eq!(harness.call(status_of(&id)).await.json()["status"], "cancelled");
    let members = harness.get("/service/v1/segment/members?segmentName=cup").await.json();
    assert_eq!(members["userIds"], json!(["old"]));
}

#[tokio::test]
async fn an_import_that_has_ended_is_not_cancelled() {
    let harness = Harness::start().await;
    let id = received(&harness, "cup").await;
    harness.ended(&id).await;
    snapshot!("cancel_too_late", harness.call(cancel(&id)).await);
    let read_only = harness.issue("reader", &["read"]).await;
    assert_eq!(harness.call_as(&read_only, cancel(&id)).await.status, 403);
}

#[tokio::test]
async fn every_refused_row_can_be_read_up_to_the_limit() {
    let options = ImportOptions { rejects_kept: 2_500, ..ImportOptions::default() };
    let harness = Harness::with(|config| config.imports = options).await;
    let rows: Vec<_> = (0..3_000).map(|number| format!(",{number}")).collect();
    let file = format!("user_id,seat\na,1\n{}\n", rows.join("\n"));
    let status = harness.import("cup", "cup.csv", file.as_bytes()).await;
    assert_eq!((&status["rejected_rows"], &status["total_rows"]), (&json!(3_000), &json!(3_001)));
    assert_eq!(status["errors"].as_array().unwrap().len(), 1_000);

    let id = status["firebase_imported_segment_id"].as_str().unwrap();
    let mut seen: Vec<Value> = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/service/v1/import/errors?importId={id}&limit=700{after}");
        let page = harness.get(&path).await.json();
        assert_eq!(page["rejected_rows"], 3_000);
        seen.extend(page["errors"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let found: Vec<_> = seen.iter().map(|error| error["row"].as_u64().unwrap()).collect();
    assert_eq!(found, (3..2_503).collect::<Vec<_>>());
    snapshot!(
        "import_errors",
        harness.get(&format!("/service/v1/import/errors?importId={id}&limit=1")).await
    );
    assert_eq!(harness.get("/service/v1/import/errors?importId=none").await.status, 404);
}

#[tokio::test]
async fn more_files_than_may_wait_are_refused_for_the_moment() {
    let harness = Harness::with(|config| config.limits.imports_waiting = 2).await;
    harness.service.stop().await;
    received(&harness, "cup").await;
    received(&harness, "cup").await;
    let refused = harness.call(upload("cup", "holders.csv", b"user_id\na\n")).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{refused}");
}

#[tokio::test]
async fn what_adds_to_a_segment_waits_for_what_was_received_earlier() {
    let options = ImportOptions { turn: std::time::Duration::ZERO, ..ImportOptions::default() };
    let harness = Harness::with(|config| config.imports = options).await;
    harness.service.stop().await;
    let id = received(&harness, "cup").await;
    let append = || segment(r#"{"segmentName":"cup","userIds":["b"],"mode":"append"}"#);
    snapshot!("not_its_turn", harness.call(append()).await);
    harness.call(cancel(&id)).await;
    assert_eq!(harness.call(append()).await.status, 200);
}

#[tokio::test]
async fn what_adds_to_a_segment_says_that_it_was_overtaken() {
    let harness = Harness::with(|config| config.faults.enabled = true).await;
    for id in ["a", "b"] {
        let list = json!({"segmentName": "cup", "userIds": [id]});
        harness.call(segment(&list.to_string())).await;
    }
    let held = |mode: &[u8]| {
        let parts: [(&str, Option<&str>, &[u8]); 3] = [
            ("segmentName", None, b"cup"),
            ("mode", None, mode),
            ("file", Some("late.csv"), b"user_id\nlate\n"),
        ];
        harness.call(form(&parts).header("x-fanpass-fault", "stuck-job"))
    };
    let id = |answer: Answer| answer.json()["firebase_imported_segment_id"].as_str().unwrap().to_owned();
    let file = id(held(b"append").await);
    let append = || {
        let list = segment(r#"{"segmentName":"cup","userIds":["new"],"mode":"append"}"#);
        list.header("idempotency-key", "k").header("x-request-id", "appended")
    };
    let later = async {
        while harness.get("/service/v1/imports").await.json()["imports"].as_array().unwrap().len() < 4 {
            tokio::task::yield_now().await;
        }
        let roll_back = post("/service/v1/segment/rollback").json(r#"{"segmentName":"cup"}"#);
        assert_eq!(harness.call(roll_back).await.status, 200);
        harness.call(Call::new("DELETE", "/service/v1/faults")).await;
    };
    let (refused, ()) = tokio::join!(harness.call(append()), later);
    assert_eq!(refused.status, 409, "{refused}");
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("rolled the segment back first"), "{detail}");
    let file = harness.ended(&file).await;
    assert_eq!((&file["status"], &file["imported_rows"]), (&"failed".into(), &0.into()), "{file}");
    assert!(file["changed_members"].is_null() && file["message"] == detail, "{file}");

    let again = harness.call(append()).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, None), "the key is not spent");
    let members = harness.get("/service/v1/segment/members?segmentName=cup").await.json();
    assert_eq!(members["userIds"], json!(["a", "new"]));
}
