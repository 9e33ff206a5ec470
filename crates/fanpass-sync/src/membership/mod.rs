//! What a file of ids makes of a segment, by the feed's mode.

mod mode;

use std::path::Path;

use fanpass_model::UserId;
use fanpass_sorted::Sorter;

use self::mode::Place;
pub use self::mode::SegmentMode;
use crate::{Ledger, ListId, ListReader, ListWriter, SyncError};

/// Bytes of ids that are sorted in memory at a time; more is spilled.
const CHUNK_BYTES: usize = 16 << 20;
/// What stands behind an id while it is sorted, smaller than any byte of an id: one that is listed comes first.
const LISTED: u8 = 0;
const SEEN: u8 = 1;
/// Ids that are kept as samples of each kind.
const SAMPLES: usize = 5;

/// Collects the ids of a file, in any order and any number, in 16 MiB.
#[derive(Debug)]
pub struct Roster {
    sorter: Sorter,
    rows: u64,
    entry: Vec<u8>,
}

impl Roster {
    /// Spills into files in `folder`, which vanish with the process.
    pub fn new(folder: &Path) -> Self {
        Self { sorter: Sorter::new(folder, CHUNK_BYTES), rows: 0, entry: Vec::new() }
    }

    /// Takes an id.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if there is no room to spill.
    pub fn add(&mut self, id: &UserId) -> Result<(), SyncError> {
        self.add_text(id.as_str())
    }

    /// Takes an id that was [validated](UserId::validate).
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn add_text(&mut self, id: &str) -> Result<(), SyncError> {
        self.push(id, LISTED)
    }

    /// Takes an id that the file has with nothing to put in: it stays if it is there already, and does not come in.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn add_seen(&mut self, id: &UserId) -> Result<(), SyncError> {
        self.push(id.as_str(), SEEN)
    }

    fn push(&mut self, id: &str, mark: u8) -> Result<(), SyncError> {
        self.rows += 1;
        self.entry.clear();
        self.entry.extend_from_slice(id.as_bytes());
        self.entry.push(mark);
        Ok(self.sorter.push(&self.entry)?)
    }

    /// Compares the ids with the list of that name in the ledger, and with the list of what the feed put there before.
    ///
    /// Lists that `keep` asks for are written, without a name; `gone` gets each id that goes out, ascending.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger), [`ErrorKind::Io`](crate::ErrorKind::Io), and what `gone` fails with.
    pub fn compare(
        self,
        ledger: &Ledger,
        lists: Lists<'_>,
        mode: SegmentMode,
        keep: Keep,
        gone: impl FnMut(&[u8]) -> Result<(), SyncError>,
    ) -> Result<MembershipChange, SyncError> {
        let owned = if mode == SegmentMode::MirrorOwned { lists.owned } else { "" };
        let write = |keep: bool| if keep { ledger.write_list().map(Some) } else { Ok(None) };
        let mut join = Join {
            mode,
            held: ledger.read_list(lists.held)?,
            owned: ledger.read_list(owned)?,
            members: write(keep.members)?,
            either: write(keep.either)?,
            gone,
            change: MembershipChange { rows: self.rows, ..MembershipChange::default() },
        };
        let mut last = Vec::new();
        self.sorter.finish(|entry| match entry.split_last() {
            Some((mark, id)) if last != id => {
                last.clear();
                last.extend_from_slice(id);
                join.take(id, *mark == LISTED)
            }
            _ => Ok(()),
        })?;
        join.finish()
    }
}

/// The names of a segment's lists in the ledger.
#[derive(Debug, Clone, Copy)]
pub struct Lists<'a> {
    /// The members.
    pub held: &'a str,
    /// Those that the feed put in.
    pub owned: &'a str,
}

