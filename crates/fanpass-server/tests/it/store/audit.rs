//! The audit: records of changes and of calls that changed nothing, in the order of their calls.

use std::fs;
use std::path::Path;

use fanpass_server::store::{AuditEntry, AuditFilter, Clock, Ids, Store, check};
use rusqlite::Connection;
use tempfile::TempDir;

use super::checks::keep_private;
use super::open;
use crate::harness::{Harness, update};

fn entry(operation: &str, number: usize) -> AuditEntry {
    let (request_id, target) = (format!("call-{number}"), Some(format!("target-{}", number % 7)));
    AuditEntry { request_id, operation: operation.to_owned(), status: 200, target, ..AuditEntry::default() }
}

/// The request ids of a filter's records, oldest first, asked for in pages of `limit`.
async fn calls(store: &Store, filter: &AuditFilter, limit: u32) -> Vec<String> {
    let (mut calls, mut before) = (Vec::new(), None);
    loop {
        let page = store.audit_page(AuditFilter { before, limit, ..filter.clone() }).await.unwrap();
        calls.extend(page.records.into_iter().map(|record| record.entry.request_id));
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    calls.reverse();
    calls
}

/// Files of the folder that hold records outside the database.
fn journals(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".journal")).collect()
}

#[tokio::test]
async fn changes_and_look_ups_stand_in_the_order_of_their_calls_whatever_the_page() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let mut expected = Vec::new();
    // Many look-ups between two changes, and none.
    for number in 0..3_000 {
        if number % 1_000 == 700 || number % 1_000 == 701 {
            store.append_audit(entry("updateUser", number)).await.unwrap();
        } else {
            store.append_audit_soon(&entry("getUser", number)).unwrap();
        }
        expected.push(format!("call-{number}"));
    }
    let all = AuditFilter::default();
    for limit in [1, 700, 10_000] {
        assert_eq!(calls(&store, &all, limit).await, expected, "in pages of {limit}");
    }
    let changes = AuditFilter { operation: Some("updateUser".to_owned()), ..all.clone() };
    assert_eq!(calls(&store, &changes, 2).await.len(), 6);
    let about = AuditFilter { target: Some("target-3".to_owned()), ..all.clone() };
    assert_eq!(calls(&store, &about, 50).await.len(), (0..3_000).filter(|number| number % 7 == 3).count());
    let nobody = AuditFilter { subject: Some("nobody".to_owned()), ..all.clone() };
    assert_eq!(calls(&store, &nobody, 50).await, Vec::<String>::new());
    drop(store);
    assert_eq!(journals(folder.path()), Vec::<String>::new(), "all is in the database");
    assert_eq!(
        (check(folder.path()).unwrap().audit_records, check(folder.path()).unwrap().damages),
        (3_000, 0)
    );
    assert_eq!(calls(&open(&folder), &all, 10_000).await, expected);
}

#[tokio::test]
async fn a_journal_that_was_left_behind_is_taken_in_once_without_what_was_cut_off() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    store.append_audit(entry("updateUser", 1)).await.unwrap();
    drop(store);
    let lines: String =
        [2, 3].map(|number| serde_json::to_string(&(7, entry("getUser", number))).unwrap() + "\n").concat();
    let left = folder.path().join("audit-9.journal");
    let write = |end: &[u8]| {
        fs::write(&left, [lines.as_bytes(), end].concat()).unwrap();
        keep_private(&left);
    };
    for end in [&b"[8,{\"requestId\":\"call"[..], b"\0\0\0\0", b"\xff\xfe\n"] {
        write(end);
        let found = check(folder.path()).unwrap();
        assert_eq!((found.notices, found.damages), (1, 0), "{:?}", found.findings);
        let store = open(&folder);
        assert_eq!(calls(&store, &AuditFilter::default(), 10).await, ["call-1", "call-2", "call-3"]);
        drop(store);
        // From here on the file is one that was to be deleted when the service was killed.
    }
    write(b"");
    let store = open(&folder);
    store.append_audit_soon(&entry("getUser", 4)).unwrap();
    assert_eq!(calls(&store, &AuditFilter::default(), 10).await.len(), 4);
    drop(store);
    assert_eq!(journals(folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn a_journal_that_cannot_be_read_is_named_by_the_start_and_by_readyz() {
    let harness = Harness::start().await;
    let unreadable = harness.folder.path().join("audit-0.journal");
    fs::create_dir(&unreadable).unwrap();
    harness.get("/service/v1/segments").await;
    assert_eq!(
        harness.call(update(r#"{"userId":"1","userProperties":{"user_properties.sth":true}}"#)).await.status,
        500
    );
    assert_eq!(harness.get("/readyz").await.status, 503);
    fs::remove_dir(&unreadable).unwrap();
    assert_eq!(harness.get("/readyz").await.status, 200);

    let folder = TempDir::new().unwrap();
    drop(open(&folder));
    let journal = folder.path().join("audit-7.journal");
    fs::create_dir(&journal).unwrap();
    let refused = Store::open(folder.path(), Clock::system(), Ids::random()).unwrap_err().to_string();
    assert!(refused.contains(journal.to_str().unwrap()) && refused.contains("move it away"), "{refused}");
    fs::remove_dir(&journal).unwrap();
    open(&folder);
}

#[tokio::test]
async fn a_journal_stays_short_though_records_never_cease() {
    const PORTION: usize = 200;
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let (grant, granted) = std::sync::mpsc::sync_channel(1);
    let appending = std::thread::spawn({
        let store = store.clone();
        // Ten kilobytes each: two megabytes while what came before is taken in.
        let entry = AuditEntry { target: Some("x".repeat(10_000)), ..entry("getUser", 0) };
        move || {
            while granted.recv().is_ok() {
                (0..PORTION).for_each(|_| store.append_audit_soon(&entry).unwrap());
            }
        }
    });
    for _ in 0..30 {
        grant.send(()).unwrap();
        store.audit(None, 1).await.unwrap();
        for journal in journals(folder.path()) {
            let bytes = fs::metadata(folder.path().join(journal)).map_or(0, |journal| journal.len());
            assert!(bytes < 14 << 20, "{bytes} bytes in one journal");
        }
    }
    drop(grant);
    appending.join().unwrap();
    drop(store);
    assert_eq!(check(folder.path()).unwrap().audit_records, 30 * PORTION as u64);
}

#[tokio::test]
async fn damage_of_many_records_in_a_row_is_found() {
    for (statement, finding) in [
        (
            "UPDATE audit_batches SET records = replace(records, '200', '7')",
            "5 records cannot have been written",
        ),
        ("UPDATE audit_batches SET records = ''", "5 records cannot have been written"),
        ("UPDATE audit_batches SET first = first - 1", "1 records share their numbers"),
        ("DELETE FROM audit_batches", "its last record is 1, and 6 were written"),
    ] {
        let folder = TempDir::new().unwrap();
        let store = open(&folder);
        store.append_audit(entry("updateUser", 0)).await.unwrap();
        for number in 1..=5 {
            store.append_audit_soon(&entry("getUser", number)).unwrap();
        }
        drop(store);
        Connection::open(folder.path().join("service.db")).unwrap().execute_batch(statement).unwrap();
        let found = check(folder.path()).unwrap().findings;
        assert!(found.iter().any(|found| found.what.contains(finding)), "{statement}: {found:?}");
    }
}
