//! Imports: from an upload or a list to the published membership, and what happens when that is interrupted.

use fanpass_model::{SegmentName, UserId};
use fanpass_server::imports::{ImportOptions, Imports};
use fanpass_server::store::{Caller, ImportJob, Mode, RowReject, Stage, Store};
use tempfile::TempDir;

use super::open;

pub(super) fn segment(name: &str) -> SegmentName {
    SegmentName::new(name).unwrap()
}

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

pub(super) fn rows(ids: &[&str]) -> impl Iterator<Item = Result<String, RowReject>> + Send + 'static {
    ids.iter().map(|id| Ok((*id).to_owned())).collect::<Vec<_>>().into_iter()
}

/// All members, read in pages of `limit`.
pub(super) async fn members(store: &Store, name: &SegmentName, limit: u32) -> Vec<String> {
    let mut all: Vec<UserId> = Vec::new();
    loop {
        let page = store.members(name, all.last(), limit).await.unwrap();
        if page.is_empty() {
            return all.into_iter().map(String::from).collect();
        }
        assert!(page.len() <= usize::try_from(limit).unwrap());
        all.extend(page);
    }
}

pub(super) async fn submit(imports: &Imports, name: &SegmentName, content: &[u8]) -> ImportJob {
    submit_as(imports, name, Mode::Replace, content).await
}

pub(super) async fn submit_as(
    imports: &Imports,
    name: &SegmentName,
    mode: Mode,
    content: &[u8],
) -> ImportJob {
    let mut upload = imports.receive().await.unwrap();
    for piece in content.chunks(1_000) {
        upload.write(piece).await.unwrap();
    }
    let caller = Caller { subject: Some("nightly".to_owned()), jti: Some("jti-1".to_owned()), once: None };
    imports.submit(upload, name.clone(), mode, Some("holders.csv".to_owned()), caller).await.unwrap()
}

pub(super) fn spooled(folder: &TempDir) -> usize {
    std::fs::read_dir(folder.path().join("spool")).unwrap().count()
}

#[tokio::test]
async fn a_list_is_published_sorted_by_bytes_each_id_once() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    let name = segment("season");

    let job = imports
        .publish(
            name.clone(),
            Mode::Replace,
            rows(&["b", "00042", "é", "b", "1e5", "a", "00042", "b"]),
            Caller::default(),
        )
        .await
        .unwrap();

    assert_eq!(job.stage, Stage::Published);
    assert_eq!((job.total, job.imported, job.duplicate, job.rejected), (Some(8), 5, 3, 0));
    assert_eq!(members(&store, &name, 2).await, ["00042", "1e5", "a", "b", "é"]);
    assert!(store.contains(&name, &user("1e5")).unwrap());
    assert!(!store.contains(&name, &user("1e")).unwrap());
    assert!(!store.contains(&name, &user("0")).unwrap());
    let record = store.segment(&name).await.unwrap().unwrap();
    assert_eq!((record.members, record.import), (5, job.id));
}

#[tokio::test]
async fn an_upload_becomes_a_list_and_its_refused_rows_are_told() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    let name = segment("season");

    let pending =
        submit(&imports, &name, b"user_id,name\n00042,Ann\n fan-7,Bo\nfan\x07bell,Cy\n,Di\n00042,Ed\n").await;
    imports.finish().await;

    // Its state is not looked at: the worker may have been as quick as the answer.
    assert_eq!(
        pending.file_sha256.as_deref(),
        Some("4381abddad102232e08f858ea090c20692131da7e719dc39f0b6a0ae9459cd65")
    );
    let job = store.import_job(&pending.id).await.unwrap().unwrap();
    assert_eq!(job.stage, Stage::Published, "{:?}", job.message);
    assert_eq!((job.total, job.imported, job.duplicate, job.rejected), (Some(5), 2, 1, 2));
    assert_eq!(members(&store, &name, 10).await, ["00042", "fan-7"]);
    let rejects: Vec<_> = store
        .import_rejects(&pending.id, 0, 1_000)
        .await
        .unwrap()
        .into_iter()
        .map(|reject| format!("{} {} {}", reject.row, reject.code, reject.location.unwrap()))
        .collect();
    assert_eq!(rejects, ["4 control_character holders.csv:4", "5 empty_id holders.csv:5"]);
    assert_eq!(spooled(&folder), 0);
}

