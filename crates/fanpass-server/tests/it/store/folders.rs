//! What a data folder is made of: begun again where its making was cut short, and not where it has lost something.

use std::fs;
use std::path::Path;

use fanpass_server::store::{Clock, Ids, StoreErrorKind, check, reset, restore, snapshot};
use fanpass_server::{Config, Service, ServiceErrorKind};
use rusqlite::{Connection, OptionalExtension as _};
use tempfile::TempDir;

use crate::harness::{Harness, segment};

async fn start(data: &Path) -> Result<Service, fanpass_server::ServiceError> {
    let config = Config { data: data.to_owned(), ..Config::default() };
    Service::open_with(config, Clock::system(), Ids::random()).await
}

/// A folder that a service has stopped on.
async fn stopped() -> TempDir {
    let harness = Harness::start().await;
    harness.call(segment(r#"{"segmentName":"cup","userIds":["00042","7"]}"#)).await;
    harness.into_folder().await
}

#[tokio::test]
async fn a_service_that_is_stopped_leaves_its_databases_whole_without_a_log() {
    let harness = Harness::start().await;
    harness.call(segment(r#"{"segmentName":"cup","userIds":["00042","7"]}"#)).await;
    assert!(harness.folder.path().join("segments.db-wal").is_file());
    let folder = harness.into_folder().await;
    let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = names.filter(|name| name.to_str().unwrap().contains(".db-")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_folder_that_has_lost_a_database_is_not_begun_anew() {
    for (file, emptied) in
        [("segments.db", false), ("segments.db", true), ("service.db", false), ("service.db", true)]
    {
        let folder = stopped().await;
        let (data, path) = (folder.path(), folder.path().join(file));
        let whole = fs::read(&path).unwrap();
        if emptied {
            fs::write(&path, "").unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
        let how = if emptied { "empty" } else { "missing" };

        let error = start(data).await.unwrap_err();
        assert_eq!(error.kind(), ServiceErrorKind::Storage);
        assert!(error.to_string().contains(&format!("its {file} is {how}; put {file} back")), "{error}");
        assert_eq!(path.exists(), emptied, "nothing is made in its place");
        let check = check(data).unwrap();
        assert_eq!((check.findings[0].place.as_str(), check.damages), (file, 1), "{:?}", check.findings);
        assert_eq!(check.findings[0].what, format!("it is {how}"));
        let kept = TempDir::new().unwrap();
        let error = snapshot(data, &kept.path().join("a.zip")).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
        if file == "service.db" {
            assert_eq!(reset(data, true).unwrap_err().kind(), StoreErrorKind::Corrupt, "tokens are lost");
        }

        fs::write(&path, whole).unwrap();
        drop(start(data).await.unwrap());
        fs::remove_file(&path).unwrap();
        reset(data, false).unwrap();
        start(data).await.unwrap();
    }
}

#[tokio::test]
async fn a_database_whose_log_is_lost_is_told_as_empty() {
    let harness = Harness::start().await;
    let folder = TempDir::new().unwrap();
    // What a copy takes that leaves the logs out.
    for name in ["segments.db", "service.db", "signing-key"] {
        fs::copy(harness.folder.path().join(name), folder.path().join(name)).unwrap();
    }
    let error = start(folder.path()).await.unwrap_err();
    assert!(error.to_string().contains("its segments.db is empty"), "{error}");
}

#[tokio::test]
async fn a_first_start_that_was_cut_short_is_begun_again() {
    let made = ["segments.db", "service.db"];
    for whole in 0..=made.len() {
        let folder = stopped().await;
        for key in ["signing-key", "dev-token"] {
            fs::remove_file(folder.path().join(key)).unwrap();
        }
        for (position, file) in made.into_iter().enumerate().skip(whole) {
            let path = folder.path().join(file);
            fs::remove_file(&path).unwrap();
            if position == whole {
                fs::write(path, "").unwrap();
            }
        }
        if whole == 1 {
            fs::remove_file(folder.path().join("service.db")).unwrap();
            let check = fanpass_server::store::check(folder.path()).unwrap();
            assert_eq!((check.damages, check.notices), (0, 1), "{:?}", check.findings);
        }
        start(folder.path()).await.unwrap_or_else(|error| panic!("{whole} databases: {error}"));
    }
}

/// Puts a file of one folder in the place of that of another.
fn put(file: &str, from: &Path, to: &Path) {
    fs::copy(from.join(file), to.join(file)).unwrap();
}

/// The id that a database holds, if it holds one.
fn id(data: &Path, file: &str) -> Option<String> {
    let connection = Connection::open(data.join(file)).unwrap();
    connection.query_row("SELECT id FROM folder", [], |row| row.get(0)).optional().unwrap()
}

fn sql(data: &Path, file: &str, statement: &str) {
    Connection::open(data.join(file)).unwrap().execute_batch(statement).unwrap();
}

/// Makes databases as a version before ids had them.
const OLDER_SEGMENTS: &str =
    "DROP TABLE folder; ALTER TABLE lists DROP COLUMN blocks; PRAGMA user_version = 3";
const OLDER_SERVICE: &str = "DROP TABLE folder; DROP TABLE keys; PRAGMA user_version = 3";

#[tokio::test]
async fn files_of_two_folders_are_told_by_start_check_and_snapshot_until_the_right_one_is_back() {
    let (one, other) = (stopped().await, stopped().await);
    let (data, kept) = (one.path(), TempDir::new().unwrap());
    let snapshot_file = kept.path().join("a.zip");
    for file in ["segments.db", "service.db"] {
        put(file, data, kept.path());
        put(file, other.path(), data);
        let foreign = fs::read(data.join(file)).unwrap();

        let error = start(data).await.unwrap_err();
        assert_eq!(error.kind(), ServiceErrorKind::Storage);
        let told = ["segments.db", "service.db"].map(|file| id(data, file).unwrap());
        let said = format!(
            "belong to different data folders: the first is of the folder {}, the second of the folder {}; put the file back",
            told[0], told[1]
        );
        assert!(error.to_string().contains(&said), "{error}");
        assert!(fs::read(data.join(file)).unwrap() == foreign, "it is as it was");
        let check = check(data).unwrap();
        assert!(check.findings.iter().any(|found| found.place == "segments.db, service.db"), "{check:?}");
        let error = snapshot(data, &snapshot_file).unwrap_err();
        assert!(error.to_string().contains("belong to different data folders"), "{error}");
        assert!(!snapshot_file.exists());

        put(file, kept.path(), data);
        assert_eq!(fanpass_server::store::check(data).unwrap().damages, 0);
        drop(start(data).await.unwrap());
    }
    put("segments.db", other.path(), data);
    reset(data, true).unwrap();
    assert_eq!(id(data, "segments.db"), id(data, "service.db"), "what is given up mixes nothing");
    drop(start(data).await.unwrap());
}

#[tokio::test]
async fn a_file_from_before_folders_had_ids_is_not_taken_for_one_that_has_yet_to_get_it() {
    for (file, statement) in [
        ("segments.db", OLDER_SEGMENTS),
        ("service.db", OLDER_SERVICE),
        // A start writes the one of service.db last.
        ("segments.db", "DELETE FROM folder"),
    ] {
        let folder = stopped().await;
        sql(folder.path(), file, statement);
        let error = start(folder.path()).await.unwrap_err();
        assert!(error.to_string().contains("belong to different data folders"), "{file}: {error}");
        let kept = TempDir::new().unwrap();
        let error = snapshot(folder.path(), &kept.path().join("a.zip")).unwrap_err();
        assert!(error.to_string().contains("belong to different data folders"), "{file}: {error}");
    }
}

#[tokio::test]
async fn a_folder_gets_one_id_however_its_first_start_with_ids_was_cut_short() {
    let room = "DELETE FROM folder";
    for (segments, service) in
        [(OLDER_SEGMENTS, OLDER_SERVICE), (room, OLDER_SERVICE), (room, room), ("SELECT 1", room)]
    {
        let folder = stopped().await;
        let data = folder.path();
        let before = id(data, "segments.db");
        sql(data, "segments.db", segments);
        sql(data, "service.db", service);
        if (segments, service) == ("SELECT 1", room) {
            let check = check(data).unwrap();
            assert_eq!((check.damages, check.notices), (0, 1), "{:?}", check.findings);
        }
        drop(start(data).await.unwrap());
        let given = id(data, "segments.db");
        assert!(given.is_some() && given == id(data, "service.db"), "{segments}; {service}");
        assert_eq!(given == before, segments == "SELECT 1");
        drop(start(data).await.unwrap());
        assert_eq!(id(data, "service.db"), given, "it stays");
    }
}

#[tokio::test]
async fn a_folder_that_is_made_of_another_has_an_id_of_its_own() {
    let folder = stopped().await;
    let (data, kept) = (folder.path(), TempDir::new().unwrap());
    let (file, restored) = (kept.path().join("a.zip"), kept.path().join("data"));
    let first = id(data, "segments.db");
    snapshot(data, &file).unwrap();
    restore(&file, &restored, false).unwrap();
    let second = id(&restored, "segments.db");
    assert!(second.is_some() && second == id(&restored, "service.db") && second != first);
    reset(data, true).unwrap();
    let third = id(data, "service.db");
    assert!(third.is_some() && third == id(data, "segments.db") && third != first);
}
