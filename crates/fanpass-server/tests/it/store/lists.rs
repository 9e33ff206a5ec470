//! Published lists under adversity: readers at the same time, damaged bytes, lists larger than memory allows.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fanpass_model::{SegmentName, UserId};
use fanpass_server::imports::{ImportOptions, Imports};
use fanpass_server::store::{Caller, Combination, Mode, RowReject, Stage, Store, StoreErrorKind, check};
use fanpass_server::targeting::Expression;
use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;

use super::open;

fn name() -> SegmentName {
    SegmentName::new("season").unwrap()
}

async fn publish(imports: &Imports, ids: Vec<String>) {
    let rows = ids.into_iter().map(Ok::<_, RowReject>);
    let job = imports.publish(name(), Mode::Replace, rows, Caller::default()).await.unwrap();
    assert_eq!(job.stage, Stage::Published);
}

async fn all(store: &Store) -> Vec<String> {
    store.members(&name(), None, u32::MAX).await.unwrap().into_iter().map(String::from).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_sees_one_whole_list_while_others_are_published() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    let list =
        |letter: char| -> Vec<String> { (0..20_000).map(|number| format!("{letter}{number:05}")).collect() };
    let (a, b) = (list('a'), list('b'));
    publish(&imports, a.clone()).await;

    let publisher = tokio::spawn({
        let (a, b) = (a.clone(), b.clone());
        async move {
            for round in 0..20 {
                publish(&imports, if round % 2 == 0 { b.clone() } else { a.clone() }).await;
            }
        }
    });
    while !publisher.is_finished() {
        let seen = all(&store).await;
        assert!(seen == a || seen == b, "{} members, {:?}", seen.len(), seen.first());
    }
    publisher.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_is_known_as_of_the_last_change_however_often_it_was_looked_up() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    publish(&imports, (0..2_000).map(|number| format!("fan-{number:05}")).collect()).await;
    let stays: Vec<UserId> = ["fan-00000", "fan-01999"].map(|id| UserId::new(id).unwrap()).into();
    let goes = UserId::new("fan-01000").unwrap();

    let stop = Arc::new(AtomicBool::new(false));
    let reader = std::thread::spawn({
        let (store, stop, stays, goes) = (store.clone(), Arc::clone(&stop), stays.clone(), goes.clone());
        move || {
            while !stop.load(Ordering::Relaxed) {
                assert!(stays.iter().all(|user| store.contains(&name(), user).unwrap()));
                store.contains(&name(), &goes).unwrap();
            }
        }
    });
    for round in 0..150 {
        let (mode, is_member) = if round % 2 == 0 { (Mode::Remove, false) } else { (Mode::Append, true) };
        let rows = std::iter::once(Ok::<_, RowReject>(goes.to_string()));
        let job = imports.publish(name(), mode, rows, Caller::default()).await.unwrap();
        assert_eq!((job.stage, job.changed), (Stage::Published, Some(1)));
        for _ in 0..3 {
            assert_eq!(store.contains(&name(), &goes).unwrap(), is_member, "round {round}");
        }
    }
    stop.store(true, Ordering::Relaxed);
    reader.join().unwrap();

    store.delete_segment(&name(), Caller::default(), |_, _| String::new()).await.unwrap();
    assert_eq!(store.contains(&name(), &goes).unwrap_err().kind(), StoreErrorKind::NotFound);
}

#[tokio::test]
async fn a_list_that_lacks_members_is_not_built_upon() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    publish(&imports, (0..5_000).map(|number| format!("fan-{number}")).collect()).await;
    let lose = |which: &str| {
        let connection = Connection::open(folder.path().join("segments.db")).unwrap();
        assert!(connection.execute(&format!("DELETE FROM blocks{which}"), []).unwrap() > 0);
    };
    let append = async || {
        let rows = ["new"].map(Ok::<_, RowReject>).into_iter();
        imports.publish(name(), Mode::Append, rows, Caller::default()).await
    };
    lose(" WHERE rowid = 2");
    assert_eq!(append().await.unwrap_err().kind(), StoreErrorKind::Corrupt);
    assert_eq!(store.segment(&name()).await.unwrap().unwrap().members, 5_000, "it is as it was");
    lose("");
    assert_eq!(append().await.unwrap_err().kind(), StoreErrorKind::Corrupt);
}

