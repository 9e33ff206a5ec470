//! The check of a data folder: nothing to find in a sound one, and each kind of damage by its name.

mod files;
mod histories;
mod logs;
mod segments;
mod service;

use std::fs;
use std::path::Path;

use fanpass_server::store::{Check, Severity, StoreErrorKind, check};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::harness::{Harness, post, segment, update, upload};

/// A folder with something of everything, on which no service runs, and an import that is not ended.
async fn folder() -> (TempDir, String) {
    let harness = Harness::with(|config| {
        config.faults.enabled = true;
        config.imports.delta_max = 100;
    })
    .await;
    harness.register("custom.tier", "string").await;
    let ids: Vec<_> = (0..2000).map(|id| format!("fan-{id:05}")).collect();
    harness.call(segment(&serde_json::json!({"segmentName": "cup", "userIds": ids}).to_string())).await;
    for change in [
        r#"{"segmentName":"cup","userIds":["new"],"mode":"append"}"#,
        r#"{"segmentName":"cup","userIds":["fan-00003"],"mode":"remove"}"#,
    ] {
        harness.call(segment(change)).await;
    }
    harness.import("league", "a.csv", b"user_id\na\nb\nb\n").await;
    harness.call(update(r#"{"userId":"secret-fan","userProperties":{"custom.tier":"gold"}}"#)).await;
    harness.issue("nightly", &["read"]).await;
    harness.get("/service/v1/segments").await;
    let audience = r#"{"audienceName":"gold","expression":"custom.tier == 'gold'"}"#;
    harness.call(post("/service/v1/audiences").json(audience)).await;
    let stuck = upload("late", "b.csv", b"user_id\nc\n").header("x-fanpass-fault", "stuck-job");
    let stuck = harness.call(stuck).await.json();
    let import = stuck["firebase_imported_segment_id"].as_str().unwrap().to_owned();
    (harness.into_folder().await, import)
}

fn sql(folder: &Path, database: &str, statement: &str) {
    let connection = Connection::open(folder.join(database)).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.execute_batch(statement).unwrap();
}

/// Gives a file that a test has made the mode of those that the service makes.
pub(super) fn keep_private(file: &Path) {
    #[cfg(unix)]
    fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    #[cfg(not(unix))]
    let _ = file;
}

/// Does each damage to a folder of its own, and has it found.
async fn are_named(database: &str, damages: &[(&str, &str)]) {
    for (damage, wanted) in damages {
        let (folder, _) = folder().await;
        sql(folder.path(), database, damage);
        let found = found(folder.path());
        assert!(found.iter().any(|line| line.contains(wanted)), "{damage}: {found:#?}");
    }
}

/// The findings, one a line.
fn found(folder: &Path) -> Vec<String> {
    let check = check(folder).unwrap();
    assert_eq!(check.damages + check.notices, check.findings.len() as u64);
    let line = |finding: &fanpass_server::store::Finding| {
        let word = if finding.severity == Severity::Notice { "notice " } else { "" };
        assert!(!finding.next.is_empty() && !finding.what.contains("secret-fan"));
        format!("{word}{}: {}", finding.place, finding.what)
    };
    check.findings.iter().map(line).collect()
}

#[tokio::test]
async fn nothing_is_found_in_a_sound_folder_whether_a_service_runs_on_it_or_not() {
    let harness = Harness::start().await;
    harness.call(segment(r#"{"segmentName":"cup","userIds":["a","b"]}"#)).await;
    let running = check(harness.folder.path()).unwrap();
    assert!(running.in_use && running.findings.is_empty(), "{running:?}");

    let (folder, _) = folder().await;
    let Check { segments, versions, members, imports, users, attributes, audiences, tokens, .. } =
        check(folder.path()).unwrap();
    assert_eq!((segments, versions, members), (2, 4, 2002));
    assert_eq!((imports, users, attributes, audiences, tokens), (5, 1, 1, 1, 2));
    assert_eq!(found(folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn nothing_is_left_in_a_folder_that_was_checked() {
    let (folder, _) = folder().await;
    // A name that a URI would read otherwise.
    let elsewhere = TempDir::with_prefix("a?b#c%41").unwrap();
    let moved = elsewhere.path().join("data");
    fs::rename(folder.path(), &moved).unwrap();
    let names = || {
        let mut names: Vec<_> =
            fs::read_dir(&moved).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    assert_eq!(check(&moved).unwrap().members, 2002);
    assert_eq!(names(), before);
}

#[tokio::test]
async fn a_database_whose_pages_are_damaged_is_told_and_the_other_is_still_checked() {
    let (folder, _) = folder().await;
    let path = folder.path().join("segments.db");
    Connection::open(&path).unwrap().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let quarter = bytes.len() / 4;
    bytes[quarter..3 * quarter].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    sql(folder.path(), "service.db", "UPDATE users SET id = ' a'");
    let found = found(folder.path());
    assert!(found.iter().any(|line| line.starts_with("segments.db")), "{found:#?}");
    assert!(found.iter().any(|line| line.starts_with("service.db, user in row 1")), "{found:#?}");
}

#[tokio::test]
async fn what_it_cannot_check_is_an_error() {
    let (folder, _) = folder().await;
    assert_eq!(check(&folder.path().join("none")).unwrap_err().kind(), StoreErrorKind::NotFound);
    sql(folder.path(), "service.db", "PRAGMA user_version = 99");
    assert_eq!(check(folder.path()).unwrap_err().kind(), StoreErrorKind::TooNew);
    sql(folder.path(), "service.db", "PRAGMA user_version = 1");
    assert_eq!(check(folder.path()).unwrap_err().kind(), StoreErrorKind::Conflict);
}
