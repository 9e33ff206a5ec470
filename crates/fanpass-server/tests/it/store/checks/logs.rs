//! Damaged logs: SQLite passes over what is behind the damage without a word, and the check does not.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use fanpass_server::store::{
    Clock, Ids, Severity, Store, StoreError, StoreErrorKind, check, give_up_damaged_logs, reset, snapshot,
};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::{keep_private, sql};
use crate::harness::{Harness, segment, update};

/// More than a failure of the machine can leave behind a gap.
const USERS: u64 = 30;

/// What a killed service leaves: databases and their logs.
async fn killed() -> TempDir {
    let harness = Harness::start().await;
    // A log is moved into its file when the last connection is closed, which these prevent.
    let held = ["segments.db", "service.db"].map(|file| {
        let connection =
            Connection::open_with_flags(harness.folder.path().join(file), OpenFlags::SQLITE_OPEN_READ_ONLY)
                .unwrap();
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).unwrap();
        connection
    });
    for user in 0..USERS {
        let request = format!(r#"{{"userId":"u{user}","userProperties":{{"user_properties.sth":true}}}}"#);
        assert_eq!(harness.call(update(&request)).await.status, 200);
    }
    harness.call(segment(r#"{"segmentName":"cup","userIds":["u1"]}"#)).await;
    let folder = harness.into_folder().await;
    let copy = TempDir::new().unwrap();
    for name in ["segments.db", "segments.db-wal", "service.db", "service.db-wal", "signing-key"] {
        fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
    }
    drop(held);
    copy
}

/// Turns one bit of a file, and back.
fn flip(path: &Path, byte: usize, bit: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[byte] ^= 1 << bit;
    fs::write(path, bytes).unwrap();
}

fn open(folder: &Path) -> Result<Store, StoreError> {
    Store::open(folder, Clock::system(), Ids::random())
}

/// What each file holds.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file() && entry.file_name() != "lock");
    files.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())).collect()
}

#[tokio::test]
async fn a_folder_with_commits_behind_damage_is_opened_only_when_they_are_given_up() {
    let folder = killed().await;
    let log = folder.path().join("service.db-wal");
    flip(&log, fs::read(&log).unwrap().len() / 3, 0);
    let before = files(folder.path());
    let elsewhere = TempDir::new().unwrap();
    for refused in [
        open(folder.path()).map(drop),
        snapshot(folder.path(), &elsewhere.path().join("fans.zip")).map(drop),
        reset(folder.path(), true),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Corrupt);
        assert!(error.to_string().contains("service.db-wal, frame "), "{error}");
        assert!(error.to_string().contains("(commits behind it: "), "{error}");
        assert!(files(folder.path()) == before, "{error}");
    }

    give_up_damaged_logs(folder.path()).unwrap();
    let store = open(folder.path()).unwrap();
    let users = store.users(None, 10).await.unwrap().total;
    assert!((1..USERS).contains(&users), "{users}");
    drop(store);
    let whole = check(folder.path()).unwrap();
    assert_eq!((whole.users, whole.damages), (users, 0), "{whole:?}");
    reset(folder.path(), true).unwrap();
}

#[tokio::test]
async fn wherever_a_log_is_cut_off_the_folder_is_opened() {
    let folder = killed().await;
    let log = folder.path().join("service.db-wal");
    let bytes = fs::read(&log).unwrap();
    let frame = 24 + 4_096;
    let ends =
        [0, 31, 32, 40, bytes.len() / 2, bytes.len() - frame, bytes.len() - frame + 30, bytes.len() - 1];
    for end in ends {
        let cut = TempDir::new().unwrap();
        for (name, content) in files(folder.path()) {
            fs::write(cut.path().join(&name), content).unwrap();
            keep_private(&cut.path().join(name));
        }
        fs::write(cut.path().join("service.db-wal"), &bytes[..end]).unwrap();
        match open(cut.path()) {
            Ok(store) => assert!(store.users(None, 10).await.unwrap().total <= USERS),
            // The first commit made the schema.
            Err(error) => assert!(end <= 40 && error.to_string().contains("is empty"), "{end}: {error}"),
        }
    }
}

