//! Lists of ids in a ledger: written, read, doubted, corrected and swept.

use fanpass_sync::{Keep, SegmentMode};

use crate::folder::{Folder, open};
use crate::membership::{ALL, File, HELD, Ids, compare, ids, write};

fn numbered(count: u32) -> Ids {
    (0..count).map(|number| format!("fan-{number:06}")).collect()
}

#[test]
fn long_lists_are_read_as_they_were_written() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    let long = numbered(20_000);
    write(&mut ledger, HELD, &long);
    assert_eq!(ledger.list(HELD).unwrap().unwrap().ids, 20_000);
    let (comparison, gone) = compare(&ledger, &[File::of(&["fan-000007"], SegmentMode::Replace)], ALL);
    let change = &comparison.changes[0];
    assert_eq!((change.before, change.after, change.removed), (20_000, 1, 19_999));
    assert_eq!(
        change.removed_samples,
        ["fan-000000", "fan-000001", "fan-000002", "fan-000003", "fan-000004"]
    );
    assert_eq!(gone.len(), 19_999);
    assert_eq!(ids(&ledger, comparison.either.unwrap()), long);
}

#[test]
fn a_list_is_in_doubt_from_the_first_word_of_a_change_to_its_publication() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    assert_eq!(ledger.list(HELD).unwrap(), None);
    write(&mut ledger, HELD, &numbered(3));
    ledger.doubt_list(HELD, &[]).unwrap();
    let mut after_kill = open(&folder.killed().ledger());
    assert!(after_kill.list(HELD).unwrap().unwrap().in_doubt);
    write(&mut after_kill, HELD, &numbered(4));
    let state = after_kill.list(HELD).unwrap().unwrap();
    assert_eq!((state.ids, state.in_doubt), (4, false));
}

#[test]
fn lists_without_a_name_are_swept_and_the_others_stay() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    write(&mut ledger, HELD, &numbered(3));
    let (unnamed, _) = compare(&ledger, &[File::of(&["x"], SegmentMode::Add)], ALL);
    ledger.sweep_lists().unwrap();
    assert_eq!(ids(&ledger, unnamed.members.unwrap()), Ids::new());
    assert_eq!(compare(&ledger, &[File::of(&[], SegmentMode::Add)], Keep::default()).0.before, 3);
}

#[test]
fn a_list_is_of_its_origin_until_another_is_published() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    let state = |ledger: &fanpass_sync::Ledger| {
        let list = ledger.list(HELD).unwrap().unwrap();
        (list.ids, list.in_doubt, list.origin)
    };
    write(&mut ledger, HELD, &numbered(3));
    assert_eq!(state(&ledger), (3, false, None));
    ledger.note_origin(HELD, "import-1").unwrap();
    ledger.doubt_list(HELD, &[]).unwrap();
    let list = ledger.write_list().unwrap().finish().unwrap();
    ledger.correct_list(HELD, list, Some("import-2")).unwrap();
    let mut after_kill = open(&folder.killed().ledger());
    assert_eq!(state(&after_kill), (0, true, Some("import-2".to_owned())), "a change may still be under way");
    write(&mut after_kill, HELD, &numbered(4));
    assert_eq!(state(&after_kill), (4, false, None));
}

#[test]
fn a_doubt_that_is_withdrawn_leaves_what_was_there_before_it() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    let count = |ledger: &fanpass_sync::Ledger, name: &str| ledger.list(name).unwrap().map(|list| list.ids);
    let in_doubt = |ledger: &fanpass_sync::Ledger| ledger.list(HELD).unwrap().unwrap().in_doubt;
    write(&mut ledger, HELD, &numbered(3));
    write(&mut ledger, "one", &numbered(1));
    let earlier = ledger.doubt_list(HELD, &[]).unwrap();
    let list = |ledger: &fanpass_sync::Ledger| ledger.write_list().unwrap().finish().unwrap();
    let wider = [("one", list(&ledger)), ("other", list(&ledger))];
    let doubt = ledger.doubt_list(HELD, &wider).unwrap();
    let after_kill = open(&folder.killed().ledger());
    assert_eq!((count(&after_kill, "one"), count(&after_kill, "other")), (Some(0), Some(0)));
    ledger.withdraw_doubt(doubt).unwrap();
    assert_eq!((count(&ledger, "one"), count(&ledger, "other")), (Some(1), None));
    assert!(in_doubt(&ledger), "an earlier change was in doubt");
    ledger.withdraw_doubt(earlier).unwrap();
    assert!(!in_doubt(&ledger));
}
