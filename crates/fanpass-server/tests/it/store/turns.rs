//! Imports of one segment take turns, are cancelled, and are forgotten after their time.

use fanpass_server::imports::{ImportOptions, Imports};
use fanpass_server::store::{Caller, Ids, ImportJob, Mode, RowReject, Stage, Store, StoreErrorKind};
use tempfile::TempDir;

use super::imports::{members, rows, segment, submit, submit_as};
use super::open;

/// Rows of which the last comes when the sender is dropped.
fn held_rows()
-> (std::sync::mpsc::Sender<()>, impl Iterator<Item = Result<String, RowReject>> + Send + 'static) {
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let rows = (0..20_000).map(move |number| {
        if number == 9_000 {
            let _ = wait.recv();
        }
        Ok::<_, RowReject>(format!("fan-{number}"))
    });
    (go_on, rows)
}

/// The import once it reports rows.
async fn under_way(store: &Store, mode: Mode) -> ImportJob {
    loop {
        let jobs = store.import_jobs(None, None, 10).await.unwrap();
        if let Some(job) = jobs.into_iter().find(|job| job.mode == mode && job.processed > 0) {
            return job;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_import_under_way_is_cancelled_and_leaves_the_old_list() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let options = ImportOptions { chunk_bytes: 4_096, ..ImportOptions::default() };
    let imports = Imports::start(store.clone(), options).unwrap();
    let name = segment("season");
    imports.publish(name.clone(), Mode::Replace, rows(&["old"]), Caller::default()).await.unwrap();
    let (go_on, held) = held_rows();
    let publishing = tokio::spawn({
        let (imports, name) = (imports.clone(), name.clone());
        async move { imports.publish(name, Mode::Append, held, Caller::default()).await }
    });
    let job = under_way(&store, Mode::Append).await;
    assert_eq!((job.stage, job.completed_at), (Stage::Validating, None));

    assert_eq!(imports.cancel(&job.id).await.unwrap().stage, Stage::Cancelled);
    drop(go_on);
    assert_eq!(publishing.await.unwrap().unwrap().stage, Stage::Cancelled);
    store.swept().await.unwrap();
    assert_eq!(members(&store, &name, 10).await, ["old"]);
    assert_eq!(std::fs::read_dir(folder.path().join("temporary")).unwrap().count(), 0);
}

#[tokio::test]
async fn imports_of_one_segment_that_build_on_it_take_turns() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    let name = segment("season");
    let (go_on, held) = held_rows();
    let first = tokio::spawn({
        let (imports, name) = (imports.clone(), name.clone());
        async move { imports.publish(name, Mode::Append, held, Caller::default()).await }
    });
    under_way(&store, Mode::Append).await;
    let file = submit_as(&imports, &name, Mode::Remove, b"user_id\nfan-1\nlate\n").await;
    let last = tokio::spawn({
        let (imports, name) = (imports.clone(), name.clone());
        async move { imports.publish(name, Mode::Append, rows(&["late"]), Caller::default()).await }
    });
    // Another segment's imports do not wait.
    imports.publish(segment("other"), Mode::Append, rows(&["a"]), Caller::default()).await.unwrap();
    assert_eq!(store.import_job(&file.id).await.unwrap().unwrap().stage, Stage::Received);
    assert_eq!(store.segment(&name).await.unwrap(), None);

    drop(go_on);
    assert_eq!(first.await.unwrap().unwrap().changed, Some(20_000));
    assert_eq!(last.await.unwrap().unwrap().changed, Some(1));
    assert_eq!(store.import_job(&file.id).await.unwrap().unwrap().changed, Some(1));
    let found = members(&store, &name, 1_000).await;
    assert_eq!(found.len(), 20_000);
    assert!(found.contains(&"late".to_owned()) && !found.contains(&"fan-1".to_owned()));
}

#[tokio::test]
async fn what_was_received_later_and_does_not_wait_outlives_what_was_under_way() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    let name = segment("season");
    imports.publish(name.clone(), Mode::Replace, rows(&["old"]), Caller::default()).await.unwrap();
    let (go_on, held) = held_rows();
    let early = tokio::spawn({
        let (imports, name) = (imports.clone(), name.clone());
        async move { imports.publish(name, Mode::Append, held, Caller::default()).await }
    });
    under_way(&store, Mode::Append).await;
    store.delete_segment(&name, Caller::default(), |_, _| String::new()).await.unwrap();
    drop(go_on);
    assert_eq!(early.await.unwrap().unwrap_err().kind(), StoreErrorKind::Conflict);
    assert_eq!(store.segment(&name).await.unwrap(), None);
}

#[tokio::test]
async fn what_a_stop_leaves_to_the_next_start_keeps_its_turn() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let options = ImportOptions { turn: std::time::Duration::ZERO, ..ImportOptions::default() };
    let imports = Imports::start(store.clone(), options).unwrap();
    let name = segment("season");
    let content: Vec<_> = (0..200_000).map(|number| format!("fan-{number}")).collect();
    let file = submit(&imports, &name, content.join("\n").as_bytes()).await;
    imports.stop().await;
    let added = imports.publish(name.clone(), Mode::Append, rows(&["late"]), Caller::default()).await;
    let ended = store.import_job(&file.id).await.unwrap().unwrap().stage == Stage::Published;
    assert!(ended || added.is_err(), "{added:?}");
    drop(imports);
    Imports::start(store.clone(), ImportOptions::default()).unwrap().finish().await;
    assert_eq!(store.segment(&name).await.unwrap().unwrap().members, 200_000 + u64::from(added.is_ok()));
}

#[tokio::test]
async fn records_of_imports_are_forgotten_after_their_time() {
    let folder = TempDir::new().unwrap();
    let clock = super::clock();
    let store = Store::open(folder.path(), clock.clone(), Ids::counting()).unwrap();
    let options = ImportOptions {
        records_kept: std::time::Duration::from_mins(1),
        versions_kept: 0,
        ..ImportOptions::default()
    };
    let imports = Imports::start(store.clone(), options.clone()).unwrap();
    for (name, content) in
        [("kept", &b"user_id\na\n"[..]), ("kept", b"user_id\nb\n"), ("failed", b"user_id,seat\n,1\n,2\n")]
    {
        submit(&imports, &segment(name), content).await;
    }
    imports.finish().await;
    drop(imports);
    clock.advance(61_000_000);

    let imports = Imports::start(store.clone(), options).unwrap();
    store.swept().await.unwrap();
    let jobs = store.import_jobs(None, None, 10).await.unwrap();
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    assert_eq!(jobs[0].id, store.segment(&segment("kept")).await.unwrap().unwrap().import);
    drop(imports);
    let connection = rusqlite::Connection::open(folder.path().join("segments.db")).unwrap();
    let rejects = connection.query_row("SELECT count(*) FROM import_errors", [], |row| row.get::<_, i64>(0));
    assert_eq!(rejects.unwrap(), 0);
}
