//! Level one of the contract checks: each hand-written fixture is read and written back byte for byte.

use fanpass_model::{
    CreateSegmentRequest, ImportState, ImportStatus, ImportStatusRequest, Problem, SegmentReceipt,
    UpdateUserRequest, UpdateUserResponse,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn round_trip<T: Serialize + DeserializeOwned>(fixture: &str) -> T {
    let value: T = serde_json::from_str(fixture).unwrap();
    assert_eq!(serde_json::to_string(&value).unwrap(), fixture.trim_end());
    value
}

#[test]
fn create_segment() {
    let request: CreateSegmentRequest = round_trip(include_str!("../fixtures/create_segment/request.json"));
    assert!(request.validate().is_ok());
    let ids: Vec<_> = request.user_ids.iter().map(fanpass_model::UserId::as_str).collect();
    assert_eq!(ids, ["00042", "123456789012345678", "1e5", "TRUE", "7.0", "Żółć-9"]);
    let receipt: SegmentReceipt = round_trip(include_str!("../fixtures/create_segment/response.json"));
    assert_eq!(receipt.status, Some(ImportState::Completed));
}

#[test]
fn import_segment() {
    let receipt: SegmentReceipt = round_trip(include_str!("../fixtures/import_segment/response.json"));
    assert_eq!(receipt.firebase_imported_segment_id.as_str(), "0197f3a0-5c00-7000-8000-000000000002");
}

#[test]
fn get_segment_import_status() {
    round_trip::<ImportStatusRequest>(include_str!("../fixtures/get_segment_import_status/request.json"));
    let status: ImportStatus =
        round_trip(include_str!("../fixtures/get_segment_import_status/response.json"));
    assert_eq!(status.imported_rows, Some(4));
    assert_eq!(status.errors[0].code, "empty_id");
}

#[test]
fn update_user() {
    let request: UpdateUserRequest = round_trip(include_str!("../fixtures/update_user/request.json"));
    assert!(request.validate().is_ok());
    round_trip::<UpdateUserResponse>(include_str!("../fixtures/update_user/response.json"));
}

#[test]
fn problem() {
    let problem: Problem = round_trip(include_str!("../fixtures/problem/response.json"));
    assert_eq!(problem.status, Some(422));
}

#[test]
fn what_this_version_does_not_know_survives() {
    let json = r#"{"status":"quarantined","eta_seconds":12,"nested":{"a":[1,2]}}"#;
    let status: ImportStatus = round_trip(json);
    assert_eq!(status.status, ImportState::Unknown("quarantined".to_owned()));
    assert_eq!(status.extra["eta_seconds"], 12);
}

#[test]
fn null_stands_for_what_is_absent() {
    let json = r#"{"status":"failed","total_rows":null,"errors":null}"#;
    let status: ImportStatus = serde_json::from_str(json).unwrap();
    assert_eq!(status, ImportStatus::new(ImportState::Failed));
}

#[test]
fn a_request_without_content_is_refused_before_it_is_sent() {
    let request: CreateSegmentRequest =
        serde_json::from_str(r#"{"segmentName":"sth","userIds":[]}"#).unwrap();
    assert_eq!(request.validate().unwrap_err().to_string(), "userIds is empty");
    let request: UpdateUserRequest = serde_json::from_str(r#"{"userId":"7","userProperties":{}}"#).unwrap();
    assert_eq!(request.validate().unwrap_err().to_string(), "userProperties is empty");
}
