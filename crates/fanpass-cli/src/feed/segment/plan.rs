//! What the feeds of a segment would change, for people and guards.

use anyhow::Result;
use fanpass_model::SegmentName;
use fanpass_sync::{
    Breach, Comparison, Figures, GuardedFacts, Guards, MembershipChange, SegmentFeed, SegmentMode,
};

use super::members::Known;
use super::{Compared, Job, Source, figures};
use crate::commands::segments::outcome::trimming;
use crate::feed::config::owned_list;
use crate::feed::ids::ReadIds;
use crate::feed::plan::{FeedPlan, Kind, Sample};
use crate::feed::prepare::{Prepared, Preparing, Work, about, held_back, spelled};
use crate::feed::run::resumes;
use crate::printer::count;
use crate::quoting::quoted;
use crate::source::SourceFile;

impl Preparing<'_> {
    /// Compares the feeds of a segment with what the ledger knows of it.
    pub fn compare_segment(
        &mut self,
        (segment, known): (&SegmentName, Known),
        feeds: &[&SegmentFeed],
    ) -> Result<Prepared> {
        let (mut sources, mut digests) = (Vec::new(), Vec::new());
        for feed in feeds {
            let file = feed.read.options().map_err(Into::into);
            let file =
                file.and_then(|options| SourceFile::new(&feed.file, options)).map_err(about(feed.label()))?;
            digests.push(file.digest().map_err(about(feed.label()))?);
            let rejects = self.rejects_of(feed.label());
            sources.push(Source { feed: (*feed).clone(), file, rejects });
        }
        let job = Job { segment: segment.clone(), feeds: sources };
        let compared = job.compare(known, self.ledger, self.keep, self.printer)?;
        let mut plans = Vec::new();
        let found = compared.comparison.changes.iter().zip(&compared.reads).zip(digests);
        for (source, ((change, read), digest)) in job.feeds.iter().zip(found) {
            plans.push(self.plan(source, &compared, (change, read), digest)?);
        }
        let together = self.check_together(&job, &compared);
        if let Some(last) = plans.last_mut() {
            last.breaches.extend(together);
            if compared.changes() && compared.comparison.after == 0 {
                last.impossible = Some(self.emptied(segment, last.members_of.is_some()));
            }
        }
        Ok(Prepared { plans, work: Work::Segment(Box::new((job, compared))) })
    }

    /// What forbids all feeds together what each of them may.
    fn check_together(&self, job: &Job, compared: &Compared) -> Vec<Breach> {
        let Comparison { before, added, removed, ref changes, .. } = compared.comparison;
        let facts = |added, removed| GuardedFacts { before, added, removed, ..GuardedFacts::default() };
        let feeds = job.feeds.iter().zip(changes).map(|(Source { feed, .. }, change)| {
            (feed.label(), self.config.guards(feed.guards), facts(change.gained, change.lost))
        });
        let feeds: Vec<_> = feeds.collect();
        Guards::check_together(&feeds, &facts(added, removed))
    }

    /// Why a segment cannot be emptied, and what can be done; `deletable` says whether the service is one that deletes.
    fn emptied(&self, segment: &SegmentName, deletable: bool) -> String {
        let why = format!(
            "nobody would be left in segment {segment}, and the API cannot empty a segment: mend the source"
        );
        if !deletable {
            return why;
        }
        let delete = self.session.next(&format!("segments delete {} --yes", quoted(segment.as_str())));
        format!("{why}, or take the feed out and the segment away, by {delete}")
    }

    /// Whom a feed that mirrors for the first time, as far as the ledger knows, may have put in before, by another name or beside
    /// another ledger.
    fn unclaimed(&self, Source { feed, .. }: &Source, compared: &Compared) -> Result<Option<String>> {
        let unclaimed = compared.comparison.unclaimed;
        let mirrors = feed.mode == SegmentMode::MirrorOwned;
        if !mirrors || unclaimed == 0 || self.ledger.list(&owned_list(feed.label()))?.is_some() {
            return Ok(None);
        }
        Ok(Some(format!(
            "members whom no file lists, and who stay, as this ledger does not know that a feed has put them in: {}",
            count(unclaimed)
        )))
    }

    fn plan(
        &self,
        source: &Source,
        compared: &Compared,
        (change, read): (&MembershipChange, &ReadIds),
        digest: String,
    ) -> Result<FeedPlan> {
        let Source { feed, file, .. } = source;
        let before = compared.comparison.before;
        let figures = figures(change, read);
        let known = &compared.known;
        let import = match known {
            Known::Members(import) => import.as_ref(),
            Known::Nothing => None,
        };
        let facts = GuardedFacts {
            read: read.read,
            rejected: read.rejected,
            empty: 0,
            before,
            unknown: *known == Known::Nothing,
            added: change.gained,
            removed: change.lost,
        };
        let sample = |kind| move |id: &String| Sample { kind, text: id.clone() };
        let samples = change.added_samples.iter().map(sample(Kind::Added));
        let resumes = match resumes(self.ledger, feed.label(), &digest)? {
            None if compared.in_doubt && before > 0 => Some(
                "an earlier change was not heard of again: the members are sent whatever they are".to_owned(),
            ),
            resumes => resumes,
        };
        let notices = read.notices.iter().cloned().chain(trimming(read.trimmed));
        Ok(FeedPlan {
            feed: feed.label().to_owned(),
            segment: Some(feed.name.clone()),
            mode: spelled(&feed.mode),
            file: file.name.clone(),
            digest,
            rows: Figures { sent: 0, unsent: figures.sent, ..figures }.into(),
            added: change.added,
            changed: 0,
            removed: change.removed,
            cleared: 0,
            members: Some(((*known != Known::Nothing).then_some(change.before), change.after)),
            members_of: import.map(ToString::to_string),
            samples: samples.chain(change.removed_samples.iter().map(sample(Kind::Removed))).collect(),
            rejects: read.rejects.clone(),
            rejects_files: Vec::new(),
            notices: self.unclaimed(source, compared)?.into_iter().chain(notices).collect(),
            findings: Vec::new(),
            breaches: self.config.guards(feed.guards).check(&facts),
            impossible: None,
            resumes,
            held_back: source.is_held_back(read).then(|| held_back(read.rejected)),
        })
    }
}
