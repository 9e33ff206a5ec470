//! The ledger against a map, with processes that end and are killed in between.

use std::collections::HashMap;

use fanpass_model::{AttributeKey, AttributeValue, UserId, UserProperties};
use proptest::prelude::*;

use crate::ledger::{Folder, Update, open, update};

#[derive(Debug, Clone)]
enum Step {
    Plan(Vec<Update>),
    Take(Vec<Update>),
    Acknowledge(Vec<Update>),
    /// The process ends as it should.
    Reopen,
    /// The process is killed.
    Kill,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let value = prop_oneof![
        Just(AttributeValue::Unset),
        (0..3_i64).prop_map(AttributeValue::from),
        "[ab]".prop_map(AttributeValue::from),
    ];
    let key = prop::sample::select(vec!["custom.a", "custom.b", "user_properties.c"]);
    let one = (0..4_u8, prop::collection::vec((key, value), 0..4))
        .prop_map(|(user, attributes)| update(&user.to_string(), &attributes));
    let batch = || prop::collection::vec(one.clone(), 0..6);
    let step = prop_oneof![
        3 => batch().prop_map(Step::Plan),
        3 => batch().prop_map(Step::Take),
        4 => batch().prop_map(Step::Acknowledge),
        1 => Just(Step::Reopen),
        1 => Just(Step::Kill),
    ];
    prop::collection::vec(step, 1..24)
}

type Model = HashMap<(UserId, AttributeKey), AttributeValue>;

/// What differs from the model, which forgets it.
fn differs(model: &mut Model, batch: &[Update]) -> Vec<UserProperties> {
    let mut part = |(user, properties): &Update| {
        let changed = properties.iter().filter(|(key, value)| {
            let place = (user.clone(), (*key).clone());
            let same = model.get(&place) == Some(*value);
            if !same {
                model.remove(&place);
            }
            !same
        });
        changed.map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    batch.iter().map(&mut part).collect()
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
                        model.extend(properties.into_iter().map(|(key, value)| ((user.clone(), key), value)));
                    }
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
