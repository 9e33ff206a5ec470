//! A survey of a whole source: what is to be sent, and that it is enough.

use std::collections::BTreeMap;

use fanpass_model::{AttributeValue, UserProperties};
use fanpass_sync::{Changes, Ledger, Verdict};
use proptest::prelude::*;

use crate::ledger::{Folder, Update, open, update};

fn survey(ledger: &mut Ledger, updates: &[Update]) -> Changes {
    let folder = tempfile::tempdir().unwrap();
    let mut survey = ledger.survey(folder.path()).unwrap();
    for (user, properties) in updates {
        survey.add(user, properties).unwrap();
    }
    survey.finish().unwrap()
}

fn of(changes: &Changes, updates: &[Update], verdict: Verdict) -> Vec<usize> {
    (0..updates.len()).filter(|&at| changes.verdict(u64::try_from(at).unwrap()) == verdict).collect()
}

fn marked(changes: &Changes, updates: &[Update]) -> Vec<usize> {
    of(changes, updates, Verdict::Send)
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
    let Changes { added, changed, cleared, unchanged, duplicate, .. } = changes;
    assert_eq!((added, changed, cleared, unchanged, duplicate), (1, 1, 1, 1, 1));
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
    assert_eq!(
        marked(&survey(&mut ledger, &with_more), &with_more),
        [0, 1],
        "the second takes the first one's `a` back"
    );
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_marked_is_enough_and_every_update_is_counted(before in updates(), source in updates()) {
        let folder = Folder::new();
        let mut ledger = open(&folder.ledger());
        let mut service: BTreeMap<_, UserProperties> = BTreeMap::new();
        let apply = |service: &mut BTreeMap<_, UserProperties>, (user, sent): &Update| {
            let record = service.entry(user.clone()).or_default();
            for (key, value) in sent {
                record.insert(key.clone(), value.clone());
            }
        };
        for one in &before {
            ledger.acknowledge(std::slice::from_ref(one)).unwrap();
            apply(&mut service, one);
        }
        let changes = survey(&mut ledger, &source);
        let marks = marked(&changes, &source);
        prop_assert_eq!(changes.count() + changes.unchanged + changes.duplicate, u64::try_from(source.len()).unwrap());
        prop_assert_eq!(changes.count(), u64::try_from(marks.len()).unwrap());
        let duplicates = of(&changes, &source, Verdict::Duplicate);
        prop_assert_eq!(changes.duplicate, u64::try_from(duplicates.len()).unwrap());

        let mut wanted = service.clone();
        for one in &source {
            apply(&mut wanted, one);
        }
        for at in marks {
            let one = &source[at];
            let change = ledger.take_changes(std::slice::from_ref(one)).unwrap().remove(0);
            let sent = (one.0.clone(), change);
            apply(&mut service, &sent);
            ledger.acknowledge(&[sent]).unwrap();
        }
        prop_assert_eq!(&service, &wanted);
        let again = survey(&mut ledger, &source);
        prop_assert_eq!(again.count(), 0, "a second run sends nothing");
    }
}
