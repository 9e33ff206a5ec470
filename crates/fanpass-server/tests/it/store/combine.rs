//! Combinations of segments, and lookups, against sets.

use std::collections::BTreeSet;

use fanpass_model::{SegmentName, UserId};
use fanpass_server::imports::{ImportOptions, Imports};
use fanpass_server::store::{Caller, Combination, Mode, RowReject, Store, StoreErrorKind};
use proptest::prelude::*;
use tempfile::TempDir;

use super::imports::segment;
use super::open;

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

type Set = BTreeSet<String>;

/// Long ids make many blocks of few.
fn ids() -> impl Strategy<Value = Set> {
    prop::collection::btree_set(prop_oneof!["[a-c]{1,3}", "[a-d]{1,2}x{180}[0-9]{2}", "\\PC{1,9}"], 1..80)
        .prop_map(|ids| ids.into_iter().filter(|id| UserId::validate(id).is_ok()).collect::<Set>())
        .prop_filter("an empty list is refused", |ids| !ids.is_empty())
}

async fn fill(imports: &Imports, sets: &[(Set, Set)]) -> Vec<Set> {
    let mut members = Vec::new();
    for (name, (ids, changes)) in NAMES.iter().zip(sets) {
        let publish = async |mode, ids: &Set| {
            let rows = ids.clone().into_iter().map(Ok::<_, RowReject>);
            imports.publish(segment(name), mode, rows, Caller::default()).await.unwrap();
        };
        publish(Mode::Replace, ids).await;
        // Half of the changes stand beside the list as removed, half as added.
        let (removed, added): (Set, Set) = (ids.iter().step_by(3).cloned().collect(), changes.clone());
        publish(Mode::Remove, &removed).await;
        publish(Mode::Append, &added).await;
        members.push(ids.difference(&removed).chain(&added).cloned().collect());
    }
    members
}

async fn walk(store: &Store, combination: &Combination, limit: Option<u32>) -> (Vec<String>, u64) {
    let (mut users, mut count, mut after) = (Vec::new(), 0, None);
    loop {
        let part = store.combine(combination.clone(), after.as_ref(), limit).await.unwrap();
        users.extend(part.users.into_iter().map(String::from));
        count += part.count;
        match part.next {
            Some(next) => after = Some(next),
            None => return (users, count),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn combinations_are_those_of_sets(
        sets in prop::collection::vec((ids(), ids()), 4),
        roles in prop::collection::vec(0_u8..4, 4),
        delta_max in prop_oneof![Just(0_usize), Just(1_000)],
        limit in 1_u32..40,
    ) {
        let folder = TempDir::new().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let of = |role: u8| -> Vec<SegmentName> {
            NAMES.iter().zip(&roles).filter(|(_, other)| **other == role).map(|(name, _)| segment(name)).collect()
        };
        let combination = Combination { all: of(0), any: of(1), none: of(2) };
        let (members, listed, counted) = runtime.block_on(async {
            let store = open(&folder);
            let options = ImportOptions { delta_max, ..ImportOptions::default() };
            let imports = Imports::start(store.clone(), options).unwrap();
            let members = fill(&imports, &sets).await;
            let listed = walk(&store, &combination, Some(limit)).await;
            let counted = walk(&store, &combination, None).await;
            (members, listed, counted)
        });
        let set = |name: &SegmentName| &members[NAMES.iter().position(|other| *other == name.as_str()).unwrap()];
        let everybody: Set = members.iter().flatten().cloned().collect();
        let expected: Vec<String> = everybody.into_iter().filter(|id| {
            let Combination { all, any, none } = &combination;
            !(all.is_empty() && any.is_empty())
                && all.iter().all(|name| set(name).contains(id))
                && (any.is_empty() || any.iter().any(|name| set(name).contains(id)))
                && !none.iter().any(|name| set(name).contains(id))
        }).collect();
        let count = u64::try_from(expected.len()).unwrap();
        prop_assert_eq!(counted, (Vec::new(), count));
        prop_assert_eq!(listed, (expected, count));
    }
}

#[tokio::test]
async fn a_segment_that_is_not_there_is_said() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let nobody = Combination { any: vec![segment("nobody")], ..Combination::default() };
    assert_eq!(store.combine(nobody, None, None).await.unwrap_err().kind(), StoreErrorKind::NotFound);
}
