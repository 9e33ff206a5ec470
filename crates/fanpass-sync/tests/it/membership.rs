//! What a file makes of a segment, in each mode.

use std::collections::BTreeSet;

use fanpass_model::UserId;
use fanpass_sync::{Claim, Comparison, Keep, Ledger, ListId, Roster, SegmentMode};

use crate::folder::{Folder, open};

pub(crate) const HELD: &str = "segment";

pub(crate) type Ids = BTreeSet<String>;

pub(crate) fn write(ledger: &mut Ledger, name: &str, ids: &Ids) {
    let mut list = ledger.write_list().unwrap();
    for id in ids {
        list.push(id.as_bytes()).unwrap();
    }
    let list = list.finish().unwrap();
    ledger.publish_lists(&[(name, list)]).unwrap();
}

pub(crate) fn ids(ledger: &Ledger, list: ListId) -> Ids {
    let mut reader = ledger.read_unnamed_list(list);
    let mut ids = Ids::new();
    while let Some(id) = reader.peek().unwrap() {
        ids.insert(String::from_utf8(id.to_vec()).unwrap());
        reader.pass();
    }
    ids
}

pub(crate) const ALL: Keep = Keep { members: true, either: true };

/// The names of what feeds own.
pub(crate) const OWNED: [&str; 4] = ["feed-0", "feed-1", "feed-2", "feed-3"];

/// A file of ids, whether its feed owns what it lists, and whether a row of it cannot be read.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) mode: SegmentMode,
    pub(crate) ids: Vec<String>,
    pub(crate) broken: bool,
}

impl File {
    pub(crate) fn of(ids: &[&str], mode: SegmentMode) -> Self {
        Self { mode, ids: ids.iter().map(|&id| id.to_owned()).collect(), broken: false }
    }

    pub(crate) fn listed(&self) -> Ids {
        self.ids.iter().cloned().collect()
    }
}

/// What files make of a segment, and who goes out.
pub(crate) fn compare(ledger: &Ledger, files: &[File], keep: Keep) -> (Comparison, Ids) {
    let folder = tempfile::tempdir().unwrap();
    let mut roster = Roster::new(folder.path());
    let mut claims = Vec::new();
    for (number, file) in files.iter().enumerate() {
        if number > 0 {
            roster.next_feed().unwrap();
        }
        file.ids.iter().for_each(|id| roster.add_text(id).unwrap());
        let owned = (file.mode == SegmentMode::MirrorOwned).then_some(OWNED[number]);
        claims.push(Claim { mode: file.mode, owned, held_back: file.broken });
    }
    let mut gone = Ids::new();
    let comparison = roster.compare(ledger, HELD, &claims, keep, |id| {
        gone.insert(String::from_utf8(id.to_vec()).unwrap());
        Ok(())
    });
    (comparison.unwrap(), gone)
}

#[test]
fn whoever_is_only_seen_stays_where_he_is() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    let held: Ids = ["a", "b", "c", "d"].map(str::to_owned).into();
    write(&mut ledger, HELD, &held);
    let mut roster = Roster::new(&std::env::temp_dir());
    let user = |id: &str| UserId::new(id).unwrap();
    for id in ["b", "x", "d"] {
        roster.add_seen(&user(id)).unwrap();
    }
    for id in ["a", "d", "y"] {
        roster.add(&user(id)).unwrap();
    }
    let mut gone = Vec::new();
    let users = Claim { mode: SegmentMode::Replace, owned: None, held_back: false };
    let change = roster.compare(&ledger, HELD, &[users], ALL, |id| {
        gone.push(String::from_utf8(id.to_vec()).unwrap());
        Ok(())
    });
    let change = change.unwrap();
    assert_eq!(gone, ["c"]);
    assert_eq!(ids(&ledger, change.members.unwrap()), ["a", "b", "d", "y"].map(str::to_owned).into());
    assert_eq!(ids(&ledger, change.either.unwrap()), ["a", "b", "c", "d", "y"].map(str::to_owned).into());
}
