//! Users: merging of updates, and many at a time.

use fanpass_model::{AttributeKey, AttributeValue, UserId, UserProperties};
use fanpass_server::store::{AuditEntry, Ids, Store};
use futures_util::FutureExt as _;
use tempfile::TempDir;

use super::open;

fn properties(entries: &[(&str, AttributeValue)]) -> UserProperties {
    entries
        .iter()
        .map(|(key, value)| (AttributeKey::new((*key).to_owned()).unwrap(), value.clone()))
        .collect()
}

#[tokio::test]
async fn an_update_sets_what_it_names_unsets_null_and_leaves_the_rest() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let user = UserId::new("00042").unwrap();
    let first = properties(&[
        ("user_properties.sth", true.into()),
        ("custom.tier", "gold".into()),
        ("custom.kids", 2.into()),
    ]);
    let second = properties(&[
        ("custom.tier", AttributeValue::Unset),
        ("custom.kids", 3.into()),
        ("custom.teams", vec!["a".to_owned(), "b".to_owned()].into()),
        ("custom.never_set", AttributeValue::Unset),
    ]);

    store.upsert_user(&user, &first, AuditEntry::default()).await.unwrap();
    store.upsert_user(&user, &second, AuditEntry::default()).await.unwrap();
    drop(store);

    let stored = open(&folder).user(&user).await.unwrap().unwrap();
    let expected = properties(&[
        ("user_properties.sth", true.into()),
        ("custom.kids", 3.into()),
        ("custom.teams", vec!["a".to_owned(), "b".to_owned()].into()),
    ]);
    assert_eq!(stored.attributes, expected);
    assert_eq!(stored.updated_at.to_string(), "2026-08-01T03:00:00Z");
}

#[tokio::test]
async fn an_update_has_the_time_of_its_commit_so_that_times_ascend() {
    let folder = TempDir::new().unwrap();
    let clock = super::clock();
    let store = Store::open(folder.path(), clock.clone(), Ids::counting()).unwrap();
    let (user, change) = (UserId::new("1").unwrap(), properties(&[("custom.kids", 1.into())]));
    let other = rusqlite::Connection::open(folder.path().join("service.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut update = Box::pin(store.upsert_user(&user, &change, AuditEntry::default()));
    assert!((&mut update).now_or_never().is_none());
    clock.advance(3_600_000_000);
    other.execute_batch("COMMIT").unwrap();
    update.await.unwrap();
    let [changed, stored] = [
        store.user_changes(&user, None, 1).await.unwrap().changes[0].at,
        store.user(&user).await.unwrap().unwrap().updated_at,
    ]
    .map(|at| at.to_string());
    assert_eq!([changed, stored], ["2026-08-01T04:00:00Z"; 2]);
}

#[tokio::test]
async fn a_user_never_written_is_none() {
    let folder = TempDir::new().unwrap();
    assert_eq!(open(&folder).user(&UserId::new("nobody").unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn each_of_many_updates_at_a_time_is_kept_with_its_audit_row() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let mut calls = tokio::task::JoinSet::new();
    for number in 0_i64..500 {
        let store = store.clone();
        calls.spawn(async move {
            let user = UserId::new(format!("fan-{}", number % 50)).unwrap();
            let key = AttributeKey::new(format!("custom.k{}", number / 50)).unwrap();
            let changes = UserProperties::from_iter([(key, AttributeValue::from(number))]);
            let audit = AuditEntry { request_id: number.to_string(), ..AuditEntry::default() };
            store.upsert_user(&user, &changes, audit).await.unwrap();
        });
    }
    calls.join_all().await;
    drop(store);

    let store = open(&folder);
    for fan in 0..50 {
        let user = UserId::new(format!("fan-{fan}")).unwrap();
        let attributes = store.user(&user).await.unwrap().unwrap().attributes;
        assert_eq!(attributes.len(), 10);
        for k in 0..10 {
            let expected = AttributeValue::from(k * 50 + fan);
            assert_eq!(attributes.get(&format!("custom.k{k}")), Some(&expected));
        }
    }
    let mut audited: Vec<i64> = store
        .audit(None, 1_000)
        .await
        .unwrap()
        .iter()
        .map(|record| record.entry.request_id.parse().unwrap())
        .collect();
    audited.sort_unstable();
    assert_eq!(audited, (0..500).collect::<Vec<_>>());
}