#[tokio::test]
async fn a_list_that_lacks_a_block_is_told_and_not_read_as_a_shorter_one() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let options = ImportOptions { delta_max: 1_000, ..ImportOptions::default() };
    let imports = Imports::start(store.clone(), options).unwrap();
    publish(&imports, (0..5_000).map(|number| format!("fan-{number}")).collect()).await;
    let change = async |mode, ids: std::ops::Range<u32>| {
        let rows = ids.map(|number| Ok::<_, RowReject>(format!("fan-{number}")));
        imports.publish(name(), mode, rows, Caller::default()).await
    };
    change(Mode::Append, 10_000..10_500).await.unwrap();
    change(Mode::Remove, 0..500).await.unwrap();
    let all = Combination { all: vec![name()], ..Combination::default() };
    let expression = Arc::new(r#"segment("season")"#.parse::<Expression>().unwrap());
    for list in ["base", "added", "removed"] {
        let connection = Connection::open(folder.path().join("segments.db")).unwrap();
        let of_it = format!("WHERE list = (SELECT {list} FROM versions ORDER BY import DESC) LIMIT 1");
        let block: (i64, Vec<u8>, i64, Vec<u8>) = connection
            .query_row(&format!("SELECT list, first_id, count, ids FROM blocks {of_it}"), [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .unwrap();
        connection
            .execute("DELETE FROM blocks WHERE first_id = ?1 AND list = ?2", (&block.1, block.0))
            .unwrap();
        let mut errors = vec![
            store.members(&name(), None, 10).await.unwrap_err(),
            store.combine(all.clone(), None, Some(10)).await.unwrap_err(),
            store.combine(all.clone(), None, None).await.unwrap_err(),
            store.select(Arc::clone(&expression), None, None).await.unwrap_err(),
        ];
        if list != "base" {
            let error = change(Mode::Append, 20_000..20_001).await.unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Corrupt);
        }
        while let Some(error) = errors.pop() {
            assert_eq!(error.kind(), StoreErrorKind::Corrupt);
            assert!(error.to_string().contains("blocks of"), "{list}: {error}");
        }
        let found = check(folder.path()).unwrap().findings;
        assert!(found.iter().any(|found| found.what.contains("blocks of")), "{list}: {found:?}");
        connection.execute("INSERT INTO blocks VALUES (?1, ?2, ?3, ?4)", block).unwrap();
    }
    assert_eq!(store.members(&name(), None, 10_000).await.unwrap().len(), 5_000);
}

#[tokio::test]
async fn a_damaged_block_is_told_and_never_read_as_members() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    publish(&imports, (0..1_000).map(|number| format!("fan-{number}")).collect()).await;
    let connection = Connection::open(folder.path().join("segments.db")).unwrap();
    let (block, mut ids): (i64, Vec<u8>) = connection
        .query_row("SELECT rowid, ids FROM blocks ORDER BY first_id", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    *ids.last_mut().unwrap() ^= 1;
    connection.execute("UPDATE blocks SET ids = ?2 WHERE rowid = ?1", (block, ids)).unwrap();

    let user = UserId::new("fan-0").unwrap();
    for error in [
        store.members(&name(), None, 10).await.unwrap_err(),
        store.contains(&name(), &user).unwrap_err(),
        store.segments_of(&user).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), StoreErrorKind::Corrupt);
        assert!(error.to_string().contains("`season`"), "{error}");
        assert!(!error.to_string().contains("fan-"), "{error}");
    }
}

#[tokio::test]
async fn a_segment_that_does_not_exist_is_not_found() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    assert_eq!(store.segment(&name()).await.unwrap(), None);
    assert_eq!(store.members(&name(), None, 10).await.unwrap_err().kind(), StoreErrorKind::NotFound);
    let user = UserId::new("a").unwrap();
    assert_eq!(store.contains(&name(), &user).unwrap_err().kind(), StoreErrorKind::NotFound);
}

#[tokio::test]
async fn a_list_of_many_chunks_is_the_set_of_its_rows() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let options = ImportOptions { chunk_bytes: 64 << 10, ..ImportOptions::default() };
    let imports = Imports::start(store.clone(), options).unwrap();
    // Each number twice, far apart, in an order of its own.
    let ids: Vec<String> =
        (0..400_000_u64).map(|number| format!("fan-{}", number * 7_919 % 200_000)).collect();
    let rows = ids.clone().into_iter().map(Ok::<_, RowReject>);

    let job = imports.publish(name(), Mode::Replace, rows, Caller::default()).await.unwrap();

    assert_eq!((job.total, job.imported, job.duplicate), (Some(400_000), 200_000, 200_000));
    let expected: Vec<String> = ids.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    assert_eq!(all(&store).await, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn rows_are_counted_once_each_and_pages_add_up_to_the_set(
        rows in prop::collection::vec(prop_oneof!["[a-c]{0,3}", "fan [0-9]{1,3}", " x", "\\PC{1,40}"], 1..500),
        chunk_bytes in 100_usize..10_000,
        limit in 1_u32..50,
    ) {
        let valid: Vec<&String> = rows.iter().filter(|row| UserId::validate(row).is_ok()).collect();
        let expected: BTreeSet<String> = valid.iter().map(|id| (*id).clone()).collect();
        let folder = TempDir::new().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (job, pages) = runtime.block_on(async {
            let store = open(&folder);
            let options = ImportOptions { chunk_bytes, ..ImportOptions::default() };
            let imports = Imports::start(store.clone(), options).unwrap();
            let given = rows.clone().into_iter().map(Ok::<_, RowReject>);
            let job = imports.publish(name(), Mode::Replace, given, Caller::default()).await.unwrap();
            let mut pages: Vec<UserId> = Vec::new();
            if job.stage == Stage::Failed {
                return (job, pages);
            }
            loop {
                let page = store.members(&name(), pages.last(), limit).await.unwrap();
                if page.is_empty() {
                    return (job, pages);
                }
                pages.extend(page);
            }
        });
        let count = |number: usize| u64::try_from(number).unwrap();
        prop_assert_eq!(job.total, Some(count(rows.len())));
        prop_assert_eq!(job.rejected, count(rows.len() - valid.len()));
        if expected.is_empty() {
            prop_assert_eq!(job.stage, Stage::Failed);
        } else {
            prop_assert_eq!(job.imported, count(expected.len()));
            prop_assert_eq!(job.duplicate, count(valid.len() - expected.len()));
        }
        prop_assert_eq!(pages.into_iter().map(String::from).collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>());
    }
}
