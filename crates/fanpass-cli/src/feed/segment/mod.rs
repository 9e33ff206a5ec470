//! The sources of a segment's ids, which go up together: who would come in and go out.

pub mod members;
mod plan;
mod send;

use std::path::PathBuf;

use anyhow::Result;
use fanpass_model::SegmentName;
use fanpass_sync::{
    Claim, Comparison, Figures, Keep, Ledger, MembershipChange, Roster, SegmentFeed, SegmentMode,
};

use self::members::Known;
use super::config::{REJECTS_MEMBER, members_list, owned_list};
use super::ids::{ReadIds, read_ids, refuse_rejects};
use super::prepare::about;
use crate::input::try_rejects;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::source::SourceFile;

/// A segment and its feeds, in the order in which each comes upon what the one before makes of it.
#[derive(Debug)]
pub struct Job {
    pub segment: SegmentName,
    pub feeds: Vec<Source>,
}

/// What a feed brings.
#[derive(Debug)]
pub struct Source {
    pub feed: SegmentFeed,
    pub file: SourceFile,
    /// Where rows go that cannot be sent.
    pub rejects: PathBuf,
}

/// What a job would change.
#[derive(Debug)]
pub struct Compared {
    /// Upon whom it was compared.
    pub known: Known,
    pub comparison: Comparison,
    /// What was read of each feed.
    pub reads: Vec<ReadIds>,
    /// An earlier change was begun and not heard of again, so that the members are sent whatever they are.
    pub in_doubt: bool,
}

impl Compared {
    /// Whether there is anything to send.
    pub fn changes(&self) -> bool {
        self.in_doubt || !self.comparison.is_empty()
    }
}

impl Source {
    /// Reads its ids.
    fn read(&self, roster: &mut Roster, progress: &Progress) -> Result<ReadIds> {
        if self.feed.mode.is_destructive() && self.feed.mode != SegmentMode::Remove {
            refuse_rejects(&self.file)?;
        }
        try_rejects(&self.rejects, REJECTS_MEMBER)?;
        let column = self.feed.id.as_deref();
        read_ids(&self.file, column, &self.rejects, progress, |id| Ok(roster.add_text(id)?))
    }

    /// Whether it takes nobody out: the id of a rejected row may be anybody's, so while there is one, nobody is gone.
    fn is_held_back(&self, read: &ReadIds) -> bool {
        self.feed.mode == SegmentMode::MirrorOwned && read.rejected > 0
    }
}

impl Job {
    /// Compares the files with what the ledger knows of the segment; `keep` says whether the new lists are written.
    pub fn compare(&self, known: Known, ledger: &Ledger, keep: bool, printer: Printer) -> Result<Compared> {
        let progress = Progress::new(printer, "comparing with the ledger");
        let mut roster = Roster::new(&std::env::temp_dir());
        let mut reads = Vec::new();
        for source in &self.feeds {
            if !reads.is_empty() {
                roster.next_feed()?;
            }
            reads.push(source.read(&mut roster, &progress).map_err(about(source.feed.label()))?);
        }
        let owned = self.owned_lists();
        let sources = self.feeds.iter().zip(&reads).zip(&owned);
        let claims = sources.map(|((source, read), owned)| Claim {
            mode: source.feed.mode,
            owned: owned.as_deref(),
            held_back: source.is_held_back(read),
        });
        let claims: Vec<_> = claims.collect();
        let held = members_list(&self.segment);
        let keep = Keep { members: keep, ..Keep::default() };
        let comparison = roster.compare(ledger, &held, &claims, keep, |_| Ok(()))?;
        let in_doubt = ledger.list(&held)?.is_none_or(|list| list.in_doubt);
        Ok(Compared { known, comparison, reads, in_doubt })
    }

    /// The names of the lists of those who are each feed's own, of feeds that have some.
    fn owned_lists(&self) -> Vec<Option<String>> {
        self.feeds.iter().map(|source| source.feed.owner().map(owned_list)).collect()
    }
}

/// What the rows of the file came to.
pub fn figures(change: &MembershipChange, read: &ReadIds) -> Figures {
    Figures {
        read: read.read,
        sent: change.effective,
        unchanged: change.ids - change.effective,
        duplicate: change.rows - change.ids,
        rejected: read.rejected,
        removed: change.removed,
        ..Figures::default()
    }
}