/// What would become of a segment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MembershipChange {
    /// Rows with an id in the file.
    pub rows: u64,
    /// Different ids among them.
    pub ids: u64,
    /// Ids of the file that change something.
    pub effective: u64,
    /// Members before.
    pub before: u64,
    /// Members after.
    pub after: u64,
    /// Who comes in.
    pub added: u64,
    /// Who goes out.
    pub removed: u64,
    /// Some of those who come in, in byte order.
    pub added_samples: Vec<String>,
    /// Some of those who go out, in byte order.
    pub removed_samples: Vec<String>,
    /// The members afterwards, if they were kept.
    pub members: Option<ListId>,
    /// Members before and ids of the file, if they were kept.
    pub either: Option<ListId>,
}

/// Which lists a comparison writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// The members afterwards.
    pub members: bool,
    /// Whoever was a member or is in the file.
    pub either: bool,
}

impl MembershipChange {
    /// Whether nobody comes in or goes out.
    pub fn is_empty(&self) -> bool {
        self.added == 0 && self.removed == 0
    }
}

/// A merge of three ascending lists: members, the feed's own, and the file's.
struct Join<'a, G> {
    mode: SegmentMode,
    held: ListReader<'a>,
    owned: ListReader<'a>,
    members: Option<ListWriter<'a>>,
    either: Option<ListWriter<'a>>,
    gone: G,
    change: MembershipChange,
}

impl<G: FnMut(&[u8]) -> Result<(), SyncError>> Join<'_, G> {
    /// Takes the next id of the file.
    fn take(&mut self, id: &[u8], listed: bool) -> Result<(), SyncError> {
        self.pass_until(Some(id))?;
        let held = self.held.peek()? == Some(id);
        let owned = self.owned.peek()? == Some(id);
        if held {
            self.held.pass();
        }
        if owned {
            self.owned.pass();
        }
        self.change.ids += 1;
        let place = Place { held, owned, listed };
        let keeps = if listed { self.mode.keeps(place) } else { held };
        self.settle(id, place, keeps)
    }

    /// Settles the members that stand before `id` and are not in the file; all that are left if there is none.
    fn pass_until(&mut self, id: Option<&[u8]>) -> Result<(), SyncError> {
        while let Some(member) = self.held.peek()?.filter(|member| id.is_none_or(|id| *member < id)) {
            let member = member.to_vec();
            while self.owned.peek()?.is_some_and(|owned| owned < member.as_slice()) {
                self.owned.pass();
            }
            let owned = self.owned.peek()? == Some(&member);
            self.held.pass();
            let place = Place { held: true, owned, listed: false };
            self.settle(&member, place, self.mode.keeps(place))?;
        }
        while self.owned.peek()?.is_some_and(|owned| id.is_none_or(|id| owned < id)) {
            self.owned.pass();
        }
        Ok(())
    }

    fn settle(&mut self, id: &[u8], place: Place, keeps: bool) -> Result<(), SyncError> {
        let change = &mut self.change;
        change.before += u64::from(place.held);
        change.after += u64::from(keeps);
        change.effective += u64::from(place.listed && place.held != keeps);
        match (place.held, keeps) {
            (false, true) => {
                change.added += 1;
                sample(&mut change.added_samples, id);
            }
            (true, false) => {
                change.removed += 1;
                sample(&mut change.removed_samples, id);
                (self.gone)(id)?;
            }
            _ => {}
        }
        let write = |list: &mut Option<ListWriter<'_>>, wanted: bool| match list {
            Some(list) if wanted => list.push(id),
            _ => Ok(()),
        };
        write(&mut self.members, keeps)?;
        write(&mut self.either, place.listed || place.held)
    }

    fn finish(mut self) -> Result<MembershipChange, SyncError> {
        self.pass_until(None)?;
        let Self { members, either, mut change, .. } = self;
        change.members = members.map(ListWriter::finish).transpose()?;
        change.either = either.map(ListWriter::finish).transpose()?;
        Ok(change)
    }
}

fn sample(samples: &mut Vec<String>, id: &[u8]) {
    if samples.len() < SAMPLES {
        samples.push(String::from_utf8_lossy(id).into_owned());
    }
}
