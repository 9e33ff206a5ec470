//! A survey of a whole source: what is to be sent, and that it is enough.

use std::collections::{BTreeMap, BTreeSet};

use fanpass_model::{AttributeValue, UserId, UserProperties};
use fanpass_sync::{Changes, Deliveries, KnownValues, Ledger, Verdict};
use proptest::prelude::*;

use crate::folder::{Folder, Update, open, update};

fn survey(ledger: &mut Ledger, updates: &[Update]) -> Changes {
    let folder = tempfile::tempdir().unwrap();
    let mut survey = ledger.survey(folder.path()).unwrap();
    for (user, properties) in updates {
        survey.add(user, properties).unwrap();
    }
    survey.finish().unwrap()
}

/// The verdict on each update, with what of it counts.
fn verdicts(changes: &Changes, updates: &[Update]) -> Vec<(Verdict, UserProperties)> {
    let mut verdicts = changes.verdicts().unwrap();
    let mut judged = |(_, properties): &Update| {
        let mut properties = properties.clone();
        (verdicts.next_verdict(&mut properties).unwrap(), properties)
    };
    updates.iter().map(&mut judged).collect()
}

fn marked(changes: &Changes, updates: &[Update]) -> Vec<usize> {
    let verdicts = verdicts(changes, updates);
    (0..updates.len()).filter(|&at| verdicts[at].0 == Verdict::Send).collect()
}

#[test]
fn each_update_is_of_one_kind() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    ledger
        .acknowledge(&[
            update("same", &[("custom.a", "x".into())]),
            update("other", &[("custom.a", "x".into())]),
            update("gone", &[("custom.a", "x".into())]),
        ])
        .unwrap();
    let updates = [
        update("new", &[("custom.a", "x".into())]),
        update("same", &[("custom.a", "x".into())]),
        update("other", &[("custom.a", "y".into()), ("custom.b", AttributeValue::Unset)]),
        update("gone", &[("custom.a", AttributeValue::Unset)]),
        update("new", &[("custom.a", "z".into())]),
    ];
    let changes = survey(&mut ledger, &updates);
    assert_eq!(
        marked(&changes, &updates),
        [2, 3, 4],
        "the first update of `new` is overridden by its second"
    );
    let Changes { added, changed, send, unchanged, duplicate, .. } = changes;
    assert_eq!((added, changed, send, unchanged, duplicate), (1, 2, 3, 1, 1));
    let values: Vec<_> = changes.values.iter().map(|(key, values)| (key.as_str(), *values)).collect();
    assert_eq!(values, [("custom.a", KnownValues { held: 3, cleared: 1, changed: 1 })]);
}

#[test]
fn a_value_that_goes_to_and_fro_ends_as_the_last_row_says() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    ledger.acknowledge(&[update("1", &[("custom.a", 2.into())])]).unwrap();
    let fro = [update("1", &[("custom.a", 1.into())]), update("1", &[("custom.a", 2.into())])];
    assert_eq!(marked(&survey(&mut ledger, &fro), &fro), [0_usize; 0], "nothing is different at the end");
    let with_more = [
        update("1", &[("custom.a", 1.into()), ("custom.b", 5.into())]),
        update("1", &[("custom.a", 2.into())]),
    ];
    let changes = survey(&mut ledger, &with_more);
    let b = update("1", &[("custom.b", 5.into())]).1;
    assert_eq!(
        verdicts(&changes, &with_more),
        [(Verdict::Send, b), (Verdict::Unchanged, with_more[1].1.clone())],
        "the first one's `a` does not count"
    );
    assert_eq!((changes.added, changes.changed), (0, 1), "users are counted");
}

#[test]
fn a_rejected_row_is_overtaken_by_a_later_update_of_its_user() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    let spill = tempfile::tempdir().unwrap();
    let mut survey = ledger.survey(spill.path()).unwrap();
    let [one, other] = ["1", "2"].map(|user| update(user, &[("custom.a", "x".into())]));
    survey.add_rejected(&one.0).unwrap();
    survey.add(&other.0, &other.1).unwrap();
    survey.add(&one.0, &one.1).unwrap();
    survey.add_rejected(&one.0).unwrap();
    survey.add_rejected(&other.0).unwrap();
    let changes = survey.finish().unwrap();
    let mut verdicts = changes.verdicts().unwrap();
    let found: Vec<_> = (0..5).map(|_| verdicts.next_verdict(&mut UserProperties::new()).unwrap()).collect();
    let (send, none) = (Verdict::Send, Verdict::Unchanged);
    assert_eq!(found, [Verdict::Overtaken, send, send, none, none]);
    assert_eq!((changes.send, changes.unchanged, changes.duplicate, changes.added), (2, 0, 0, 2));
}

fn value() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![Just(AttributeValue::Unset), (0..3_i64).prop_map(Into::into)]
}

fn updates() -> impl Strategy<Value = Vec<Update>> {
    let properties = prop::collection::vec(
        (prop::sample::select(vec!["custom.a", "custom.b", "custom.c"]), value()),
        1..3,
    );
    let one = (0..12_u8, properties).prop_map(|(user, properties)| update(&user.to_string(), &properties));
    prop::collection::vec(one, 0..40)
}

fn apply(service: &mut BTreeMap<UserId, UserProperties>, (user, sent): &Update) {
    let record = service.entry(user.clone()).or_default();
    for (key, value) in sent {
        record.insert(key.clone(), value.clone());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_order_a_night_is_answered_in_the_last_value_of_each_attribute_stands(
        nights in prop::collection::vec((updates(), any::<prop::sample::Index>()), 1..4),
    ) {
        let folder = Folder::new();
        let mut ledger = open(&folder.ledger());
        let (mut service, mut wanted) = (BTreeMap::new(), BTreeMap::new());
        for (source, first) in nights {
            for one in &source {
                apply(&mut wanted, one);
            }
            let changes = survey(&mut ledger, &source);
            let verdicts = verdicts(&changes, &source);
            let count = |verdict| u64::try_from(verdicts.iter().filter(|(found, _)| *found == verdict).count()).unwrap();
            prop_assert_eq!(changes.send, count(Verdict::Send));
            prop_assert_eq!(changes.unchanged, count(Verdict::Unchanged));
            prop_assert_eq!(changes.duplicate, count(Verdict::Duplicate));
            let users = |updates: &[Update]| {
                u64::try_from(updates.iter().map(|(user, _)| user).collect::<BTreeSet<_>>().len()).unwrap()
            };

            let sent: Vec<Update> = source
                .iter()
                .zip(verdicts)
                .filter(|(_, (verdict, _))| *verdict == Verdict::Send)
                .map(|((user, _), (_, counts))| (user.clone(), counts))
                .collect();
            prop_assert_eq!(changes.added + changes.changed, users(&sent));
            let mut deliveries = Deliveries::new(ledger);
            let mut under_way = deliveries.take(sent).unwrap();
            prop_assert!(under_way.iter().all(|taken| !taken.change.is_empty()), "nothing is sent for nothing");
            if !under_way.is_empty() {
                let first = first.index(under_way.len());
                under_way.rotate_left(first);
            }
            for taken in under_way {
                apply(&mut service, &(taken.user, taken.change));
                deliveries.settle(taken.receipt, true).unwrap();
            }
            prop_assert_eq!(&service, &wanted);
            ledger = deliveries.into_ledger().unwrap();
            prop_assert_eq!(survey(&mut ledger, &source).send, 0, "the same file sends nothing");
        }
    }
}
