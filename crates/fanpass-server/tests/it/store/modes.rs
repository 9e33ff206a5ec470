//! Lists that build on one another: append, remove, roll back, delete, against a model of sets.

use std::collections::BTreeSet;

use fanpass_model::{SegmentName, UserId};
use fanpass_server::imports::{ImportOptions, Imports};
use fanpass_server::store::{Caller, ImportJob, Mode, RowReject, Stage, Store, StoreErrorKind};
use proptest::prelude::*;
use tempfile::TempDir;

use super::imports::{members, rows, segment, submit_as};
use super::open;

async fn publish(imports: &Imports, name: &SegmentName, mode: Mode, ids: &BTreeSet<String>) -> ImportJob {
    let rows = ids.clone().into_iter().map(Ok::<_, RowReject>);
    imports.publish(name.clone(), mode, rows, Caller::default()).await.unwrap()
}

#[derive(Debug, Clone)]
enum Step {
    Inline(Mode, BTreeSet<String>),
    File(Mode, BTreeSet<String>),
    /// To the version so many before the present one.
    RollBack(usize),
    Delete,
    Reopen,
}

fn ids() -> impl Strategy<Value = BTreeSet<String>> {
    prop::collection::btree_set(prop_oneof!["[a-c]{1,3}", "fan-[0-9]{1,2}", "x{150}[a-z]{1,2}"], 1..30)
}

fn step() -> impl Strategy<Value = Step> {
    let mode = || prop_oneof![1 => Just(Mode::Replace), 3 => Just(Mode::Append), 3 => Just(Mode::Remove)];
    prop_oneof![
        8 => (mode(), ids()).prop_map(|(mode, ids)| Step::Inline(mode, ids)),
        3 => (mode(), ids()).prop_map(|(mode, ids)| Step::File(mode, ids)),
        2 => (1_usize..4).prop_map(Step::RollBack),
        1 => Just(Step::Delete),
        1 => Just(Step::Reopen),
    ]
}

/// What the service should hold: versions of one segment, the newest last.
#[derive(Debug, Default)]
struct Model(Vec<BTreeSet<String>>);

impl Model {
    fn serve(&mut self, members: BTreeSet<String>, kept: usize) {
        self.0.push(members);
        let surplus = self.0.len().saturating_sub(kept + 1);
        self.0.drain(..surplus);
    }

    /// What an import makes of the present members; `None` if it is to fail.
    fn after(&self, mode: Mode, ids: &BTreeSet<String>) -> Option<BTreeSet<String>> {
        let now = self.0.last();
        match mode {
            Mode::Replace => Some(ids.clone()),
            Mode::Append => Some(now.into_iter().flatten().chain(ids).cloned().collect()),
            _ => Some(now?.difference(ids).cloned().collect()),
        }
    }
}

struct Held {
    folder: TempDir,
    store: Store,
    imports: Imports,
    options: ImportOptions,
}

impl Held {
    fn new(options: ImportOptions) -> Self {
        let folder = TempDir::new().unwrap();
        let store = open(&folder);
        let imports = Imports::start(store.clone(), options.clone()).unwrap();
        Self { folder, store, imports, options }
    }

    /// As a process that starts on what another one left, with ids of its own.
    fn reopen(self) -> Self {
        let Self { folder, store, imports, options } = self;
        drop((imports, store));
        let store = Store::open(folder.path(), super::clock(), fanpass_server::store::Ids::random()).unwrap();
        let imports = Imports::start(store.clone(), options.clone()).unwrap();
        Self { folder, store, imports, options }
    }

    async fn take(&self, name: &SegmentName, model: &mut Model, step: &Step) {
        let kept = usize::try_from(self.options.versions_kept).unwrap();
        match step {
            Step::Inline(mode, ids) => {
                let job = publish(&self.imports, name, *mode, ids).await;
                judge(model, &job, *mode, ids, kept);
            }
            Step::File(mode, ids) => {
                let content: Vec<&str> = ids.iter().map(String::as_str).collect();
                let content = format!("user_id\n{}\n", content.join("\n"));
                let id = submit_as(&self.imports, name, *mode, content.as_bytes()).await.id;
                let job = loop {
                    let job = self.store.import_job(&id).await.unwrap().unwrap();
                    if job.stage.is_end() {
                        break job;
                    }
                    tokio::task::yield_now().await;
                };
                judge(model, &job, *mode, ids, kept);
            }
            Step::RollBack(back) => {
                let versions = self.store.versions(name).await.ok();
                let target = versions.as_ref().and_then(|versions| Some(versions.get(*back)?.version));
                let rolled = match target {
                    Some(version) => {
                        self.imports
                            .roll_back(name, Some(version), Caller::default(), |_| String::new())
                            .await
                    }
                    None => {
                        self.imports
                            .roll_back(name, Some(u64::MAX), Caller::default(), |_| String::new())
                            .await
                    }
                };
                let earlier = model.0.iter().rev().nth(*back).cloned();
                assert_eq!(rolled.is_ok(), earlier.is_some(), "{rolled:?}");
                if let Some(members) = earlier {
                    model.serve(members, kept);
                }
            }
            Step::Delete => {
                let deleted = self.store.delete_segment(name, Caller::default(), |_, _| String::new()).await;
                let members = model.0.last().map(|members| u64::try_from(members.len()).unwrap());
                assert_eq!(deleted.map(|(_, members)| members).ok(), members);
                model.0.clear();
            }
            Step::Reopen => {}
        }
    }

    /// Holds everything that can be asked against the model.
    async fn check(&self, name: &SegmentName, model: &Model) {
        let Some(now) = model.0.last() else {
            assert_eq!(self.store.segment(name).await.unwrap(), None);
            return;
        };
        let expected: Vec<String> = now.iter().cloned().collect();
        assert_eq!(members(&self.store, name, 7).await, expected);
        let record = self.store.segment(name).await.unwrap().unwrap();
        assert_eq!(record.members, u64::try_from(expected.len()).unwrap());
        let versions = self.store.versions(name).await.unwrap();
        let counts: Vec<_> = versions.iter().map(|version| version.members).collect();
        let expected: Vec<_> =
            model.0.iter().rev().map(|members| u64::try_from(members.len()).unwrap()).collect();
        assert_eq!(counts, expected);
        assert_eq!(versions.iter().filter(|version| version.served).count(), 1);
        for id in ["a", "ab", "fan-1", "fan-7"].map(str::to_owned).iter().chain(now.iter().take(3)) {
            let user = UserId::new(id.clone()).unwrap();
            assert_eq!(self.store.contains(name, &user).unwrap(), now.contains(id), "{id}");
            assert_eq!(self.store.segments_of(&user).await.unwrap().contains(name), now.contains(id), "{id}");
        }
    }
}

fn judge(model: &mut Model, job: &ImportJob, mode: Mode, ids: &BTreeSet<String>, kept: usize) {
    let Some(members) = model.after(mode, ids) else {
        assert_eq!(job.stage, Stage::Failed);
        return;
    };
    assert_eq!((job.stage, job.mode), (Stage::Published, mode), "{:?}", job.message);
    assert_eq!(job.total, Some(job.imported + job.duplicate + job.rejected));
    let before = model.0.last().map_or(0, BTreeSet::len);
    let changed = u64::try_from(before.abs_diff(members.len())).unwrap();
    assert_eq!(job.changed, (mode != Mode::Replace).then_some(changed));
    model.serve(members, kept);
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