#[tokio::test]
async fn refused_rows_are_bounded_by_what_they_take_too() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let options = ImportOptions { rejects_kept: 10, ..ImportOptions::default() };
    let imports = Imports::start(store.clone(), options).unwrap();
    let long =
        |row| Err(RowReject { row, code: "wrong".to_owned(), message: "m".repeat(2_000), location: None });
    let rows = [Ok("a".to_owned())].into_iter().chain((1..=10).map(long));
    let job = imports.publish(segment("season"), Mode::Replace, rows, Caller::default()).await.unwrap();
    assert_eq!((job.imported, job.rejected), (1, 10));
    let kept = store.import_rejects(&job.id, 0, 100).await.unwrap();
    assert_eq!(kept.iter().map(|reject| reject.row).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn a_file_without_a_usable_id_fails_and_the_old_list_stays() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    let name = segment("season");
    imports.publish(name.clone(), Mode::Replace, rows(&["old"]), Caller::default()).await.unwrap();

    let job = submit(&imports, &name, b"user_id,name\n,Ann\n,Bo\n").await;
    imports.finish().await;

    let job = store.import_job(&job.id).await.unwrap().unwrap();
    assert_eq!((job.stage, job.total, job.imported, job.rejected), (Stage::Failed, Some(2), 0, 2));
    assert!(job.message.unwrap().contains("no row holds a usable user id"));
    assert_eq!(members(&store, &name, 10).await, ["old"]);
    assert_eq!(spooled(&folder), 0);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_fails_with_the_reason() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();

    let job = submit(&imports, &segment("season"), b"name,town\nAnn,Bonn\n").await;
    imports.finish().await;

    let job = store.import_job(&job.id).await.unwrap().unwrap();
    assert_eq!((job.stage, job.total), (Stage::Failed, None));
    assert!(job.message.unwrap().contains("town"));
    assert_eq!(store.segment(&segment("season")).await.unwrap(), None);
}

#[tokio::test]
async fn progress_shows_while_rows_are_read() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let rows = (0..10_000).map(move |number| {
        if number == 9_000 {
            let _ = wait.recv();
        }
        Ok::<_, RowReject>(format!("fan-{number}"))
    });
    let publishing = tokio::spawn(async move {
        imports.publish(segment("season"), Mode::Replace, rows, Caller::default()).await
    });
    let first = "0197f3a0-5c00-7000-8000-000000000001".parse().unwrap();
    loop {
        let job = store.import_job(&first).await.unwrap();
        if let Some(job) = job.filter(|job| job.processed > 0) {
            assert_eq!((job.stage, job.total), (Stage::Validating, None));
            assert!(job.processed <= 9_000);
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(store.segment(&segment("season")).await.unwrap(), None);
    drop(go_on);
    assert_eq!(publishing.await.unwrap().unwrap().processed, 10_000);
}

#[tokio::test]
async fn segments_are_listed_by_name_and_found_by_member() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    for (name, ids) in [("c", ["x", "y"]), ("a", ["x", "z"]), ("b", ["y", "z"])] {
        imports.publish(segment(name), Mode::Replace, rows(&ids), Caller::default()).await.unwrap();
    }

    let listed = store.segments(Some(&segment("a")), 1).await.unwrap();
    assert_eq!(listed.into_iter().map(|record| record.name).collect::<Vec<_>>(), [segment("b")]);
    assert_eq!(store.segments(None, 10).await.unwrap().len(), 3);
    assert_eq!(store.segments_of(&user("x")).await.unwrap(), [segment("a"), segment("c")]);
    assert_eq!(store.segments_of(&user("nobody")).await.unwrap(), []);
}
