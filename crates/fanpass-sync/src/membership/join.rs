//! The merge of ascending lists that a comparison is: members, what each feed owns, and what the files have.

use super::mode::Place;
use super::{Claim, Comparison, Keep, MembershipChange, SegmentMode};
use crate::{Ledger, ListReader, ListWriter, SyncError};

/// Ids that are kept as samples of each kind.
const SAMPLES: usize = 5;

pub(super) struct Join<'a, G> {
    held: ListReader<'a>,
    feeds: Vec<Feed<'a>>,
    members: Option<ListWriter<'a>>,
    either: Option<ListWriter<'a>>,
    gone: G,
    /// The id of the files that is taken, once there is one.
    taken: Vec<u8>,
    before: u64,
    after: u64,
    added: u64,
    removed: u64,
    unclaimed: u64,
}

/// What a file says of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Row {
    Absent,
    /// It is there with nothing to put in.
    Seen,
    Listed,
}

/// A feed, and where it has the id that is looked at.
struct Feed<'a> {
    mode: SegmentMode,
    /// Whether those of its own who are not in the file are gone.
    mirrors: bool,
    owned: ListReader<'a>,
    own: Option<ListWriter<'a>>,
    claimed: Option<ListWriter<'a>>,
    change: MembershipChange,
    row: Row,
    owns: bool,
    /// Whether the id is a member after it.
    keeps: bool,
}

impl<'a, G: FnMut(&[u8]) -> Result<(), SyncError>> Join<'a, G> {
    pub(super) fn new(
        ledger: &'a Ledger,
        held: &str,
        feeds: &[Claim<'_>],
        keep: Keep,
        gone: G,
    ) -> Result<Self, SyncError> {
        let write = |keep: bool| if keep { ledger.write_list().map(Some) } else { Ok(None) };
        let feed = |claim: &Claim<'_>| {
            Ok(Feed {
                mode: claim.mode,
                mirrors: claim.mode == SegmentMode::MirrorOwned && !claim.held_back,
                owned: ledger.read_list(claim.owned.unwrap_or_default())?,
                own: write(keep.members && claim.owned.is_some())?,
                claimed: write(keep.members && claim.owned.is_some())?,
                change: MembershipChange::default(),
                row: Row::Absent,
                owns: false,
                keeps: false,
            })
        };
        Ok(Self {
            held: ledger.read_list(held)?,
            feeds: feeds.iter().map(feed).collect::<Result<_, SyncError>>()?,
            members: write(keep.members)?,
            either: write(keep.either)?,
            gone,
            taken: Vec::new(),
            before: 0,
            after: 0,
            added: 0,
            removed: 0,
            unclaimed: 0,
        })
    }

