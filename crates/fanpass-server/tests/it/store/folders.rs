//! What a data folder is made of: begun again where its making was cut short, and not where it has lost something.

use std::fs;
use std::path::Path;

use fanpass_server::store::{Clock, Ids, StoreErrorKind, check, reset, snapshot};
use fanpass_server::{Config, Service, ServiceErrorKind};
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
