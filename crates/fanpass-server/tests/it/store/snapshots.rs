//! Snapshots: made while the service runs, restored in one step, and no harm when either fails.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;

use fanpass_server::store::{Manifest, StoreErrorKind, check, may_restore, reset, restore, snapshot};
use rusqlite::Connection;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tempfile::{NamedTempFile, TempDir};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::harness::{Call, Harness, post, segment, update, upload};

/// A service with a segment, a user, and an import that is not ended.
async fn busy() -> (Harness, String) {
    let harness = Harness::with(|config| config.faults.enabled = true).await;
    harness.call(segment(r#"{"segmentName":"cup","userIds":["00042","7"]}"#)).await;
    harness.call(update(r#"{"userId":"00042","userProperties":{"user_properties.sth":true}}"#)).await;
    let stuck = upload("league", "a.csv", b"user_id\n7\n").header("x-fanpass-fault", "stuck-job");
    let stuck = harness.call(stuck).await.json();
    (harness, stuck["firebase_imported_segment_id"].as_str().unwrap().to_owned())
}

async fn is_as_it_was(harness: &Harness, import: &str) {
    assert_eq!(harness.ended(import).await["status"], "completed", "it goes on");
    let user = harness.get("/service/v1/user?userId=00042").await.json();
    assert_eq!(user["userProperties"], json!({"user_properties.sth": true}));
    assert_eq!(user["segments"], json!(["cup"]));
}

#[tokio::test]
async fn a_running_service_is_restored_with_its_tokens_and_unfinished_imports() {
    let (harness, import) = busy().await;
    let kid = harness.call(post("/service/v1/keys")).await.json()["kid"].as_str().unwrap().to_owned();
    let later = harness.issue("later", &["read"]).await;
    let kept = TempDir::new().unwrap();
    let file = kept.path().join("snapshot.zip");
    let manifest = snapshot(harness.folder.path(), &file).unwrap();
    let names: Vec<_> = manifest.files.iter().map(|file| file.name.as_str()).collect();
    let (spooled, key) = (format!("spool/{import}"), format!("signing-keys/{kid}.hs256"));
    assert_eq!(names, ["segments.db", "service.db", &spooled, "signing-key", &key]);

    // What comes later is not in it.
    harness.call(segment(r#"{"segmentName":"late","userIds":["1"]}"#)).await;
    let data = kept.path().join("data");
    restore(&file, &data, false).unwrap();
    fs::copy(harness.folder.path().join("dev-token"), data.join("dev-token")).unwrap();
    let restored = Harness::with(|config| config.data = data).await;
    assert_eq!(restored.token, harness.token, "it stands in the restored folder too");
    let list = Call::new("GET", "/service/v1/segments");
    assert_eq!(restored.call_as(&later, list).await.status, 200, "its key is there");
    is_as_it_was(&restored, &import).await;
    let segments = restored.get("/service/v1/segments").await.json();
    let names = segments["segments"].as_array().unwrap().iter().map(|segment| &segment["segmentName"]);
    assert_eq!(names.collect::<Vec<_>>(), ["cup", "league"]);
}

#[tokio::test]
async fn an_import_whose_upload_is_gone_is_restored_as_one_that_failed() {
    let (harness, import) = busy().await;
    fs::remove_file(harness.folder.path().join("spool").join(&import)).unwrap();
    let kept = TempDir::new().unwrap();
    let (file, data) = (kept.path().join("snapshot.zip"), kept.path().join("data"));
    let manifest = snapshot(harness.folder.path(), &file).unwrap();
    assert!(!manifest.files.iter().any(|file| file.name.starts_with("spool/")));
    restore(&file, &data, false).unwrap();
    fs::copy(harness.folder.path().join("dev-token"), data.join("dev-token")).unwrap();
    let restored = Harness::with(|config| config.data = data).await;
    let ended = restored.ended(&import).await;
    assert_eq!(ended["status"], "failed");
    assert!(ended["message"].as_str().unwrap().ends_with("send it again"), "{ended}");
}

#[tokio::test]
async fn a_damaged_folder_does_not_take_the_place_of_a_good_snapshot() {
    let (harness, _) = busy().await;
    let kept = TempDir::new().unwrap();
    let file = kept.path().join("snapshot.zip");
    let data = harness.folder.path();
    snapshot(data, &file).unwrap();
    let good = fs::read(&file).unwrap();
    Connection::open(data.join("segments.db")).unwrap().execute("DELETE FROM blocks", []).unwrap();
    let error = snapshot(data, &file).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    assert!(error.to_string().contains("no snapshot was written: segments.db, list 1"), "{error}");
    assert!(fs::read(&file).unwrap() == good);
    assert_eq!(fs::read_dir(kept.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[tokio::test]
async fn a_folder_is_replaced_only_if_that_is_said_and_no_service_runs_on_it() {
    let (harness, import) = busy().await;
    let kept = TempDir::new().unwrap();
    let file = kept.path().join("snapshot.zip");
    snapshot(harness.folder.path(), &file).unwrap();
    let data = harness.folder.path().to_owned();
    let kind = |replace| restore(&file, &data, replace).unwrap_err().kind();
    assert_eq!(kind(false), StoreErrorKind::Conflict);
    assert_eq!(kind(true), StoreErrorKind::Locked);
    assert_eq!(reset(&data, false).unwrap_err().kind(), StoreErrorKind::Locked);

    harness.call(segment(r#"{"segmentName":"late","userIds":["1"]}"#)).await;
    let harness = harness.restart_after(|data| drop(restore(&file, data, true).unwrap())).await;
    is_as_it_was(&harness, &import).await;
    assert_eq!(harness.get("/service/v1/segment?segmentName=late").await.status, 404);
    let left: Vec<_> = fs::read_dir(data.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".fanpass-"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_damaged_snapshot_changes_nothing() {
    let (harness, _) = busy().await;
    let kept = TempDir::new().unwrap();
    let file = kept.path().join("snapshot.zip");
    snapshot(harness.folder.path(), &file).unwrap();
    let whole = fs::read(&file).unwrap();
    let target = kept.path().join("data");
    for place in [100, whole.len() / 3, whole.len() / 2] {
        let mut damaged = whole.clone();
        damaged[place] ^= 1;
        fs::write(&file, &damaged).unwrap();
        let error = restore(&file, &target, false).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{place}: {error}");
        let said = format!("the snapshot `{}` is damaged", file.display());
        assert!(error.to_string().starts_with(&said), "{place}: {error}");
        assert!(!target.exists());
    }
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(restore(&file, &target, false).unwrap_err().kind(), StoreErrorKind::Corrupt);
    assert_eq!(restore(&kept.path().join("none"), &target, false).unwrap_err().kind(), StoreErrorKind::Io);
}

/// Writes a snapshot that holds what another does, and says so, but for what `change` did to its `service.db`.
fn made_up(of: &Path, file: &Path, change: &str) {
    let mut archive = ZipArchive::new(File::open(of).unwrap()).unwrap();
    let mut manifest: Manifest = serde_json::from_reader(archive.by_name("manifest.json").unwrap()).unwrap();
    let mut written = ZipWriter::new(File::create(file).unwrap());
    for held in &mut manifest.files {
        let mut content = Vec::new();
        archive.by_name(&held.name).unwrap().read_to_end(&mut content).unwrap();
        if held.name == "service.db" {
            let database = NamedTempFile::new().unwrap();
            fs::write(database.path(), &content).unwrap();
            Connection::open(database.path()).unwrap().execute_batch(change).unwrap();
            content = fs::read(database.path()).unwrap();
        }
        held.bytes = content.len().try_into().unwrap();
        held.sha256 = format!("{:x}", bytes::Bytes::copy_from_slice(&Sha256::digest(&content)));
        written.start_file(&held.name, SimpleFileOptions::default()).unwrap();
        written.write_all(&content).unwrap();
    }
    written.start_file("manifest.json", SimpleFileOptions::default()).unwrap();
    serde_json::to_writer(&mut written, &manifest).unwrap();
    written.finish().unwrap();
}

#[tokio::test]
async fn a_snapshot_whose_content_does_not_fit_changes_nothing() {
    let (harness, _) = busy().await;
    let kept = TempDir::new().unwrap();
    let (file, other) = (kept.path().join("snapshot.zip"), kept.path().join("other.zip"));
    snapshot(harness.folder.path(), &file).unwrap();
    for (change, wanted) in [
        ("SELECT 1", None),
        ("UPDATE totals SET users = users + 1", Some("service.db")),
        ("UPDATE users SET attributes = '7'", Some("service.db")),
    ] {
        made_up(&file, &other, change);
        let data = kept.path().join("data");
        match (restore(&other, &data, true), wanted) {
            (Ok(_), None) => assert!(data.exists()),
            (Err(error), Some(wanted)) => {
                assert_eq!(error.kind(), StoreErrorKind::Corrupt);
                assert!(error.to_string().contains(wanted), "{error}");
                assert_eq!(check(&data).unwrap().damages, 0);
            }
            (restored, _) => panic!("{change}: {restored:?}"),
        }
    }
}

#[tokio::test]
async fn a_snapshot_that_fails_leaves_the_one_before() {
    let (harness, _) = busy().await;
    let kept = TempDir::new().unwrap();
    let file = kept.path().join("snapshot.zip");
    snapshot(harness.folder.path(), &file).unwrap();
    let whole = fs::read(&file).unwrap();
    let spool = harness.folder.path().join("spool");
    fs::remove_dir_all(&spool).unwrap();
    fs::write(&spool, "").unwrap();
    snapshot(harness.folder.path(), &file).unwrap_err();
    assert!(fs::read(&file).unwrap() == whole);
    assert_eq!(fs::read_dir(kept.path()).unwrap().count(), 1, "nothing is left over");
    assert_eq!(snapshot(kept.path(), &file).unwrap_err().kind(), StoreErrorKind::NotFound);
    fs::remove_file(&spool).unwrap();
    fs::create_dir(&spool).unwrap();
}

#[tokio::test]
async fn a_snapshot_takes_the_place_of_nothing_but_a_snapshot() {
    let harness = Harness::start().await;
    let kept = TempDir::new().unwrap();
    let named = |name: &str| kept.path().join(name);
    fs::write(named("in.csv"), "00042\n").unwrap();
    fs::create_dir(named("folder")).unwrap();
    let mut others = vec![named("in.csv"), named("folder")];
    if cfg!(unix) {
        others.push(named("pipe"));
        assert!(Command::new("mkfifo").arg(named("pipe")).status().unwrap().success());
    }
    for other in others {
        let kind = other.metadata().unwrap().file_type();
        let refused = snapshot(harness.folder.path(), &other).unwrap_err();
        assert_eq!(refused.kind(), StoreErrorKind::Conflict, "{refused}");
        assert_eq!(other.metadata().unwrap().file_type(), kind);
    }
    assert_eq!(fs::read(named("in.csv")).unwrap(), b"00042\n");
    let first = snapshot(harness.folder.path(), &named("snapshot.zip")).unwrap();
    let second = snapshot(harness.folder.path(), &named("snapshot.zip")).unwrap();
    assert!(second.made_at > first.made_at);
    assert_eq!(may_restore(&named("snapshot.zip"), &named("data"), false).unwrap(), second);
}

#[tokio::test]
async fn nothing_but_what_was_asked_for_outlives_a_reset() {
    let (harness, _) = busy().await;
    fs::write(harness.folder.path().join("platform-attributes.toml"), "unknown = \"allow\"\n").unwrap();
    let token = harness.token.clone();
    harness.call(post("/service/v1/keys")).await;
    let later = harness.issue("later", &["read"]).await;
    let harness = harness.restart_after(|data| reset(data, true).unwrap()).await;
    assert_eq!(harness.token, token);
    assert_eq!(harness.call_as(&later, Call::new("GET", "/service/v1/segments")).await.status, 200);
    assert_eq!(harness.get("/service/v1/segments").await.json()["segments"], json!([]));
    assert_eq!(harness.get("/service/v1/user?userId=00042").await.status, 404);
    assert!(harness.folder.path().join("platform-attributes.toml").is_file());

    let harness = harness.restart_after(|data| reset(data, false).unwrap()).await;
    assert_ne!(harness.token, token);
    assert_eq!(harness.call_as(&token, segment("{}")).await.status, 401);
}

#[tokio::test]
async fn a_folder_that_is_none_of_ours_is_left_alone() {
    let (harness, _) = busy().await;
    let kept = TempDir::new().unwrap();
    let file = kept.path().join("snapshot.zip");
    snapshot(harness.folder.path(), &file).unwrap();
    let home: &Path = kept.path();
    assert_eq!(restore(&file, home, true).unwrap_err().kind(), StoreErrorKind::Conflict);
    assert_eq!(reset(home, false).unwrap_err().kind(), StoreErrorKind::NotFound);
    assert!(file.is_file());

    // Nor is what somebody keeps among the data.
    let data = harness.into_folder().await;
    fs::write(data.path().join("notes.txt"), "mine").unwrap();
    fs::create_dir(data.path().join("old")).unwrap();
    for refused in [restore(&file, data.path(), true).map(drop), reset(data.path(), true)] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Conflict);
        assert!(error.to_string().contains("`notes.txt`, `old`; move that away"), "{error}");
    }
    assert_eq!(fs::read_to_string(data.path().join("notes.txt")).unwrap(), "mine");
    let inside = snapshot(data.path(), &data.path().join("spool/a.zip")).unwrap_err();
    assert_eq!(inside.kind(), StoreErrorKind::Conflict, "{inside}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_is_replaced_stays_whose_it_was_and_private() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

    let (harness, _) = busy().await;
    let kept = TempDir::new().unwrap();
    let file = kept.path().join("snapshot.zip");
    snapshot(harness.folder.path(), &file).unwrap();
    let data = harness.into_folder().await;
    for replace in [false, true] {
        // Only root may give a folder away; to anybody else it stays his own.
        let own = fs::metadata(data.path()).unwrap().uid();
        let owner = if own == 0 && chown(data.path(), Some(1234), None).is_ok() { 1234 } else { own };
        fs::set_permissions(data.path(), fs::Permissions::from_mode(0o755)).unwrap();
        if replace {
            restore(&file, data.path(), true).unwrap();
        } else {
            reset(data.path(), true).unwrap();
        }
        for name in ["", "service.db", "signing-key", "spool"] {
            let found = fs::metadata(data.path().join(name)).unwrap();
            let open_to = found.permissions().mode() & 0o077;
            assert_eq!((found.uid(), open_to), (owner, 0), "{name}, replace: {replace}");
        }
    }
}
