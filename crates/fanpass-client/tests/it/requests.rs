//! What each operation sends: byte for byte against the contract's fixtures, and whole as snapshots.

use fanpass_client::{AuditFilter, Client, ErrorKind, Page, Upload};
use fanpass_model::{
    AttributeDefinition, AttributeState, AttributeType, AttributeValue, AudienceName, CombineRequest,
    FaultPlan, ImportMode, IssueTokenRequest, PreviewAudienceRequest, RollbackRequest, SaveAudienceRequest,
    SegmentName, UpdateUserRequest, UserId, UserProperties, attribute_key,
};
use fanpass_testkit::{CaptureTransport, CapturedRequest, answer, snapshots};
use fanpass_transport::{Idempotent, OperationName};
use serde_json::json;

use crate::support::{body_of, client, fixture, from_service, import, requests, segment, users};

fn user() -> UserId {
    UserId::new("00042").unwrap()
}

fn properties() -> UserProperties {
    let plans = vec!["full-season".to_owned(), "cup".to_owned()];
    UserProperties::from_iter([
        (attribute_key!("user_properties.sth"), AttributeValue::from(true)),
        (attribute_key!("user_properties.ticketing_plans"), AttributeValue::from(plans)),
        (attribute_key!("custom.loyalty_points"), AttributeValue::from(1250)),
        (attribute_key!("custom.loyalty_tier"), AttributeValue::from("gold")),
        (attribute_key!("custom.shirt_size"), AttributeValue::Unset),
    ])
}

/// The one request that a call sends, whatever comes back.
async fn sent<T>(call: impl AsyncFnOnce(Client) -> T) -> CapturedRequest {
    let transport = CaptureTransport::queue([answer::status(418)]);
    call(client(transport.clone())).await;
    let requests = transport.requests();
    assert_eq!(requests.len(), 1);
    requests.into_iter().next().unwrap()
}

macro_rules! assert_sends {
    ($name:literal, $call:expr) => {
        let request = sent($call).await;
        snapshots::settings().bind(|| insta::assert_json_snapshot!($name, request));
    };
}

#[tokio::test]
async fn bodies_are_the_contracts_byte_for_byte() {
    let ids = users(&["00042", "123456789012345678", "1e5", "TRUE", "7.0", "Żółć-9"]);
    let create = requests().create_segment(&segment(), &ids).unwrap();
    assert_eq!(body_of(create).await, fixture("create_segment/request"));

    let status = requests().import_status(&import()).unwrap();
    assert_eq!(body_of(status).await, fixture("get_segment_import_status/request"));

    let update = requests().update_user(&UpdateUserRequest::new(user(), properties())).unwrap();
    assert_eq!(body_of(update).await, fixture("update_user/request"));
}

#[tokio::test]
async fn the_documented_operations_send_this() {
    assert_sends!("create_segment", async |client: Client| {
        client.create_segment(&segment(), &users(&["00042", "fan-7"])).await
    });
    assert_sends!("import_segment", async |client: Client| {
        client.import_segment(&segment(), Upload::bytes("holders.csv", "fan_id\n00042\n")).await
    });
    assert_sends!("import_status", async |client: Client| client.import_status(&import()).await);
    assert_sends!("update_user", async |client: Client| client.update_user(&user(), properties()).await);
}

#[tokio::test]
async fn the_lookups_of_the_service_send_this() {
    let page = Page { after: Some("a&b=c d/é+".to_owned()), limit: Some(50) };
    assert_sends!("list_segments", async |client: Client| client.list_segments(&Page::default()).await);
    assert_sends!("list_segments_page", async |client: Client| client.list_segments(&page).await);
    assert_sends!("get_segment", async |client: Client| client.get_segment(&segment()).await);
    assert_sends!("list_members", async |client: Client| client.list_members(&segment(), &page).await);
    assert_sends!("get_user", async |client: Client| client.get_user(&user()).await);
    assert_sends!("get_membership", async |client: Client| client.get_membership(&segment(), &user()).await);
    assert_sends!("list_user_segments", async |client: Client| client.list_user_segments(&user()).await);
    let request = CombineRequest {
        all: vec![segment()],
        none: vec![SegmentName::new("away").unwrap()],
        limit: Some(50),
        ..CombineRequest::default()
    };
    assert_sends!("combine_segments", async |client: Client| client.combine_segments(&request).await);
}

