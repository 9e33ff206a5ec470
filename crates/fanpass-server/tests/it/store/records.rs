//! Attributes, tokens and audit.

use fanpass_model::{AttributeDefinition, AttributeState, AttributeType, attribute_key};
use fanpass_server::store::{
    AuditEntry, Clock, Ids, Store, StoreError, StoreErrorKind, TokenRecord, TokenStanding,
};
use tempfile::TempDir;

use super::open;

fn attribute(attribute_type: Option<AttributeType>, description: &str) -> AttributeDefinition {
    let mut definition = AttributeDefinition::new(attribute_key!("custom.loyalty_tier"));
    definition.r#type = attribute_type;
    definition.description = Some(description.to_owned());
    definition
}

async fn register(store: &Store, definition: &AttributeDefinition) -> Result<(), StoreError> {
    store.register_attribute(definition.clone(), 2, AuditEntry::default()).await
}

fn token(jti: &str, issued_at: &str) -> TokenRecord {
    TokenRecord {
        jti: jti.to_owned(),
        subject: "nightly export".to_owned(),
        scopes: vec!["segments:write".to_owned(), "read".to_owned()],
        issued_at: issued_at.parse().unwrap(),
        expires_at: "2027-08-01T00:00:00Z".parse().unwrap(),
        revoked_at: None,
        last_used_at: None,
        kid: None,
    }
}

#[tokio::test]
async fn an_attribute_is_registered_again_with_its_type_and_refused_with_another() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let text = attribute(Some(AttributeType::String), "gold, silver or bronze");
    register(&store, &attribute(Some(AttributeType::String), "?")).await.unwrap();
    register(&store, &text).await.unwrap();
    for other in [Some(AttributeType::Number), None] {
        let error = register(&store, &attribute(other, "no")).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Conflict);
        assert!(error.to_string().contains("`custom.loyalty_tier`"), "{error}");
    }
    assert_eq!(store.attributes().values().collect::<Vec<_>>(), [&text]);
    // A refused registration leaves no audit row of its own.
    assert_eq!(store.audit(None, 10).await.unwrap().len(), 2);
    drop(store);
    assert_eq!(open(&folder).attributes().get("custom.loyalty_tier"), Some(&text));
}

#[tokio::test]
async fn all_that_is_said_of_an_attribute_survives_a_restart() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let mut tier = attribute(Some(AttributeType::String), "Tier");
    tier.allowed_values = vec!["silver".into(), "gold".into()];
    tier.owner = Some("CRM team".to_owned());
    register(&store, &tier).await.unwrap();
    store.retire_attribute(&tier.key, true, AuditEntry::default()).await.unwrap();
    let retired = AttributeDefinition { state: Some(AttributeState::Retired), ..tier.clone() };
    assert_eq!(store.attributes().get("custom.loyalty_tier"), Some(&retired));
    drop(store);
    let store = open(&folder);
    assert_eq!(store.attributes().get("custom.loyalty_tier"), Some(&retired));
    store.retire_attribute(&tier.key, false, AuditEntry::default()).await.unwrap();
    assert_eq!(store.attributes().get("custom.loyalty_tier"), Some(&tier));
    register(&store, &retired).await.unwrap();
    register(&store, &AttributeDefinition { state: Some(AttributeState::Active), ..tier.clone() })
        .await
        .unwrap();
    assert_eq!(store.attributes().get("custom.loyalty_tier"), Some(&tier), "active is what says nothing");
    drop(store);
    assert_eq!(open(&folder).attributes().get("custom.loyalty_tier"), Some(&tier));
}

#[tokio::test]
async fn attributes_are_bounded_and_an_unknown_one_has_no_state() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    for (key, taken) in [("custom.a", true), ("custom.b", true), ("custom.c", false), ("custom.a", true)] {
        let definition = AttributeDefinition::new(key.parse().unwrap());
        let registered = register(&store, &definition).await;
        assert_eq!(registered.is_ok(), taken, "{registered:?}");
    }
    let error =
        store.retire_attribute(&attribute_key!("custom.c"), true, AuditEntry::default()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::NotFound);
    assert_eq!(store.audit(None, 10).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_token_stands_from_issue_to_revocation_across_restarts() {
    let folder = TempDir::new().unwrap();
    let clock = Clock::manual("2026-08-01T03:00:00Z".parse().unwrap());
    let store = Store::open(folder.path(), clock.clone(), Ids::counting()).unwrap();
    let (old, new) = (token("a", "2026-07-01T00:00:00Z"), token("b", "2026-07-02T00:00:00Z"));
    assert_eq!(store.token_standing("a"), TokenStanding::Unknown);
    for token in [&old, &new] {
        store.issue_token(token.clone(), AuditEntry::default()).await.unwrap();
    }
    assert_eq!(store.token_standing("a"), TokenStanding::Issued);
    assert_eq!(store.tokens(None, 10).await.unwrap(), [new.clone(), old.clone()]);

    let revoked = store.revoke_token("a", |_| AuditEntry::default()).await.unwrap();
    assert_eq!(revoked.revoked_at.unwrap().to_string(), "2026-08-01T03:00:00Z");
    assert_eq!(store.token_standing("a"), TokenStanding::Revoked);
    clock.advance(1_000_000);
    assert_eq!(store.revoke_token("a", |_| AuditEntry::default()).await.unwrap(), revoked);
    let unknown = store.revoke_token("c", |_| AuditEntry::default()).await.unwrap_err();
    assert_eq!(unknown.kind(), StoreErrorKind::NotFound);
    drop(store);

    let store = open(&folder);
    assert_eq!(store.token_standing("a"), TokenStanding::Revoked);
    assert_eq!(store.token_standing("b"), TokenStanding::Issued);
    assert_eq!(store.tokens(None, 10).await.unwrap(), [new, revoked]);
}

#[tokio::test]
async fn the_audit_is_paged_from_the_newest_on() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    for number in 0..5 {
        let entry = AuditEntry {
            request_id: format!("r{number}"),
            subject: Some("nightly".to_owned()),
            jti: Some("a".to_owned()),
            operation: "importSegment".to_owned(),
            status: 202,
            target: Some("season".to_owned()),
            file_sha256: Some("00ff".to_owned()),
            outcome: Some(serde_json::json!({ "rows": number })),
        };
        store.append_audit(entry).await.unwrap();
    }
    let newest = store.audit(None, 2).await.unwrap();
    let next = store.audit(newest.last().map(|record| record.sequence), 10).await.unwrap();
    let requests = |page: &[fanpass_server::store::AuditRecord]| -> Vec<String> {
        page.iter().map(|record| record.entry.request_id.clone()).collect()
    };
    assert_eq!(requests(&newest), ["r4", "r3"]);
    assert_eq!(requests(&next), ["r2", "r1", "r0"]);
    assert_eq!(newest[0].at.to_string(), "2026-08-01T03:00:00Z");
    assert_eq!(newest[0].entry.outcome, Some(serde_json::json!({ "rows": 4 })));
    assert_eq!((newest[0].entry.status, newest[0].entry.file_sha256.as_deref()), (202, Some("00ff")));
}