    /// Takes the next id of the files, and which feed has it; an id comes once for each feed that has it, one behind the other.
    pub(super) fn take(&mut self, id: &[u8], feed: usize, listed: bool) -> Result<(), SyncError> {
        if self.taken != id {
            self.settle_taken()?;
            self.settle_until(Some(id))?;
            self.taken.extend_from_slice(id);
        }
        if let Some(feed) = self.feeds.get_mut(feed) {
            feed.row = feed.row.max(if listed { Row::Listed } else { Row::Seen });
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Comparison, SyncError> {
        self.settle_taken()?;
        self.settle_until(None)?;
        let Self { feeds, members, either, before, after, added, removed, unclaimed, .. } = self;
        let change = |feed: Feed<'_>| {
            let own = feed.own.map(ListWriter::finish).transpose()?;
            let claimed = feed.claimed.map(ListWriter::finish).transpose()?;
            Ok(MembershipChange { own, claimed, ..feed.change })
        };
        Ok(Comparison {
            changes: feeds.into_iter().map(change).collect::<Result<_, SyncError>>()?,
            before,
            after,
            added,
            removed,
            unclaimed,
            members: members.map(ListWriter::finish).transpose()?,
            either: either.map(ListWriter::finish).transpose()?,
        })
    }

    /// Settles the id of the files that was taken last.
    fn settle_taken(&mut self) -> Result<(), SyncError> {
        if self.taken.is_empty() {
            return Ok(());
        }
        let mut id = std::mem::take(&mut self.taken);
        self.settle(&id)?;
        for feed in &mut self.feeds {
            feed.row = Row::Absent;
        }
        id.clear();
        self.taken = id;
        Ok(())
    }

    /// Settles those who stand in lists before `end` and in no file; all that are left if there is none.
    fn settle_until(&mut self, end: Option<&[u8]>) -> Result<(), SyncError> {
        let mut least = Vec::new();
        loop {
            let mut found = false;
            let lists =
                std::iter::once(&mut self.held).chain(self.feeds.iter_mut().map(|feed| &mut feed.owned));
            for list in lists {
                let Some(id) = list.peek()? else { continue };
                if end.is_none_or(|end| id < end) && (!found || id < least.as_slice()) {
                    found = true;
                    least.clear();
                    least.extend_from_slice(id);
                }
            }
            if !found {
                return Ok(());
            }
            self.settle(&least)?;
        }
    }

    fn settle(&mut self, id: &[u8]) -> Result<(), SyncError> {
        let held = pass(&mut self.held, id)?;
        for feed in &mut self.feeds {
            feed.owns = pass(&mut feed.owned, id)?;
        }
        let kept = self.feeds.iter().any(|feed| feed.mode.puts_in() && feed.owns_afterwards());
        let mut keeps = held;
        for feed in &mut self.feeds {
            let place = Place {
                held: keeps,
                listed: feed.row == Row::Listed,
                gone: feed.mirrors && feed.owns && !kept,
            };
            // Who is only seen stays where he is.
            keeps = if feed.row == Row::Seen { keeps } else { feed.mode.keeps(place) };
            feed.keeps = keeps;
        }
        // Whom a feed dropped and one that has no own keeps is still to be taken out once that one lists him no more.
        let lent = self.feeds.iter().any(|feed| feed.mode == SegmentMode::Add && feed.row == Row::Listed);
        let mut stands = held;
        for feed in &mut self.feeds {
            let after = if keeps == held { held } else { feed.keeps };
            let owns = feed.owns_afterwards() || (feed.owns && lent);
            write(&mut feed.own, id, owns)?;
            write(&mut feed.claimed, id, owns || feed.owns)?;
            feed.count(id, held, stands, after);
            stands = after;
        }
        self.before += u64::from(held);
        self.after += u64::from(keeps);
        self.added += u64::from(keeps && !held);
        self.removed += u64::from(held && !keeps);
        let claimed = self.feeds.iter().any(|feed| feed.row == Row::Listed || feed.owns);
        self.unclaimed += u64::from(keeps && !claimed);
        if held && !keeps {
            (self.gone)(id)?;
        }
        write(&mut self.members, id, keeps)?;
        write(&mut self.either, id, held || self.feeds.iter().any(|feed| feed.row == Row::Listed))
    }
}

impl Feed<'_> {
    fn owns_afterwards(&self) -> bool {
        self.row == Row::Listed || (self.owns && !self.mirrors)
    }

    /// Counts an id that was `held` before all feeds, was a member `before` this one, and is or is not one `after` it.
    fn count(&mut self, id: &[u8], held: bool, before: bool, after: bool) {
        let change = &mut self.change;
        change.ids += u64::from(self.row != Row::Absent);
        change.before += u64::from(before);
        change.after += u64::from(after);
        change.effective += u64::from(self.row == Row::Listed && before != after);
        change.gained += u64::from(!held && !before && after);
        change.lost += u64::from(held && before && !after);
        let (number, samples) = match (before, after) {
            (false, true) => (&mut change.added, &mut change.added_samples),
            (true, false) => (&mut change.removed, &mut change.removed_samples),
            _ => return,
        };
        *number += 1;
        if samples.len() < SAMPLES {
            samples.push(String::from_utf8_lossy(id).into_owned());
        }
    }
}

/// Whether the list has the id, which is passed then.
fn pass(list: &mut ListReader<'_>, id: &[u8]) -> Result<bool, SyncError> {
    let here = list.peek()? == Some(id);
    if here {
        list.pass();
    }
    Ok(here)
}

fn write(list: &mut Option<ListWriter<'_>>, id: &[u8], wanted: bool) -> Result<(), SyncError> {
    match list {
        Some(list) if wanted => list.push(id),
        _ => Ok(()),
    }
}