#[tokio::test]
async fn audiences_of_the_service_send_this() {
    let name = AudienceName::new("gold holders").unwrap();
    let page = Page { after: Some("a&b".to_owned()), limit: Some(50) };
    let expression = "segment(\"season-ticket-holders\") && custom.loyalty_tier == \"gold\"";
    let mut preview = PreviewAudienceRequest::new(expression.to_owned());
    (preview.limit, preview.count) = (Some(50), Some(true));
    let mut save = SaveAudienceRequest::new(name.clone(), expression.to_owned());
    save.description = Some("Early bird".to_owned());
    assert_sends!("preview_audience", async |client: Client| client.preview_audience(&preview).await);
    assert_sends!("save_audience", async |client: Client| client.save_audience(&save).await);
    assert_sends!("list_audiences", async |client: Client| client.list_audiences(&page).await);
    assert_sends!("get_audience", async |client: Client| client.get_audience(&name).await);
    assert_sends!("delete_audience", async |client: Client| client.delete_audience(&name).await);
    assert_sends!("list_audience_members", async |client: Client| client
        .list_audience_members(&name, &page)
        .await);
    assert_sends!("count_audience_members", async |client: Client| client
        .count_audience_members(&name)
        .await);
    assert_sends!("list_user_audiences", async |client: Client| client.list_user_audiences(&user()).await);
}

#[tokio::test]
async fn imports_and_versions_of_the_service_send_this() {
    let page = Page { after: Some("a&b".to_owned()), limit: Some(50) };
    assert_sends!("list_imports", async |client: Client| client.list_imports(Some(&segment()), &page).await);
    assert_sends!("list_import_errors", async |client: Client| client
        .list_import_errors(&import(), &page)
        .await);
    assert_sends!("cancel_import", async |client: Client| client.cancel_import(&import()).await);
    assert_sends!("list_versions", async |client: Client| client.list_versions(&segment()).await);
    let mut request = RollbackRequest::new(segment());
    request.version = Some(4);
    assert_sends!("roll_back_segment", async |client: Client| client.roll_back_segment(&request).await);
    assert_sends!("delete_segment", async |client: Client| client.delete_segment(&segment()).await);
}

#[tokio::test]
async fn ids_are_added_and_removed_at_our_service_only() {
    let summary =
        json!({"segmentName": "a", "memberCount": 1, "importId": "1", "updatedAt": "2026-08-01T03:00:00Z"});
    let transport = CaptureTransport::queue([from_service(answer::json(200, &summary)), answer::status(418)]);
    let _ =
        client(transport.clone()).change_segment(&segment(), ImportMode::Append, &users(&["00042"])).await;
    let request = transport.requests().pop().unwrap();
    snapshots::settings().bind(|| insta::assert_json_snapshot!("change_segment", request));

    let missing = from_service(answer::status(404));
    let transport = CaptureTransport::queue([missing, answer::status(418)]);
    let upload = Upload::bytes("holders.csv", "fan_id\n00042\n");
    let _ = client(transport.clone()).change_segment_by_file(&segment(), ImportMode::Remove, upload).await;
    let request = transport.requests().pop().unwrap();
    snapshots::settings().bind(|| insta::assert_json_snapshot!("change_segment_by_file", request));

    let transport = CaptureTransport::queue([answer::status(404)]);
    let refused =
        client(transport.clone()).change_segment(&segment(), ImportMode::Remove, &users(&["00042"])).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::NotOffered);
    assert_eq!(transport.requests().len(), 1);
}

