//! The contract's hand-written fixtures, byte for byte: what the client's tests send and expect is what the service takes
//! and answers.

use serde_json::{Value, json};

use crate::harness::{Call, Harness, post, segment, status_of, update, upload};

macro_rules! fixture {
    ($path:literal) => {
        include_str!(concat!("../../../fanpass-model/tests/fixtures/", $path)).trim_end()
    };
}

/// A service whose next id is the first one, as the fixtures have it.
async fn harness() -> Harness {
    let harness = Harness::start().await;
    harness.register("custom.loyalty_points", "number").await;
    harness.register("custom.loyalty_tier", "string").await;
    harness.register("custom.shirt_size", "string").await;
    harness.count_again().await
}

/// A call that draws no id of its own.
fn named(call: Call) -> Call {
    call.header("x-request-id", "0197f3a0-5c00-7000-8000-00000000000a")
}

#[tokio::test]
async fn the_documented_operations_answer_as_their_fixtures_say() {
    let harness = harness().await;
    let created = harness.call(named(segment(fixture!("create_segment/request.json")))).await;
    assert_eq!(created.body, fixture!("create_segment/response.json"));

    let file = b"fan_id,seat\n00042,1\nfan-7,2\n1e5,3\n,4\n00042,5\nTRUE,6\n";
    let imported = harness.call(named(upload("holders", "holders.csv", file))).await;
    assert_eq!(imported.body, fixture!("import_segment/response.json"));

    let request: Value = serde_json::from_str(fixture!("get_segment_import_status/request.json")).unwrap();
    let id = request["firebase_imported_segment_id"].as_str().unwrap();
    harness.ended(id).await;
    let mut status = harness.call(named(status_of(id))).await.json();
    // What only this service tells, and the fixtures leave out.
    for name in ["segment_name", "mode", "file_name", "stage"] {
        assert!(status.as_object_mut().unwrap().remove(name).is_some(), "the status lacks {name}");
    }
    let mut expected: Value =
        serde_json::from_str(fixture!("get_segment_import_status/response.json")).unwrap();
    // The clock stands still here, and what a row's fault is called in words is the reader's own.
    for name in ["updated_at", "completed_at"] {
        expected[name] = json!("2026-08-01T03:00:00Z");
    }
    expected["errors"][0]["message"] = status["errors"][0]["message"].clone();
    assert_eq!(status, expected);

    let updated = harness.call(named(update(fixture!("update_user/request.json")))).await;
    assert_eq!(updated.body, fixture!("update_user/response.json"));
}

#[tokio::test]
async fn a_problem_reads_as_its_fixture_says() {
    let harness = harness().await;
    let request = r#"{"userId":"00042","userProperties":{"custom.loyalty_teir":"gold"}}"#;
    let refused = harness.call(named(post("/api/v1/update_user").json(request))).await;
    assert_eq!(refused.body, fixture!("problem/response.json"));
}
