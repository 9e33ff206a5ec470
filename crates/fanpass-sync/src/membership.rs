//! What a file of ids makes of a segment, by the feed's mode.

use std::path::Path;

use fanpass_model::UserId;
use fanpass_sorted::Sorter;
use serde::{Deserialize, Serialize};

use crate::{Ledger, ListId, ListReader, ListWriter, SyncError};

/// Bytes of ids that are sorted in memory at a time; more is spilled.
const CHUNK_BYTES: usize = 16 << 20;
/// Ids that are kept as samples of each kind.
const SAMPLES: usize = 5;

/// What becomes of a segment's members when a feed is applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SegmentMode {
    /// The file's ids are members, besides those that are.
    #[default]
    Add,
    /// The file's ids are members no more.
    Remove,
    /// The file's ids are the members, and nobody else.
    Replace,
    /// The file's ids are members; those that this feed put in before and that are not in the file any more are not. Members
    /// that came otherwise stay.
    MirrorOwned,
}

impl SegmentMode {
    /// Whether someone who is a member can be taken out.
    pub fn is_destructive(self) -> bool {
        self != Self::Add
    }

    fn keeps(self, place: Place) -> bool {
        let Place { held, owned, listed } = place;
        match self {
            Self::Add => held || listed,
            Self::Remove => held && !listed,
            Self::Replace => listed,
            Self::MirrorOwned => listed || (held && !owned),
        }
    }
}

/// Where an id stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// It is a member.
    held: bool,
    /// The feed put it in before.
    owned: bool,
    /// The file has it.
    listed: bool,
}

/// Collects the ids of a file, in any order and any number, in 16 MiB.
#[derive(Debug)]
pub struct Roster {
    sorter: Sorter,
    rows: u64,
}

impl Roster {
    /// Spills into files in `folder`, which vanish with the process.
    pub fn new(folder: &Path) -> Self {
        Self { sorter: Sorter::new(folder, CHUNK_BYTES), rows: 0 }
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
        self.rows += 1;
        Ok(self.sorter.push(id.as_bytes())?)
    }

    /// Compares the ids with the list of that name in the ledger, and with the list of what the feed put there before.
    ///
    /// The lists that would stand afterwards are written, without a name, if `keep` says so.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger), [`ErrorKind::Io`](crate::ErrorKind::Io).
    pub fn compare(
        self,
        ledger: &Ledger,
        lists: Lists<'_>,
        mode: SegmentMode,
        keep: bool,
    ) -> Result<MembershipChange, SyncError> {
        let owned = if mode == SegmentMode::MirrorOwned { lists.owned } else { "" };
        let write = || if keep { ledger.write_list().map(Some) } else { Ok(None) };
        let mut join = Join {
            mode,
            held: ledger.read_list(lists.held)?,
            owned: ledger.read_list(owned)?,
            members: write()?,
            removed: write()?,
            change: MembershipChange { rows: self.rows, ..MembershipChange::default() },
        };
        let mut own = write()?;
        self.sorter.finish(|id| -> Result<(), SyncError> {
            join.take(id)?;
            own.as_mut().map_or(Ok(()), |own| own.push(id))
        })?;
        join.finish(own)
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
    /// The lists that would stand afterwards, if they were kept.
    pub lists: Option<NewLists>,
}

/// Lists that stand when a change is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewLists {
    /// The members.
    pub members: ListId,
    /// The ids of the file.
    pub own: ListId,
    /// Who went out.
    pub removed: ListId,
}

impl MembershipChange {
    /// Whether nobody comes in or goes out.
    pub fn is_empty(&self) -> bool {
        self.added == 0 && self.removed == 0
    }
}

/// A merge of three ascending lists: members, the feed's own, and the file's.
struct Join<'a> {
    mode: SegmentMode,
    held: ListReader<'a>,
    owned: ListReader<'a>,
    members: Option<ListWriter<'a>>,
    removed: Option<ListWriter<'a>>,
    change: MembershipChange,
}

impl Join<'_> {
    /// Takes the next id of the file.
    fn take(&mut self, id: &[u8]) -> Result<(), SyncError> {
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
        self.settle(id, Place { held, owned, listed: true })
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
            self.settle(&member, Place { held: true, owned, listed: false })?;
        }
        while self.owned.peek()?.is_some_and(|owned| id.is_none_or(|id| owned < id)) {
            self.owned.pass();
        }
        Ok(())
    }

    fn settle(&mut self, id: &[u8], place: Place) -> Result<(), SyncError> {
        let keeps = self.mode.keeps(place);
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
                if let Some(removed) = &mut self.removed {
                    removed.push(id)?;
                }
            }
            _ => {}
        }
        match &mut self.members {
            Some(members) if keeps => members.push(id),
            _ => Ok(()),
        }
    }

    fn finish(mut self, own: Option<ListWriter<'_>>) -> Result<MembershipChange, SyncError> {
        self.pass_until(None)?;
        let Self { members, removed, mut change, .. } = self;
        if let (Some(members), Some(own), Some(removed)) = (members, own, removed) {
            change.lists =
                Some(NewLists { members: members.finish()?, own: own.finish()?, removed: removed.finish()? });
        }
        Ok(change)
    }
}

fn sample(samples: &mut Vec<String>, id: &[u8]) {
    if samples.len() < SAMPLES {
        samples.push(String::from_utf8_lossy(id).into_owned());
    }
}
