//! The ledger against a map, with processes that end and are killed in between.

use std::collections::{BTreeMap, HashMap};

use fanpass_model::{AttributeKey, AttributeValue, UserId, UserProperties};
use fanpass_sync::Ledger;
use proptest::prelude::*;

use crate::folder::{Folder, Update, open, update};

#[derive(Debug, Clone)]
enum Step {
    Plan(Vec<Update>),
    Take(Vec<Update>),
    Acknowledge(Vec<Update>),
    /// All users leave.
    Leave,
    /// The process ends as it should.
    Reopen,
    /// The process is killed.
    Kill,
}

const KEYS: [&str; 3] = ["custom.a", "custom.b", "user_properties.c"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let value = prop_oneof![
        Just(AttributeValue::Unset),
        (0..3_i64).prop_map(AttributeValue::from),
        "[ab]".prop_map(AttributeValue::from),
    ];
    let key = prop::sample::select(KEYS.to_vec());
    let one = (0..4_u8, prop::collection::vec((key, value), 0..4))
        .prop_map(|(user, attributes)| update(&user.to_string(), &attributes));
    let batch = || prop::collection::vec(one.clone(), 0..6);
    let step = prop_oneof![
        3 => batch().prop_map(Step::Plan),
        3 => batch().prop_map(Step::Take),
        4 => batch().prop_map(Step::Acknowledge),
        2 => Just(Step::Leave),
        1 => Just(Step::Reopen),
        1 => Just(Step::Kill),
    ];
    prop::collection::vec(step, 1..24)
}

/// What was acknowledged; of what was taken since, only that it was some value.
type Model = HashMap<(UserId, AttributeKey), Option<AttributeValue>>;

/// What differs from the model, which holds it in doubt.
fn differs(model: &mut Model, batch: &[Update]) -> Vec<UserProperties> {
    let mut part = |(user, properties): &Update| {
        let changed = properties.iter().filter(|(key, value)| {
            let place = (user.clone(), (*key).clone());
            let known = model.remove(&place);
            let same = known.as_ref().and_then(Option::as_ref) == Some(*value);
            if let Some(known) = known.filter(|known| same || *known != Some(AttributeValue::Unset)) {
                model.insert(place, known.filter(|_| same));
            }
            !same
        });
        changed.map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    batch.iter().map(&mut part).collect()
}

/// What these users would lose of these keys.
pub(crate) fn lost(
    ledger: &mut Ledger,
    users: &[&str],
    keys: &[&'static str],
) -> BTreeMap<String, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let mut departures = ledger.departures(folder.path());
    for user in users {
        departures.add(&UserId::new(*user).unwrap()).unwrap();
    }
    let keys: Vec<_> = keys.iter().map(|key| AttributeKey::new(*key).unwrap()).collect();
    let mut lost = BTreeMap::new();
    let each = |user: UserId, unset: UserProperties| {
        assert!(unset.iter().all(|(_, value)| *value == AttributeValue::Unset), "{unset:?}");
        lost.insert(user.into(), unset.iter().map(|(key, _)| key.to_string()).collect());
    };
    departures.finish(ledger, &keys, each).unwrap();
    lost
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn it_is_a_map_that_survives_everything(steps in steps()) {
        let mut model = Model::new();
        let mut folder = Folder::new();
        let mut ledger = open(&folder.ledger());
        for step in steps {
            match step {
                Step::Plan(batch) => {
                    prop_assert_eq!(ledger.changed_part(&batch).unwrap(), differs(&mut model.clone(), &batch));
                }
                Step::Take(batch) => {
                    prop_assert_eq!(ledger.take_changes(&batch).unwrap(), differs(&mut model, &batch));
                }
                Step::Acknowledge(batch) => {
                    ledger.acknowledge(&batch).unwrap();
                    for (user, properties) in batch {
                        model.extend(properties.into_iter().map(|(key, value)| ((user.clone(), key), Some(value))));
                    }
                }
                Step::Leave => {
                    let mut held: BTreeMap<String, Vec<String>> = BTreeMap::new();
                    for ((user, key), value) in &model {
                        if key.as_str() != KEYS[2] && *value != Some(AttributeValue::Unset) {
                            held.entry(user.to_string()).or_default().push(key.to_string());
                        }
                    }
                    for keys in held.values_mut() {
                        keys.sort();
                    }
                    prop_assert_eq!(lost(&mut ledger, &["0", "1", "2", "3"], &KEYS[..2]), held);
                }
                Step::Reopen => {
                    drop(ledger);
                    ledger = open(&folder.ledger());
                }
                Step::Kill => {
                    let killed = folder.killed();
                    drop(ledger);
                    folder = killed;
                    ledger = open(&folder.ledger());
                }
            }
        }
    }
}
