//! What a file makes of a segment, in each mode.

use std::collections::BTreeSet;

use fanpass_model::UserId;
use fanpass_sync::{Keep, Ledger, ListId, Lists, MembershipChange, Roster, SegmentMode};
use proptest::prelude::*;

use crate::ledger::{Folder, open};

const LISTS: Lists<'_> = Lists { held: "segment", owned: "feed" };

type Ids = BTreeSet<String>;

fn write(ledger: &mut Ledger, name: &str, ids: &Ids) {
    let mut list = ledger.write_list().unwrap();
    for id in ids {
        list.push(id.as_bytes()).unwrap();
    }
    let list = list.finish().unwrap();
    ledger.publish_lists(&[(name, list)]).unwrap();
}

fn ids(ledger: &Ledger, list: ListId) -> Ids {
    let mut reader = ledger.read_unnamed_list(list);
    let mut ids = Ids::new();
    while let Some(id) = reader.peek().unwrap() {
        ids.insert(String::from_utf8(id.to_vec()).unwrap());
        reader.pass();
    }
    ids
}

const ALL: Keep = Keep { members: true, either: true };

/// The change, and who goes out.
fn compare(ledger: &Ledger, file: &[String], mode: SegmentMode, keep: Keep) -> (MembershipChange, Ids) {
    let folder = tempfile::tempdir().unwrap();
    let mut roster = Roster::new(folder.path());
    for id in file {
        roster.add_text(id).unwrap();
    }
    let mut gone = Ids::new();
    let change = roster.compare(ledger, LISTS, mode, keep, |id| {
        gone.insert(String::from_utf8(id.to_vec()).unwrap());
        Ok(())
    });
    (change.unwrap(), gone)
}

fn some_ids() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[ab]{1,3}", 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn each_mode_is_its_set_operation(held in some_ids(), owned in some_ids(), file in some_ids()) {
        let folder = Folder::new();
        let mut ledger = open(&folder.ledger());
        let (held, owned): (Ids, Ids) = (held.into_iter().collect(), owned.into_iter().collect());
        let listed: Ids = file.iter().cloned().collect();
        write(&mut ledger, LISTS.held, &held);
        write(&mut ledger, LISTS.owned, &owned);
        for mode in [SegmentMode::Add, SegmentMode::Remove, SegmentMode::Replace, SegmentMode::MirrorOwned] {
            let after: Ids = match mode {
                SegmentMode::Add => &held | &listed,
                SegmentMode::Remove => &held - &listed,
                SegmentMode::Replace => listed.clone(),
                SegmentMode::MirrorOwned => &(&held - &owned) | &listed,
            };
            let (change, gone) = compare(&ledger, &file, mode, ALL);
            prop_assert_eq!(ids(&ledger, change.members.unwrap()), after.clone());
            prop_assert_eq!(ids(&ledger, change.either.unwrap()), &held | &listed);
            prop_assert_eq!(gone, &held - &after);
            let count = |ids: &Ids| u64::try_from(ids.len()).unwrap();
            prop_assert_eq!((change.before, change.after), (count(&held), count(&after)));
            prop_assert_eq!((change.added, change.removed), (count(&(&after - &held)), count(&(&held - &after))));
            prop_assert_eq!((change.rows, change.ids), (u64::try_from(file.len()).unwrap(), count(&listed)));
            let effective = &(&listed & &(&after - &held)) | &(&listed & &(&held - &after));
            prop_assert_eq!(change.effective, count(&effective));
            let (planned, _) = compare(&ledger, &file, mode, Keep::default());
            let mut unkept = change;
            (unkept.members, unkept.either) = (None, None);
            prop_assert_eq!(unkept, planned);
        }
    }
}

#[test]
fn whoever_is_only_seen_stays_where_he_is() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    let held: Ids = ["a", "b", "c", "d"].map(str::to_owned).into();
    write(&mut ledger, LISTS.held, &held);
    let mut roster = Roster::new(&std::env::temp_dir());
    let user = |id: &str| UserId::new(id).unwrap();
    for id in ["b", "x", "d"] {
        roster.add_seen(&user(id)).unwrap();
    }
    for id in ["a", "d", "y"] {
        roster.add(&user(id)).unwrap();
    }
    let mut gone = Vec::new();
    let change = roster.compare(&ledger, LISTS, SegmentMode::Replace, ALL, |id| {
        gone.push(String::from_utf8(id.to_vec()).unwrap());
        Ok(())
    });
    let change = change.unwrap();
    assert_eq!(gone, ["c"]);
    assert_eq!(ids(&ledger, change.members.unwrap()), ["a", "b", "d", "y"].map(str::to_owned).into());
    assert_eq!(ids(&ledger, change.either.unwrap()), ["a", "b", "c", "d", "y"].map(str::to_owned).into());
}

fn numbered(count: u32) -> Ids {
    (0..count).map(|number| format!("fan-{number:06}")).collect()
}

#[test]
fn long_lists_are_read_as_they_were_written() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    let long = numbered(20_000);
    write(&mut ledger, LISTS.held, &long);
    assert_eq!(ledger.list(LISTS.held).unwrap().unwrap().ids, 20_000);
    let (change, gone) = compare(&ledger, &["fan-000007".to_owned()], SegmentMode::Replace, ALL);
    assert_eq!((change.before, change.after, change.removed), (20_000, 1, 19_999));
    assert_eq!(
        change.removed_samples,
        ["fan-000000", "fan-000001", "fan-000002", "fan-000003", "fan-000004"]
    );
    assert_eq!(gone.len(), 19_999);
    assert_eq!(ids(&ledger, change.either.unwrap()), long);
}

#[test]
fn a_list_is_in_doubt_from_the_first_word_of_a_change_to_its_publication() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    assert_eq!(ledger.list(LISTS.held).unwrap(), None);
    write(&mut ledger, LISTS.held, &numbered(3));
    ledger.doubt_list(LISTS.held).unwrap();
    let mut after_kill = open(&folder.killed().ledger());
    assert!(after_kill.list(LISTS.held).unwrap().unwrap().in_doubt);
    write(&mut after_kill, LISTS.held, &numbered(4));
    let state = after_kill.list(LISTS.held).unwrap().unwrap();
    assert_eq!((state.ids, state.in_doubt), (4, false));
}

#[test]
fn lists_without_a_name_are_swept_and_the_others_stay() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    write(&mut ledger, LISTS.held, &numbered(3));
    let (unnamed, _) = compare(&ledger, &["x".to_owned()], SegmentMode::Add, ALL);
    ledger.sweep_lists().unwrap();
    assert_eq!(ids(&ledger, unnamed.members.unwrap()), Ids::new());
    assert_eq!(compare(&ledger, &[], SegmentMode::Add, Keep::default()).0.before, 3);
}
