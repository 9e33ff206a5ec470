//! Nights of up to four feeds of a segment against plain sets: who is a member, and whom each feed owns, whatever came of it.

use fanpass_sync::{Keep, SegmentMode};
use proptest::prelude::*;

use crate::folder::{Folder, open};
use crate::membership::{ALL, File, HELD, Ids, OWNED, compare, ids, write};

/// What comes of a night's upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Heard,
    /// The service has done it, and the ledger never learns that.
    Unheard,
    Lost,
    /// The service says that it has not done it.
    Refused,
}

/// The files of a night, whom others put in or take out before it, and what comes of it.
#[derive(Debug, Clone)]
struct Night {
    files: Vec<File>,
    others: Ids,
    fate: Fate,
}

fn count(ids: &Ids) -> u64 {
    u64::try_from(ids.len()).unwrap()
}

/// A segment and what its feeds own, as plain sets.
#[derive(Debug, Default)]
struct Model {
    members: Ids,
    owned: [Ids; OWNED.len()],
}

impl Model {
    /// A night of these files: who is a member after each of them.
    fn pass(&mut self, files: &[File]) -> Vec<Ids> {
        let added = files.iter().filter(|file| file.mode == SegmentMode::Add);
        let added: Ids = added.flat_map(File::listed).collect();
        let mut owned = self.owned.clone();
        for (owned, file) in
            owned.iter_mut().zip(files).filter(|(_, file)| file.mode == SegmentMode::MirrorOwned)
        {
            let lent = &*owned & &added;
            *owned = &file.listed() | if file.broken { owned } else { &lent };
        }
        let put_in = |(file, owned): (&File, &Ids)| match file.mode {
            SegmentMode::Add | SegmentMode::Replace => file.listed(),
            SegmentMode::MirrorOwned => owned.clone(),
            SegmentMode::Remove => Ids::new(),
        };
        let put_in: Ids = files.iter().zip(&owned).flat_map(put_in).collect();
        let mut members = self.members.clone();
        let mut after = Vec::new();
        for (file, before) in files.iter().zip(&self.owned) {
            members = match file.mode {
                SegmentMode::Add => &members | &file.listed(),
                SegmentMode::Remove => &members - &file.listed(),
                SegmentMode::Replace => file.listed(),
                SegmentMode::MirrorOwned if file.broken => &members | &file.listed(),
                SegmentMode::MirrorOwned => &(&members - &(before - &put_in)) | &file.listed(),
            };
            after.push(members.clone());
        }
        (self.members, self.owned) = (members, owned);
        after
    }
}

fn modes() -> impl Strategy<Value = SegmentMode> {
    prop::sample::select(&[
        SegmentMode::Add,
        SegmentMode::Remove,
        SegmentMode::Replace,
        SegmentMode::MirrorOwned,
        SegmentMode::MirrorOwned,
    ])
}

/// Some nights: the modes of their files stay.
fn nights() -> impl Strategy<Value = Vec<Night>> {
    let ids = || prop::collection::vec("[ab]{1,3}", 0..12);
    prop::collection::vec(modes(), 1..=OWNED.len()).prop_flat_map(move |modes| {
        let files: Vec<_> = modes
            .into_iter()
            .map(|mode| {
                (ids(), prop::bool::weighted(0.2)).prop_map(move |(ids, broken)| File { mode, ids, broken })
            })
            .collect();
        let others = prop::collection::btree_set("[ab]{1,3}", 0..6);
        let fate =
            prop::sample::select(&[Fate::Heard, Fate::Heard, Fate::Unheard, Fate::Lost, Fate::Refused]);
        let night = (files, others, fate).prop_map(|(files, others, fate)| Night { files, others, fate });
        prop::collection::vec(night, 1..5)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn feeds_of_one_segment_are_set_operations_one_upon_the_other(
        nights in nights(),
    ) {
        let folder = Folder::new();
        let mut ledger = open(&folder.ledger());
        let mut model = Model::default();
        for Night { files, others, fate } in nights {
            // Who is in is read before it is compared.
            model.members = &model.members ^ &others;
            write(&mut ledger, HELD, &model.members);
            let (before, owned) = (model.members.clone(), model.owned.clone());
            let after = model.pass(&files);
            let (comparison, gone) = compare(&ledger, &files, ALL);
            let members = ids(&ledger, comparison.members.unwrap());
            prop_assert_eq!(&members, &model.members);
            prop_assert_eq!((comparison.before, comparison.after), (count(&before), count(&members)));
            let listed: Ids = files.iter().flat_map(File::listed).collect();
            prop_assert_eq!(ids(&ledger, comparison.either.unwrap()), &before | &listed);
            prop_assert_eq!(gone, &before - &members);
            prop_assert_eq!(comparison.is_empty(), before == members, "what changes nothing is told to");

            // Who is a member before and afterwards, or neither, is changed by nobody.
            let still = &(&before & &members) | &(&(&listed - &before) - &members);
            let mut stands = before.clone();
            let (mut own, mut claimed) = (Vec::new(), Vec::new());
            for (number, (file, after)) in files.iter().zip(&after).enumerate() {
                let after = &(after - &still) | &(&still & &before);
                let change = &comparison.changes[number];
                let (came, went) = (&after - &stands, &stands - &after);
                prop_assert_eq!((change.added, change.removed), (count(&came), count(&went)));
                let (gained, lost) = (&(&came & &members) - &before, &(&went & &before) - &members);
                prop_assert_eq!((change.gained, change.lost), (count(&gained), count(&lost)));
                prop_assert_eq!((change.before, change.after), (count(&stands), count(&after)));
                prop_assert_eq!(change.rows, u64::try_from(file.ids.len()).unwrap());
                let listed = file.listed();
                prop_assert_eq!(change.ids, count(&listed));
                prop_assert_eq!(change.effective, count(&(&listed & &(&came | &went))));
                if let Some(list) = change.own {
                    prop_assert_eq!(&ids(&ledger, list), &model.owned[number]);
                    own.push((OWNED[number], list));
                    claimed.push((OWNED[number], change.claimed.unwrap()));
                }
                stands = after;
            }
            let (mut planned, _) = compare(&ledger, &files, Keep::default());
            prop_assert_eq!((planned.members, planned.either), (None, None));
            let doubt = ledger.doubt_list(HELD, &claimed).unwrap();
            match fate {
                Fate::Heard => {}
                Fate::Refused => {
                    ledger.withdraw_doubt(doubt).unwrap();
                    model = Model { members: before, owned };
                    continue;
                }
                Fate::Unheard | Fate::Lost => {
                    // Whoever was listed is the feed's own, besides those who were.
                    model.owned.iter_mut().zip(owned).for_each(|(after, before)| after.extend(before));
                    model.members = if fate == Fate::Lost { before } else { model.members };
                    continue;
                }
            }
            own.push((HELD, comparison.members.unwrap()));
            ledger.publish_lists(&own).unwrap();

            // The same files again change nothing, where no two feeds pull at one user.
            planned = compare(&ledger, &files, Keep::default()).0;
            let before = model.members.clone();
            model.pass(&files);
            prop_assert_eq!(&before, &model.members);
            prop_assert!(planned.is_empty(), "{:?}", planned);
        }
    }
}