#[tokio::test]
async fn commits_that_sqlite_passes_over_are_told() {
    let folder = killed().await;
    let log = folder.path().join("service.db-wal");
    let sound = check(folder.path()).unwrap();
    assert_eq!((sound.users, sound.findings.as_slice()), (USERS, &[][..]));

    let bytes = fs::read(&log).unwrap();
    let found_at = |place: usize| {
        flip(&log, place, 0);
        let damaged = fs::read(&log).unwrap();
        let found = check(folder.path()).unwrap();
        assert!(found.users < USERS);
        assert!(found.findings[0].place.starts_with("service.db-wal, frame "), "{found:?}");
        assert!(found.findings[0].what.contains("commits behind it: "), "{found:?}");
        assert!(found.findings.iter().all(|finding| !finding.place.starts_with("segments.db")), "{found:?}");
        assert_eq!(fs::read(&log).unwrap(), damaged, "the log is as it was");
        flip(&log, place, 0);
        found
    };
    assert_eq!(found_at(bytes.len() / 3).findings[0].severity, Severity::Damage);
    let torn = found_at(bytes.len() * 4 / 5);
    assert_eq!((torn.findings[0].severity, torn.damages), (Severity::Notice, 0), "{torn:?}");
    assert!(torn.findings[0].next.contains("power"), "{torn:?}");
}

#[tokio::test]
async fn what_a_failure_of_the_machine_may_have_left_stops_no_start() {
    let folder = killed().await;
    let log = folder.path().join("service.db-wal");
    flip(&log, fs::read(&log).unwrap().len() * 4 / 5, 0);
    let store = open(folder.path()).unwrap();
    let users = store.users(None, 100).await.unwrap().total;
    assert!((1..USERS).contains(&users), "{users}");
}

#[tokio::test]
async fn no_bit_of_a_log_is_turned_unnoticed() {
    let folder = killed().await;
    for name in ["service.db-wal", "segments.db-wal"] {
        let log = folder.path().join(name);
        let (bytes, page) =
            (fs::read(&log).unwrap(), if name.starts_with("service") { 4_096 } else { 16_384 });
        let frames = (bytes.len() - 32) / (24 + page);
        assert!(frames > 2);
        let header = (0..32).step_by(3);
        // Of each part of a frame's header, and of some of its page.
        let frame = |number: usize| {
            let parts = [0, 3, 4, 7, 8, 11, 12, 15, 16, 19, 20, 23, 24, 24 + page / 2, 23 + page];
            parts.map(|at| 32 + number * (24 + page) + at)
        };
        let some = [0, 1, frames / 2, frames - 2, frames - 1];
        for byte in header.chain(some.into_iter().flat_map(frame)) {
            flip(&log, byte, byte % 8);
            let findings = check(folder.path()).unwrap().findings;
            assert!(findings[0].place.starts_with(name), "byte {byte} of {name}: {findings:#?}");
            fs::write(&log, &bytes).unwrap();
        }
    }
}

#[tokio::test]
async fn a_folder_whose_present_schema_is_in_a_damaged_log_is_not_to_be_brought_up_to_date() {
    let folder = killed().await;
    // As when all migrations but the first are in the log.
    let older = Connection::open(folder.path().join("segments.db")).unwrap();
    older.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(older);
    sql(folder.path(), "segments.db", "PRAGMA user_version = 1");
    assert_eq!(check(folder.path()).unwrap_err().kind(), StoreErrorKind::Conflict);
    flip(&folder.path().join("service.db-wal"), 20, 0);
    let found = check(folder.path()).unwrap();
    let places: Vec<_> = found.findings.iter().map(|finding| finding.place.as_str()).collect();
    assert_eq!((places.as_slice(), found.damages), (&["service.db-wal, header", "segments.db"][..], 2));
}
