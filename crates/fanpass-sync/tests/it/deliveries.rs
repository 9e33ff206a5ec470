//! A push through the ledger, answered in any order and killed at any moment: what differs is always sent again.

use std::collections::{BTreeSet, HashMap};

use fanpass_model::UserProperties;
use fanpass_sync::{Deliveries, Ledger, Taken};
use proptest::prelude::*;

use crate::folder::{Folder, Update, open, update};
use crate::ledger_model::lost;

#[derive(Debug, Clone)]
enum Step {
    /// Take a batch of updates: user and value of each.
    Take(Vec<(u8, u8)>),
    /// The oldest update under way arrives, and its answer too, or its answer is lost, or it never arrives.
    Answer(Fate),
    /// The process is killed and started again.
    Kill,
}

#[derive(Debug, Clone, Copy)]
enum Fate {
    Acknowledged,
    AnswerLost,
    NeverSent,
}

fn step() -> impl Strategy<Value = Step> {
    let fate = prop_oneof![Just(Fate::Acknowledged), Just(Fate::AnswerLost), Just(Fate::NeverSent)];
    prop_oneof![
        3 => prop::collection::vec((0..3_u8, 0..3_u8), 1..5).prop_map(Step::Take),
        6 => fate.prop_map(Step::Answer),
        1 => Just(Step::Kill),
    ]
}

fn tier(user: u8, value: u8) -> Update {
    update(&user.to_string(), &[("custom.tier", i64::from(value).into())])
}

proptest! {
    // Each case writes to the disk many times.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_the_service_lacks_is_never_taken_for_sent(steps in prop::collection::vec(step(), 1..40)) {
        let mut folder = Folder::new();
        let mut deliveries = Deliveries::new(open(&folder.ledger()));
        let mut service: HashMap<String, UserProperties> = HashMap::new();
        let mut under_way: Vec<Taken> = Vec::new();
        let (mut acknowledged, mut killed) = (BTreeSet::new(), false);
        for step in steps {
            match step {
                Step::Take(batch) => {
                    let batch: Vec<Update> = batch.into_iter().map(|(user, value)| tier(user, value)).collect();
                    let taken = deliveries.take(batch).unwrap();
                    under_way.extend(taken.into_iter().filter(|taken| !taken.change.is_empty()));
                }
                Step::Answer(_) if under_way.is_empty() => {}
                Step::Answer(fate) => {
                    let taken = under_way.remove(0);
                    if matches!(fate, Fate::Acknowledged) {
                        acknowledged.insert(taken.user.to_string());
                    }
                    if !matches!(fate, Fate::NeverSent) {
                        service.insert(taken.user.to_string(), taken.change);
                    }
                    deliveries.settle(taken.receipt, matches!(fate, Fate::Acknowledged)).unwrap();
                }
                Step::Kill => {
                    killed = true;
                    folder = folder.killed();
                    deliveries = Deliveries::new(open(&folder.ledger()));
                    // What was under way may arrive after all.
                    for taken in under_way.drain(..).step_by(2) {
                        service.insert(taken.user.to_string(), taken.change);
                    }
                }
            }
            if under_way.is_empty() {
                let copy = folder.killed();
                let mut ledger = open(&copy.ledger());
                prop_assert!(losers(&mut ledger).is_subset(&acknowledged), "nobody loses what was never acknowledged");
                for (user, value) in (0..3).flat_map(|user| (0..3).map(move |value| (user, value))) {
                    let wanted = tier(user, value);
                    if ledger.changed_part(std::slice::from_ref(&wanted)).unwrap()[0].is_empty() {
                        prop_assert_eq!(service.get(&user.to_string()), Some(&wanted.1));
                    }
                }
            }
        }
        let mut ledger = deliveries.into_ledger().unwrap();
        prop_assert!(killed || losers(&mut ledger) == acknowledged, "what was acknowledged is lost");
    }
}

fn losers(ledger: &mut Ledger) -> BTreeSet<String> {
    lost(ledger, &["0", "1", "2"], &["custom.tier"]).into_keys().collect()
}

#[test]
fn unchanged_updates_are_not_under_way() {
    let folder = Folder::new();
    let mut deliveries = Deliveries::new(open(&folder.ledger()));
    for update in [tier(1, 1), tier(2, 1)] {
        let taken = deliveries.take(vec![update]).unwrap().remove(0);
        deliveries.settle(taken.receipt, true).unwrap();
    }
    let mut taken = deliveries.take(vec![tier(1, 1), tier(2, 2)]).unwrap();
    assert!(taken[0].change.is_empty() && !taken[1].change.is_empty());
    deliveries.settle(taken.remove(1).receipt, true).unwrap();
    deliveries.flush().unwrap();
    drop(deliveries);
    let ledger = open(&folder.ledger());
    assert!(ledger.changed_part(&[tier(1, 1), tier(2, 2)]).unwrap().iter().all(UserProperties::is_empty));
}
