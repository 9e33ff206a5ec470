//! The copy held against the users themselves, whatever happened to both.

mod anew;
mod flips;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use fanpass_model::{AttributeKey, AttributeValue, UserId, UserProperties};
use fanpass_testkit::Chance;
use futures_util::future::join_all;
use tempfile::TempDir;

use super::{Columns, Overlay};
use crate::store::{AuditEntry, Clock, Ids, Store, StoreError, Trace, check};

const KEYS: [&str; 4] =
    ["user_properties.tier", "user_properties.spend", "user_properties.teams", "user_properties.sth"];

type Users = BTreeMap<String, UserProperties>;

fn open(folder: &Path) -> Store {
    Store::open(folder, Clock::system(), Ids::random()).unwrap()
}

fn audit() -> AuditEntry {
    AuditEntry { operation: "updateUser".to_owned(), status: 200, ..AuditEntry::default() }
}

fn key(text: &str) -> AttributeKey {
    AttributeKey::new(text.to_owned()).unwrap()
}

/// Users with what they carry, in order.
type Carried = Vec<(String, Vec<(&'static str, AttributeValue)>)>;

/// All users as the copy has them.
fn copied(store: &Store, threads: usize) -> Carried {
    read_all(store, threads).unwrap()
}

fn read_all(store: &Store, threads: usize) -> Result<Carried, StoreError> {
    let parts = store.0.columns.read("read all", ("", usize::MAX), threads, |view, blocks| {
        let keys: Vec<_> = KEYS.iter().map(|text| (*text, view.key(&key(text)))).collect();
        let mut users = Vec::new();
        for index in blocks {
            let block = view.block(index).unwrap();
            let mut overlay = block.overlay()?;
            let mut overlay = Overlay::read(&mut overlay)?;
            let (mut ids, mut codes) = (block.ids()?, Vec::new());
            let mut rows: BTreeMap<String, Vec<_>> = BTreeMap::new();
            for place in 0..block.users() {
                rows.insert(ids.at(place)?.to_owned(), Vec::new());
            }
            for (text, number) in &keys {
                let Some(column) = number.map(|number| block.column(number)).transpose()?.flatten() else {
                    continue;
                };
                column.codes(&mut codes);
                for (code, values) in codes.iter().zip(rows.values_mut()) {
                    values.extend(column.value(*code).map(|value| (*text, value.into_attribute())));
                }
            }
            while let Some(user) = overlay.step()? {
                let value =
                    |(text, number): &(_, Option<_>)| Some((*text, user.value((*number)?)?.into_attribute()));
                rows.insert(user.id.clone(), keys.iter().filter_map(value).collect());
            }
            users.extend(rows);
        }
        Ok(users)
    });
    Ok(parts?.into_iter().flatten().collect())
}

fn expected(users: &Users) -> Carried {
    let of = |properties: &UserProperties| {
        KEYS.iter().filter_map(|text| Some((*text, properties.get(text)?.clone()))).collect()
    };
    users.iter().map(|(id, properties)| (id.clone(), of(properties))).collect()
}

fn wait<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

fn check_use(store: &Store, users: &Users) {
    for text in KEYS {
        let found = wait(store.attribute_use(&key(text), 5)).unwrap();
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for value in users.values().filter_map(|properties| properties.get(text)) {
            *counts.entry(serde_json::to_string(value).unwrap()).or_default() += 1;
        }
        assert_eq!(found.users, counts.values().sum::<u64>(), "{text}");
        assert_eq!(found.distinct, u64::try_from(counts.len()).ok(), "{text}");
        assert_eq!(found.values.len(), counts.len().min(5));
        let mut least = u64::MAX;
        for (value, users) in found.values {
            assert_eq!(counts.remove(&serde_json::to_string(&value).unwrap()), Some(users), "{text}");
            assert!(users <= least);
            least = users;
        }
        assert!(counts.values().all(|left| *left <= least), "{text}");
    }
}

/// Folds some blocks of what waits, however little that is.
fn fold(store: &Store, steps: usize) {
    let mut copy = store.0.columns.kept.current().unwrap();
    let copy = copy.as_mut().unwrap();
    copy.waiting_max = 0;
    for _ in 0..steps {
        if !copy.fold().unwrap() {
            return;
        }
    }
}

impl Columns {
    /// Folds all that waits.
    pub(in crate::store) fn fold_all(&self) {
        let mut copy = self.kept.current().unwrap();
        let copy = copy.as_mut().unwrap();
        copy.waiting_max = 0;
        while copy.fold().unwrap() {}
    }
}

/// A user whose id is one of some ten thousand.
fn user(chance: &mut Chance) -> UserId {
    UserId::new(format!("fan-{:05}", chance.below(3_000) * 3)).unwrap()
}

fn value(text: &str, chance: &mut Chance) -> AttributeValue {
    if chance.one_in(5) {
        return AttributeValue::Unset;
    }
    match text {
        "user_properties.tier" => (*chance.pick(&["bronze", "silver", "gold", "Ünïcode \"quoted\""])).into(),
        "user_properties.spend" if chance.one_in(2) => {
            AttributeValue::Number(serde_json::Number::from_f64(0.25).unwrap())
        }
        "user_properties.spend" => i64::try_from(chance.below(100_000)).unwrap().into(),
        "user_properties.teams" => vec!["a".to_owned(), "b".to_owned()][..chance.place(3)].to_vec().into(),
        _ => (chance.one_in(2)).into(),
    }
}

fn update(store: &Store, users: &mut Users, chance: &mut Chance, updates: usize) {
    let mut calls = Vec::new();
    for _ in 0..updates {
        let id = user(chance);
        let changes: UserProperties = KEYS
            .iter()
            .filter_map(|text| if chance.one_in(2) { Some((key(text), value(text, chance))) } else { None })
            .collect();
        let stored = users.entry(id.to_string()).or_default();
        for (key, value) in &changes {
            stored.insert(key.clone(), value.clone());
        }
        stored.retain(|_, value| *value != AttributeValue::Unset);
        calls.push(async move { store.upsert_user(&id, &changes, audit()).await.unwrap() });
    }
    wait(join_all(calls));
}

fn erase(store: &Store, id: &str) {
    let trace = |_| Trace::from(audit());
    wait(store.erase_user(&UserId::new(id).unwrap(), id, trace)).unwrap();
}

#[test]
fn the_copy_is_the_users_after_any_updates_erasures_folds_and_restarts() {
    let folder = TempDir::new().unwrap();
    let (mut store, mut users, mut chance) = (open(folder.path()), Users::new(), Chance::new(20_261_127));
    for round in 0..24 {
        let updates = *chance.pick(&[1, 30, 700]);
        update(&store, &mut users, &mut chance, updates);
        for _ in 0..chance.below(4) {
            let id = user(&mut chance);
            erase(&store, id.as_str());
            users.remove(id.as_str());
        }
        match chance.below(5) {
            0 => {
                drop(store);
                store = open(folder.path());
            }
            1 => {
                drop(store);
                fs::remove_file(folder.path().join("columns.db")).unwrap_or_default();
                store = open(folder.path());
            }
            2 => fold(&store, 1 + chance.place(3)),
            _ => {}
        }
        // Whatever of it the copy knows by now.
        assert_eq!(check(folder.path()).unwrap().findings, [], "round {round}");
        assert_eq!(copied(&store, 1 + chance.place(3)), expected(&users), "round {round}");
        check_use(&store, &users);
    }
    drop(store);
    let check = check(folder.path()).unwrap();
    assert_eq!(check.findings, []);
}

#[test]
fn what_is_erased_is_gone_from_the_files() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path());
    let mut chance = Chance::new(1);
    let secret = |number: u32| (format!("erased-{number:05}"), format!("secret-{number:05}"));
    let mut users = Users::new();
    update(&store, &mut users, &mut chance, 500);
    for number in 0..3 {
        let (id, text) = secret(number);
        let changes = UserProperties::from_iter([(key("user_properties.tier"), text.as_str().into())]);
        wait(store.upsert_user(&UserId::new(id).unwrap(), &changes, audit())).unwrap();
        // One in a block that was built, one in a block it was folded into, one in the overlay.
        match number {
            0 => drop(copied(&store, 1)),
            1 => {
                fold(&store, 100);
            }
            _ => assert_eq!(copied(&store, 1).len(), users.len() + 3),
        }
    }
    for number in 0..3 {
        erase(&store, &secret(number).0);
    }
    assert_eq!(copied(&store, 2), expected(&users));
    drop(store);
    for file in ["columns.db", "service.db"] {
        let bytes = fs::read(folder.path().join(file)).unwrap();
        for number in 0..3 {
            let (id, text) = secret(number);
            for secret in [id, text] {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{file} still holds {secret}");
            }
        }
    }
    assert_eq!(check(folder.path()).unwrap().findings, []);
}

#[test]
fn records_too_long_to_be_sorted_are_copied_as_well() {
    let folder = TempDir::new().unwrap();
    let (store, mut users) = (open(folder.path()), Users::new());
    for number in 0..3 {
        let teams: Vec<_> = (0..250).map(|team| format!("{team}{}", "x".repeat(400))).collect();
        let changes = UserProperties::from_iter([(key("user_properties.teams"), teams.into())]);
        let id = UserId::new(format!("long-{number}")).unwrap();
        wait(store.upsert_user(&id, &changes, audit())).unwrap();
        users.insert(id.into(), changes);
    }
    assert_eq!(copied(&store, 1), expected(&users));
}
