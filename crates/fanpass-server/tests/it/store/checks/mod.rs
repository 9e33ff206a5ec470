//! The check of a data folder: nothing to find in a sound one, and each kind of damage by its name.

mod histories;
mod logs;
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
async fn each_damage_of_the_segments_is_named() {
    let damages = [
        (
            "UPDATE versions SET members = 7 WHERE segment = 'cup'",
            "segments.db, version 1 of segment `cup`: its lists make 2000 members and it says 7",
        ),
        (
            "UPDATE blocks SET ids = zeroblob(length(ids)) WHERE rowid = 2",
            "segments.db, list 1 of segment `cup`, block 2: its format is unknown",
        ),
        (
            "UPDATE blocks SET ids = CAST(substr(ids, 1, 100) || x'ff' || substr(ids, 102) AS BLOB) WHERE rowid = 2",
            "segments.db, list 1 of segment `cup`, block 2: its checksum does not match",
        ),
        (
            "UPDATE blocks SET count = count + 1 WHERE rowid = 1",
            "segments.db, list 1 of segment `cup`, block 1: it holds",
        ),
        (
            "UPDATE blocks SET first_id = x'40' WHERE rowid = 2",
            "segments.db, list 1 of segment `cup`, block 1: its first id is not the one that it is found by",
        ),
        ("UPDATE blocks SET first_id = x'7a' WHERE rowid = 1", "its ids are not in ascending order"),
        (
            "UPDATE segments SET import = 99 WHERE name = 'league'",
            "segments.db, segment `league`: the version that it serves is not there",
        ),
        (
            "INSERT INTO blocks VALUES (99, x'61', 1, x'00')",
            "segments.db, list 99: 1 blocks belong to a list that is not there",
        ),
        ("DELETE FROM versions WHERE segment = 'league'", "no version needs it any more"),
        (
            "UPDATE versions SET segment = 'cup' WHERE segment = 'league'",
            "segments.db, segment `league`: the version that it serves is another segment's",
        ),
        ("UPDATE versions SET segment = 'cup' WHERE segment = 'league'", "was for another segment"),
        (
            "UPDATE versions SET removed = added WHERE removed IS NOT NULL",
            "an id is removed that its list does not have",
        ),
        (
            "UPDATE versions SET added = base, members = 4000 WHERE import = 1",
            "an id is added that its list has already",
        ),
        (
            "UPDATE imports SET imported = 5 WHERE segment = 'league'",
            "rows are not 5 imported + 1 duplicate + 0 rejected",
        ),
        (
            "UPDATE imports SET stage = 'applying' WHERE segment = 'league'",
            "the import that made it has not ended",
        ),
        (
            "DELETE FROM segments WHERE name = 'cup'",
            "segments.db, segment `cup`: it is not there, and 3 versions of it are",
        ),
        (
            "UPDATE segments SET import = 2 WHERE name = 'cup'",
            "segments.db, segment `cup`: it serves an older version than its newest",
        ),
        (
            "INSERT INTO idempotency VALUES ('club', 'key', 'createSegment', zeroblob(32), '', NULL, 1)",
            "segments.db, answers under keys: 1 of them cannot have been written",
        ),
        ("UPDATE imports SET id = '' WHERE segment = 'league'", "its id or its segment's name is not valid"),
        (
            "INSERT INTO import_errors VALUES (1, 0, 2, 'empty_id', 'empty', NULL)",
            "it names 1 refused rows of 0",
        ),
        (
            "INSERT INTO import_errors VALUES (77, 0, 2, 'empty_id', 'empty', NULL)",
            "a row of `import_errors` names one of `imports` that is not there",
        ),
    ];
    are_named("segments.db", &damages).await;
}

#[tokio::test]
async fn damaged_missing_and_stray_files_are_named() {
    let (folder, import) = folder().await;
    let path = folder.path();
    let spooled = path.join("spool").join(&import);
    fs::write(&spooled, "user_id\nd\n").unwrap();
    assert_eq!(found(path), [format!("spool/{import}: it is not what was uploaded")]);
    fs::remove_file(&spooled).unwrap();
    assert!(found(path)[0].starts_with(&format!("spool/{import}: its import needs it")), "{:?}", found(path));
    sql(path, "segments.db", "DELETE FROM imports WHERE completed_at IS NULL");
    fs::write(path.join("spool/stray"), "").unwrap();
    keep_private(&path.join("spool/stray"));
    fs::write(path.join("temporary/run"), "").unwrap();
    assert_eq!(
        found(path),
        ["notice temporary: 1 files are left over", "notice spool/stray: no import needs it any more"]
    );
    fs::remove_file(path.join("spool/stray")).unwrap();
    fs::remove_file(path.join("temporary/run")).unwrap();

    fs::remove_file(path.join("signing-key")).unwrap();
    assert_eq!(found(path), ["signing-key: it is missing, and without it no token works that was issued"]);
    fs::write(path.join("signing-key"), "short").unwrap();
    assert!(
        found(path).iter().any(|line| line == "signing-key: it has 5 bytes and not 32"),
        "{:?}",
        found(path)
    );
    fs::remove_file(path.join("service.db")).unwrap();
    assert!(found(path).iter().any(|line| line == "service.db: it is missing"), "{:?}", found(path));
}

#[cfg(unix)]
#[tokio::test]
async fn files_that_others_can_read_are_named() {
    use std::os::unix::fs::PermissionsExt as _;

    let (folder, import) = folder().await;
    let upload = format!("spool/{import}");
    let journal = folder.path().join("audit-9.journal");
    fs::write(&journal, "").unwrap();
    keep_private(&journal);
    for (name, mode, wanted) in [
        ("signing-key", 0o644, 0o600),
        ("lock", 0o604, 0o600),
        ("audit-9.journal", 0o644, 0o600),
        (&upload, 0o644, 0o600),
        ("spool", 0o755, 0o700),
        ("temporary", 0o711, 0o700),
        // The last: of its mode is what is made beside it.
        ("service.db", 0o640, 0o600),
    ] {
        let path = folder.path().join(name);
        let set = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        set(mode);
        let check = check(folder.path()).unwrap();
        let [finding] = check.findings.as_slice() else { panic!("{name}: {check:?}") };
        assert_eq!(finding.place, name);
        assert_eq!(finding.what, format!("its mode is {mode:o}: others than its owner can get at it"));
        assert_eq!(finding.next, format!("chmod {wanted:o} {}", path.display()));
        set(wanted);
    }
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
