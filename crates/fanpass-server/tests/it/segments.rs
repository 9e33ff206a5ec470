//! Create/Update Segment over a real socket.

use crate::harness::{Harness, segment};
use crate::snapshot;

const REQUEST: &str = include_str!("../../../fanpass-model/tests/fixtures/create_segment/request.json");
const RESPONSE: &str = include_str!("../../../fanpass-model/tests/fixtures/create_segment/response.json");

#[tokio::test]
async fn an_inline_list_is_the_membership_when_it_is_answered() {
    let harness = Harness::start().await;
    let answer = harness.call(segment(REQUEST)).await;
    assert_eq!(answer.status, 200, "{answer}");
    let (answered, expected) = (answer.json(), serde_json::from_str::<serde_json::Value>(RESPONSE).unwrap());
    assert_eq!(answered["status"], expected["status"]);
    snapshot!("create_segment", answer);

    let members = harness.get("/service/v1/segment/members?segmentName=season-ticket-holders").await;
    snapshot!("create_segment_members", members);
}

#[tokio::test]
async fn the_same_name_again_replaces_the_membership_and_a_repeated_id_counts_once() {
    let harness = Harness::start().await;
    harness.call(segment(r#"{"segmentName":"cup","userIds":["a","b","c"]}"#)).await;
    harness.call(segment(r#"{"segmentName":"cup","userIds":["c","d","c"]}"#)).await;
    let members = harness.get("/service/v1/segment/members?segmentName=cup").await.json();
    assert_eq!(members["userIds"], serde_json::json!(["c", "d"]));
    let summary = harness.get("/service/v1/segment?segmentName=cup").await.json();
    assert_eq!(summary["memberCount"], 2);
}

#[tokio::test]
async fn a_content_type_with_parameters_and_capitals_is_json() {
    let harness = Harness::start().await;
    let call =
        crate::harness::post("/api/v1/segments").header("content-type", "Application/JSON; charset=utf-8");
    let answer = harness.call(call.body(br#"{"segmentName":"cup","userIds":["a"]}"#)).await;
    assert_eq!(answer.status, 200, "{answer}");
}
