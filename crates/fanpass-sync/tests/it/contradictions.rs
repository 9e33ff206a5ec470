//! What several sources say of one attribute of a user.

use std::collections::BTreeMap;

use fanpass_model::attribute_key;
use fanpass_sync::Contradictions;
use proptest::prelude::*;

use crate::folder::{Folder, open, update};

fn contradictions(folder: &Folder) -> Contradictions {
    let spill = tempfile::tempdir().unwrap();
    open(&folder.ledger())
        .contradictions(vec![attribute_key!("custom.a"), attribute_key!("custom.b")], spill.path())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn two_sources_disagree_if_their_last_values_of_a_users_attribute_differ(
        said in prop::collection::vec((0..3_usize, "1|1a|2", prop::sample::select(vec!["custom.a", "custom.c"]), 0..2_i64), 0..12),
    ) {
        let folder = Folder::new();
        let mut contradictions = contradictions(&folder);
        let mut last: BTreeMap<_, BTreeMap<usize, i64>> = BTreeMap::new();
        for (source, user, key, value) in &said {
            let (user, properties) = update(user, &[(key, (*value).into())]);
            contradictions.add(*source, &user, &properties).unwrap();
            if *key == "custom.a" {
                last.entry(user.to_string()).or_default().insert(*source, *value);
            }
        }
        let differ = last.iter().find_map(|(user, values)| {
            let values: Vec<_> = values.iter().collect();
            let pair = values.windows(2).find(|pair| pair[0].1 != pair[1].1)?;
            Some((user.clone(), [*pair[0].0, *pair[1].0]))
        });
        let found = contradictions.finish().unwrap();
        prop_assert!(found.as_ref().is_none_or(|found| found.count >= 1 && found.key == attribute_key!("custom.a")));
        prop_assert_eq!(found.map(|found| (found.user, found.sources)), differ);
    }
}
