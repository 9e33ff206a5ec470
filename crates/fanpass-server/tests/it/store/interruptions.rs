//! Imports that are stopped, overtaken or given up.

use std::num::NonZeroUsize;

use fanpass_server::imports::{ImportOptions, Imports};
use fanpass_server::store::{Caller, Mode, Stage, StoreErrorKind};
use tempfile::TempDir;

use super::imports::{members, rows, segment, spooled, submit};
use super::open;

#[tokio::test]
async fn what_was_submitted_before_a_stop_is_imported_after_the_restart() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    imports.stop().await;
    let first = submit(&imports, &segment("season"), b"user_id\na\n").await;
    let second = submit(&imports, &segment("season"), b"user_id\nb\nc\n").await;
    let cut_off = {
        let mut upload = imports.receive().await.unwrap();
        upload.write(b"user_id\n").await.unwrap();
        upload
    };
    std::mem::forget(cut_off);
    assert_eq!(spooled(&folder), 3);
    drop((imports, store));

    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    imports.finish().await;

    for id in [&first.id, &second.id] {
        assert_eq!(store.import_job(id).await.unwrap().unwrap().stage, Stage::Published);
    }
    assert_eq!(members(&store, &segment("season"), 10).await, ["b", "c"]);
    assert_eq!(spooled(&folder), 0);
}

#[tokio::test]
async fn what_a_stop_interrupts_is_taken_up_at_the_next_start() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    let content = (0..100_000).map(|number| format!("fan-{number}")).collect::<Vec<_>>().join("\n");
    let job = submit(&imports, &segment("season"), content.as_bytes()).await;
    imports.stop().await;
    let stopped = store.import_job(&job.id).await.unwrap().unwrap();
    assert!(matches!(stopped.stage, Stage::Received | Stage::Published), "{stopped:?}");
    drop((imports, store));

    let store = open(&folder);
    Imports::start(store.clone(), ImportOptions::default()).unwrap().finish().await;
    let job = store.import_job(&job.id).await.unwrap().unwrap();
    assert_eq!((job.stage, job.processed, job.imported), (Stage::Published, 100_000, 100_000));
}

#[tokio::test]
async fn an_import_that_stopped_the_service_three_times_is_given_up() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    imports.stop().await;
    let job = submit(&imports, &segment("season"), b"a\n").await;
    let connection = rusqlite::Connection::open(folder.path().join("segments.db")).unwrap();
    connection.execute("UPDATE imports SET stage = 'validating', attempts = 3", []).unwrap();

    Imports::start(store.clone(), ImportOptions::default()).unwrap().finish().await;

    let job = store.import_job(&job.id).await.unwrap().unwrap();
    assert_eq!(job.stage, Stage::Failed);
    assert!(job.message.unwrap().contains("3 times"));
    assert_eq!(spooled(&folder), 0);
}

#[tokio::test]
async fn of_an_earlier_file_and_a_later_list_the_list_wins() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    let name = segment("season");
    imports.stop().await;
    let file = submit(&imports, &name, b"user_id\nfrom-file\n").await;
    imports.publish(name.clone(), Mode::Replace, rows(&["from-list"]), Caller::default()).await.unwrap();
    drop(imports);

    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    imports.finish().await;

    assert_eq!(store.import_job(&file.id).await.unwrap().unwrap().stage, Stage::Published);
    assert_eq!(members(&store, &name, 10).await, ["from-list"]);
}

#[tokio::test]
async fn of_many_files_for_one_segment_the_last_one_stays() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let options = ImportOptions { workers: NonZeroUsize::new(3).unwrap(), ..ImportOptions::default() };
    let imports = Imports::start(store.clone(), options).unwrap();
    let mut jobs = Vec::new();
    for number in 0..12 {
        // The earlier, the larger: the last ones would overtake the first if they could.
        let content =
            (0..(12 - number) * 1_000).map(|fan| format!("{number}-{fan}")).collect::<Vec<_>>().join("\n");
        for name in ["a", "b"] {
            jobs.push(submit(&imports, &segment(name), content.as_bytes()).await.id);
        }
    }
    imports.finish().await;
    for job in jobs {
        assert_eq!(store.import_job(&job).await.unwrap().unwrap().stage, Stage::Published);
    }
    for name in ["a", "b"] {
        let members = members(&store, &segment(name), 5_000).await;
        assert_eq!(members.len(), 1_000);
        assert!(members.iter().all(|member| member.starts_with("11-")));
    }
}

#[tokio::test]
async fn an_upload_that_is_given_up_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let imports = Imports::start(open(&folder), ImportOptions::default()).unwrap();
    let mut upload = imports.receive().await.unwrap();
    upload.write(b"user_id\n").await.unwrap();
    assert_eq!((spooled(&folder), upload.length()), (1, 8));
    drop(upload);
    assert_eq!(spooled(&folder), 0);
}

#[tokio::test]
async fn when_the_disk_refuses_the_import_fails_and_the_old_list_stays() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let options = ImportOptions { chunk_bytes: 1, ..ImportOptions::default() };
    let imports = Imports::start(store.clone(), options).unwrap();
    let name = segment("season");
    imports.publish(name.clone(), Mode::Replace, rows(&["old"]), Caller::default()).await.unwrap();
    let temporary = folder.path().join("temporary");
    std::fs::remove_dir(&temporary).unwrap();

    let error =
        imports.publish(name.clone(), Mode::Replace, rows(&["a", "b"]), Caller::default()).await.unwrap_err();
    let file = submit(&imports, &name, b"c\nd\n").await;
    imports.finish().await;

    assert_eq!(error.kind(), StoreErrorKind::Io);
    assert!(error.to_string().contains(&temporary.display().to_string()), "{error}");
    let file = store.import_job(&file.id).await.unwrap().unwrap();
    assert_eq!(file.stage, Stage::Failed);
    let message = file.message.unwrap();
    assert!(message.contains("send it again"), "{message}");
    assert!(!message.contains(&folder.path().display().to_string()), "{message}");
    assert_eq!(members(&store, &name, 10).await, ["old"]);
    assert_eq!(spooled(&folder), 0);
}

#[tokio::test]
async fn an_import_that_meets_a_fault_of_ours_fails_and_others_go_on() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    let name = segment("season");
    imports.publish(name.clone(), Mode::Replace, rows(&["old"]), Caller::default()).await.unwrap();

    let faulty = rows(&["a", "b"]).map(|row| row.inspect(|id| assert_ne!(id, "b", "a fault")));
    let error = imports.publish(name.clone(), Mode::Replace, faulty, Caller::default()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Io);
    let job = store.import_jobs(None, None, 1).await.unwrap().remove(0);
    assert_eq!((job.stage, job.processed), (Stage::Failed, 1));
    assert!(job.message.unwrap().contains("the segment is as it was before"));
    assert_eq!(members(&store, &name, 10).await, ["old"]);

    imports.publish(name.clone(), Mode::Append, rows(&["new"]), Caller::default()).await.unwrap();
    assert_eq!(members(&store, &name, 10).await, ["new", "old"]);
}
