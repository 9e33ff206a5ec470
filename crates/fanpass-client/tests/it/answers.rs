//! What is read from answers: the contract's own, and those that are merely close to it.

use fanpass_client::{Client, Page};
use fanpass_model::{
    AttributeDefinition, AttributeState, AttributeValue, ImportState, IssueTokenRequest, UserId,
    UserProperties, attribute_key,
};
use fanpass_testkit::{CaptureTransport, answer};
use fanpass_transport::Response;

use crate::support::{client, fixture, import, json, segment, service_answer, users};

fn answered(answer: Response) -> Client {
    client(CaptureTransport::queue([answer]))
}

fn user() -> UserId {
    UserId::new("00042").unwrap()
}

fn sth() -> UserProperties {
    UserProperties::from_iter([(attribute_key!("user_properties.sth"), AttributeValue::from(true))])
}

#[tokio::test]
async fn the_contracts_answers_are_read_whole() {
    let receipt = answered(json(200, &fixture("create_segment/response")));
    let receipt = receipt.create_segment(&segment(), &users(&["00042"])).await.unwrap();
    assert_eq!(serde_json::to_string(&receipt).unwrap(), fixture("create_segment/response"));

    let status = answered(json(200, &fixture("get_segment_import_status/response")));
    let status = status.import_status(&import()).await.unwrap();
    assert_eq!(serde_json::to_string(&status).unwrap(), fixture("get_segment_import_status/response"));

    let update = answered(json(200, &fixture("update_user/response")));
    let update = update.update_user(&user(), sth()).await.unwrap();
    assert_eq!(serde_json::to_string(&update).unwrap(), fixture("update_user/response"));
}

#[tokio::test]
async fn the_services_answers_are_read() {
    let segments = answered(service_answer("/service/v1/segments", "get"));
    assert_eq!(segments.list_segments(&Page::default()).await.unwrap().segments[0].member_count, 3);
    let one = answered(service_answer("/service/v1/segment", "get"));
    assert_eq!(one.get_segment(&segment()).await.unwrap().segment_name, segment());
    let members = answered(service_answer("/service/v1/segment/members", "get"));
    let members = members.list_members(&segment(), &Page::default()).await.unwrap();
    assert_eq!(members.user_ids, users(&["00042", "1e5", "fan-7"]));
    let record = answered(service_answer("/service/v1/user", "get"));
    assert_eq!(record.get_user(&user()).await.unwrap().segments, [segment()]);

    let attributes = answered(service_answer("/service/v1/attributes", "get"));
    let attributes = attributes.all_attributes().await.unwrap().attributes;
    assert_eq!(attributes[0].ga4.as_ref().unwrap().name, "sth");
    assert_eq!(attributes[1].allowed_values.len(), 3);
    assert!(!attributes[1].is_retired() && attributes[2].is_retired());
    let tier = AttributeDefinition::new(attribute_key!("custom.loyalty_tier"));
    let registered = answered(service_answer("/service/v1/attributes", "post"));
    assert_eq!(registered.register_attribute(&tier).await.unwrap().key, tier.key);
    let retired = answered(service_answer("/service/v1/attribute/state", "post"));
    assert!(retired.set_attribute_state(&tier.key, AttributeState::Retired).await.unwrap().is_retired());

    let used = answered(service_answer("/service/v1/attribute/use", "get"));
    assert_eq!(used.get_attribute_use(&tier.key, None).await.unwrap().values.len(), 3);

    let tokens = answered(service_answer("/service/v1/tokens", "get"));
    let jti = tokens.list_tokens(&Page::default()).await.unwrap().tokens[0].jti.clone();
    let revoked = answered(service_answer("/service/v1/tokens/{jti}", "delete"));
    assert!(revoked.revoke_token(&jti).await.unwrap().revoked_at.is_some());
    let issued = answered(service_answer("/service/v1/tokens", "post"));
    let issued = issued.issue_token(&IssueTokenRequest::new("nightly-export".to_owned())).await.unwrap();
    assert!(issued.token.expose().starts_with("eyJ"));

    let faults = answered(service_answer("/service/v1/faults", "get"));
    assert_eq!(faults.get_faults().await.unwrap().injected, 11);
    let cleared = answered(service_answer("/service/v1/faults", "delete"));
    assert!(cleared.clear_faults().await.unwrap().rules.is_empty());
}

#[tokio::test]
async fn unknown_members_and_states_are_kept() {
    let answer = r#"{"status":"quarantined","total_rows":7,"reviewer":"anna"}"#;
    let status = answered(json(200, answer)).import_status(&import()).await.unwrap();
    assert!(!matches!(status.status, ImportState::Completed | ImportState::Failed));
    assert_eq!(serde_json::to_string(&status).unwrap(), answer);
}

#[tokio::test]
async fn another_success_than_the_expected_one_is_taken() {
    let receipt = answered(json(201, &fixture("create_segment/response")));
    receipt.create_segment(&segment(), &users(&["00042"])).await.unwrap();
    // No body at all, where nothing has to be told.
    let update = answered(answer::status(204)).update_user(&user(), sth()).await.unwrap();
    assert_eq!(update.user_id, None);
}