#[tokio::test]
async fn what_a_fan_and_an_auditor_ask_for_sends_this() {
    let page = Page { after: Some("7".to_owned()), limit: Some(2) };
    let filter = AuditFilter { subject: Some("nightly export".to_owned()), ..AuditFilter::default() };
    assert_sends!("list_users", async |client: Client| client.list_users(&Page::default()).await);
    assert_sends!("user_history", async |client: Client| client.user_history(&user(), &page).await);
    assert_sends!("export_user", async |client: Client| client.export_user(&user()).await);
    assert_sends!("delete_user", async |client: Client| client.delete_user(&user()).await);
    assert_sends!("list_audit", async |client: Client| client.list_audit(&filter, &page).await);
}

#[tokio::test]
async fn attributes_and_tokens_of_the_service_send_this() {
    let mut tier = AttributeDefinition::new(attribute_key!("custom.loyalty_tier"));
    tier.r#type = Some(AttributeType::String);
    tier.allowed_values = vec!["silver".into(), "gold".into()];
    tier.owner = Some("CRM team".to_owned());
    let mut token = IssueTokenRequest::new("nightly-export".to_owned());
    token.scopes = vec!["segments:write".to_owned(), "read".to_owned()];
    token.lifetime_seconds = Some(31_536_000);
    let tier_key = attribute_key!("custom.loyalty_tier");
    let page = Page { after: Some("0197f3a0".to_owned()), limit: Some(2) };
    assert_sends!("get_attribute_use", async |client: Client| {
        client.get_attribute_use(&tier_key, Some(10)).await
    });
    assert_sends!("list_attributes", async |client: Client| client.list_attributes(&page).await);
    assert_sends!("register_attribute", async |client: Client| client.register_attribute(&tier).await);
    assert_sends!("set_attribute_state", async |client: Client| {
        client.set_attribute_state(&tier.key, AttributeState::Retired).await
    });
    assert_sends!("issue_token", async |client: Client| client.issue_token(&token).await);
    assert_sends!("list_tokens", async |client: Client| client.list_tokens(&page).await);
    assert_sends!("list_keys", async |client: Client| client.list_keys().await);
    assert_sends!("rotate_key", async |client: Client| client.rotate_key().await);
    assert_sends!("retire_key", async |client: Client| client.retire_key("first").await);
    assert_sends!("revoke_token", async |client: Client| client.revoke_token("a/b?c").await);
}

#[tokio::test]
async fn forwarding_of_the_service_sends_this() {
    let page = Page { after: Some("7".to_owned()), limit: Some(20) };
    assert_sends!("get_forwarding", async |client: Client| client.get_forwarding().await);
    assert_sends!("list_dead_letters", async |client: Client| client.list_dead_letters(&page).await);
    assert_sends!("retry_dead_letters", async |client: Client| client.retry_dead_letters(None).await);
    assert_sends!("retry_dead_letters_of", async |client: Client| client
        .retry_dead_letters(Some(&user()))
        .await);
}

#[tokio::test]
async fn settings_and_faults_of_the_service_send_this() {
    let mut plan = FaultPlan::new(vec!["429=0.1".to_owned(), "latency=20ms".to_owned()]);
    plan.seed = Some(7);
    assert_sends!("get_settings", async |client: Client| client.get_settings().await);
    assert_sends!("get_faults", async |client: Client| client.get_faults().await);
    assert_sends!("set_faults", async |client: Client| client.set_faults(&plan).await);
    assert_sends!("clear_faults", async |client: Client| client.clear_faults().await);
}

#[test]
fn a_request_says_which_operation_it_is_and_whether_it_may_be_repeated() {
    let status = requests().import_status(&import()).unwrap();
    assert_eq!(status.extensions().get(), Some(&OperationName("getSegmentImportStatus")));
    assert_eq!(status.extensions().get(), Some(&Idempotent));

    let token = requests().issue_token(&IssueTokenRequest::new("nightly-export".to_owned())).unwrap();
    assert_eq!(token.extensions().get(), Some(&OperationName("issueToken")));
    assert_eq!(token.extensions().get::<Idempotent>(), None);
}
