//! Lists that build on one another: append, remove, roll back, delete, against a model of sets.

mod model;

use std::collections::BTreeSet;

use fanpass_model::SegmentName;
use fanpass_server::imports::{ImportOptions, Imports};
use fanpass_server::store::{Caller, ImportJob, Mode, RowReject, StoreErrorKind};
use proptest::prelude::*;

use super::imports::{members, rows, segment};
use model::{Held, Model, Step, step};

async fn publish(imports: &Imports, name: &SegmentName, mode: Mode, ids: &BTreeSet<String>) -> ImportJob {
    let rows = ids.clone().into_iter().map(Ok::<_, RowReject>);
    imports.publish(name.clone(), mode, rows, Caller::default()).await.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn imports_rollbacks_and_restarts_make_what_sets_make(
        steps in prop::collection::vec(step(), 1..14),
        delta_max in prop_oneof![Just(0_usize), 1_usize..12],
        versions_kept in 0_u32..3,
        chunk_bytes in 100_usize..2_000,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let name = segment("season");
            let mut model = Model::default();
            let mut held =
                Held::new(ImportOptions { chunk_bytes, delta_max, versions_kept, ..ImportOptions::default() });
            for step in &steps {
                held.take(&name, &mut model, step).await;
                if matches!(step, Step::Reopen) {
                    held = held.reopen();
                }
                held.check(&name, &model).await;
            }
            // A worker drops what it replaced after its end can be seen.
            held.imports.finish().await;
            held.store.swept().await.unwrap();
            let connection = rusqlite::Connection::open(held.folder.path().join("segments.db")).unwrap();
            let lost: i64 = connection
                .query_row(
                    "SELECT count(*) FROM lists WHERE list NOT IN (SELECT base FROM versions UNION ALL \
                     SELECT added FROM versions WHERE added NOT NULL UNION ALL \
                     SELECT removed FROM versions WHERE removed NOT NULL)",
                    [],
                    |row| row.get(0),
                )
                .unwrap();
            assert_eq!(lost, 0, "lists that no version names are deleted");
        });
    }
}

#[tokio::test]
async fn many_ids_are_merged_into_a_list_of_their_own() {
    let held = Held::new(ImportOptions { chunk_bytes: 64 << 10, ..ImportOptions::default() });
    let name = segment("season");
    let numbers = |range: std::ops::Range<u32>| -> BTreeSet<String> {
        range.map(|number| format!("fan-{number:06}")).collect()
    };
    publish(&held.imports, &name, Mode::Replace, &numbers(0..50_000)).await;
    let added = publish(&held.imports, &name, Mode::Append, &numbers(40_000..70_000)).await;
    assert_eq!((added.imported, added.changed), (30_000, Some(20_000)));
    let removed = publish(&held.imports, &name, Mode::Remove, &numbers(10_000..60_000)).await;
    assert_eq!((removed.imported, removed.changed), (50_000, Some(50_000)));
    let few = publish(&held.imports, &name, Mode::Append, &numbers(9_990..10_010)).await;
    assert_eq!((few.imported, few.changed), (20, Some(10)));
    let expected: Vec<String> = numbers(0..10_010).into_iter().chain(numbers(60_000..70_000)).collect();
    assert_eq!(members(&held.store, &name, 1_000).await, expected);
}

#[tokio::test]
async fn a_rollback_is_a_version_that_can_be_rolled_back() {
    let held = Held::new(ImportOptions::default());
    let name = segment("season");
    for ids in [&["a"][..], &["b", "c"]] {
        held.imports.publish(name.clone(), Mode::Replace, rows(ids), Caller::default()).await.unwrap();
    }
    let back = held.imports.roll_back(&name, None, Caller::default(), |_| String::new()).await.unwrap();
    assert_eq!((back.mode, back.members, back.served), (Mode::Rollback, 1, true));
    assert_eq!(members(&held.store, &name, 10).await, ["a"]);
    held.imports.roll_back(&name, None, Caller::default(), |_| String::new()).await.unwrap();
    assert_eq!(members(&held.store, &name, 10).await, ["b", "c"]);

    let served = held.store.segment(&name).await.unwrap().unwrap().version;
    let error =
        held.imports.roll_back(&name, Some(served), Caller::default(), |_| String::new()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Conflict);
    let error = held
        .imports
        .roll_back(&segment("none"), None, Caller::default(), |_| String::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::NotFound);
}
