//! What files of ids make of a list, by the modes of their feeds.

mod join;
mod mode;

use std::path::Path;

use fanpass_model::UserId;
use fanpass_sorted::Sorter;

use self::join::Join;
pub use self::mode::SegmentMode;
use crate::{ErrorKind, Ledger, ListId, SyncError};

/// Bytes of ids that are sorted in memory at a time; more is spilled.
const CHUNK_BYTES: usize = 16 << 20;
/// What stands last behind an id while it is sorted: one that is listed comes first.
const LISTED: u8 = 0;
const SEEN: u8 = 1;
/// What stands behind an id: a zero, smaller than any byte of an id, the number of its feed, and whether it is listed.
const TAIL: usize = 4;

/// Collects the ids of all feeds of a list, one feed after the other, in any order and any number, in 16 MiB.
#[derive(Debug)]
pub struct Roster {
    sorter: Sorter,
    /// Of each feed that was begun.
    rows: Vec<u64>,
    /// The number of the feed whose ids are taken.
    feed: u16,
    entry: Vec<u8>,
}

impl Roster {
    /// Takes ids of the first feed, and spills into files in `folder`, which vanish with the process.
    pub fn new(folder: &Path) -> Self {
        Self { sorter: Sorter::new(folder, CHUNK_BYTES), rows: vec![0], feed: 0, entry: Vec::new() }
    }

    /// Takes ids of the next feed from here on.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Syntax`] behind 65,536 feeds.
    pub fn next_feed(&mut self) -> Result<(), SyncError> {
        let next = self.feed.checked_add(1);
        self.feed = next.ok_or_else(|| SyncError::syntax("more than 65,536 feeds of one segment"))?;
        self.rows.push(0);
        Ok(())
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
        if let Some(rows) = self.rows.last_mut() {
            *rows += 1;
        }
        let [high, low] = self.feed.to_be_bytes();
        self.entry.clear();
        self.entry.extend_from_slice(id.as_bytes());
        self.entry.extend([0, high, low, mark]);
        Ok(self.sorter.push(&self.entry)?)
    }

    /// Compares the ids with the list of the name `held` in the ledger: each of `feeds`, which stand in the order in which
    /// their ids were taken, upon what the one before makes of it.
    ///
    /// Lists that `keep` asks for are written, without a name; `gone` gets each id that goes out, ascending.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger), [`ErrorKind::Io`](crate::ErrorKind::Io), and what `gone` fails with.
    pub fn compare(
        self,
        ledger: &Ledger,
        held: &str,
        feeds: &[Claim<'_>],
        keep: Keep,
        gone: impl FnMut(&[u8]) -> Result<(), SyncError>,
    ) -> Result<Comparison, SyncError> {
        if feeds.len() != self.rows.len() {
            let message = "a comparison needs each feed whose ids were taken, and no other";
            return Err(SyncError::new(ErrorKind::Ledger, message));
        }
        let mut join = Join::new(ledger, held, feeds, keep, gone)?;
        self.sorter.finish(|entry| match entry.split_at_checked(entry.len().saturating_sub(TAIL)) {
            Some((id, &[_, high, low, mark])) => {
                join.take(id, u16::from_be_bytes([high, low]).into(), mark == LISTED)
            }
            _ => Ok(()),
        })?;
        let mut comparison = join.finish()?;
        comparison.changes.iter_mut().zip(self.rows).for_each(|(change, rows)| change.rows = rows);
        Ok(comparison)
    }
}

/// What a feed wants of a list.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// What becomes of the members.
    pub mode: SegmentMode,
    /// The name of the list of those who are its own, if some are: whom it listed before.
    pub owned: Option<&'a str>,
    /// Whether nobody of its own is gone, as nobody knows whom the file has.
    pub held_back: bool,
}

/// What would become of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comparison {
    /// What each feed does.
    pub changes: Vec<MembershipChange>,
    /// Members before all feeds.
    pub before: u64,
    /// Members after all feeds.
    pub after: u64,
    /// Who comes in, all feeds together.
    pub added: u64,
    /// Who goes out, all feeds together.
    pub removed: u64,
    /// Members after all feeds whom none lists, and none had as its own before.
    pub unclaimed: u64,
    /// The members afterwards, if they were kept.
    pub members: Option<ListId>,
    /// Members before and ids of the files, if they were kept.
    pub either: Option<ListId>,
}

impl Comparison {
    /// Whether nobody comes in or goes out, all feeds together.
    pub fn is_empty(&self) -> bool {
        self.added == 0 && self.removed == 0
    }
}

/// What a feed does, upon what those before it did. Whoever is a member afterwards as before, all feeds together, is changed by
/// none of them.
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
    /// Who comes in and was no member before all feeds, but is one after all of them.
    pub gained: u64,
    /// Who goes out and was a member before all feeds, but is none after all of them.
    pub lost: u64,
    /// Some of those who come in, in byte order.
    pub added_samples: Vec<String>,
    /// Some of those who go out, in byte order.
    pub removed_samples: Vec<String>,
    /// Who is the feed's own afterwards, if it has a list of them and members are kept.
    pub own: Option<ListId>,
    /// Who was the feed's own before or is afterwards, likewise.
    pub claimed: Option<ListId>,
}

impl MembershipChange {
    /// Whether nobody comes in or goes out.
    pub fn is_empty(&self) -> bool {
        self.added == 0 && self.removed == 0
    }
}

/// Which lists a comparison writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// The members afterwards, and of each feed who is its own, and who is or was.
    pub members: bool,
    /// Whoever was a member or is in a file.
    pub either: bool,
}
