//! What a segment should hold, as sets, and a store that is held against it step by step.

use std::collections::BTreeSet;

use fanpass_model::{SegmentName, UserId};
use fanpass_server::imports::{ImportOptions, Imports};
use fanpass_server::store::{Caller, Ids, ImportJob, Mode, Stage, Store};
use proptest::prelude::*;
use tempfile::TempDir;

use super::publish;
use crate::store::imports::{members, submit_as};
use crate::store::{clock, open};

#[derive(Debug, Clone)]
pub enum Step {
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

pub fn step() -> impl Strategy<Value = Step> {
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
pub struct Model(Vec<BTreeSet<String>>);

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

pub struct Held {
    pub folder: TempDir,
    pub store: Store,
    pub imports: Imports,
    options: ImportOptions,
}

impl Held {
    pub fn new(options: ImportOptions) -> Self {
        let folder = TempDir::new().unwrap();
        let store = open(&folder);
        let imports = Imports::start(store.clone(), options.clone()).unwrap();
        Self { folder, store, imports, options }
    }

    /// As a process that starts on what another one left, with ids of its own.
    pub fn reopen(self) -> Self {
        let Self { folder, store, imports, options } = self;
        drop((imports, store));
        let store = Store::open(folder.path(), clock(), Ids::random()).unwrap();
        let imports = Imports::start(store.clone(), options.clone()).unwrap();
        Self { folder, store, imports, options }
    }

    pub async fn take(&self, name: &SegmentName, model: &mut Model, step: &Step) {
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
    pub async fn check(&self, name: &SegmentName, model: &Model) {
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
