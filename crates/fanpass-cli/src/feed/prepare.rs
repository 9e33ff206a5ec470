//! All feeds of a configuration, compared with the ledger and ready to be sent.

use std::path::PathBuf;
use std::sync::Arc;

use crate::runtime::blocking;
use anyhow::Result;
use fanpass_model::AttributeRegistry;
use fanpass_sync::{
    AttributeFeed, GuardedFacts, Ledger, MappedRow, RejectFiles, SegmentFeed, SegmentMode, Verdict,
};

use super::attributes::{self, Survey};
use super::config::Config;
use super::lint::{lint, registry_of};
use super::plan::{FeedPlan, Kind, Rows, Sample};
use super::run::resumes;
use super::segment::{self, Compared, learn_members};
use crate::printer::Printer;
use crate::session::Session;
use crate::source::SourceFile;

/// Rows that are kept as samples of a feed of attributes.
const SAMPLES: usize = 5;

/// A feed that was compared.
#[derive(Debug)]
pub struct Prepared {
    pub plan: FeedPlan,
    pub work: Work,
}

/// What is to be done for it.
#[derive(Debug)]
pub enum Work {
    Segment(Box<(segment::Job, Compared)>),
    Attributes(Box<(attributes::Job, Survey)>),
}

/// What feeds are prepared with.
pub struct Preparing<'a> {
    pub config: &'a Config,
    pub session: &'a Session,
    pub ledger: &'a mut Ledger,
    /// Whether the lists that would stand afterwards are written, to be applied.
    pub keep: bool,
    pub printer: Printer,
}

impl Preparing<'_> {
    /// Compares all feeds, segments first.
    pub async fn all(&mut self) -> Result<Vec<Prepared>> {
        let config = self.config;
        let file = config.feeds.attributes_file.as_deref();
        let asked = (!config.feeds.attributes.is_empty()).then_some(self.session);
        let registry = registry_of(file, asked).await?.map(Arc::new);
        for feed in &config.feeds.attributes {
            lint(&feed.mapping(), registry.as_deref(), self.printer)?;
        }
        let mut prepared = Vec::new();
        for feed in &config.feeds.segments {
            let about = |error: anyhow::Error| error.context(format!("feed {}", feed.label()));
            prepared.push(self.segment(feed).await.map_err(about)?);
        }
        for feed in &config.feeds.attributes {
            let about = |error: anyhow::Error| error.context(format!("feed {}", feed.name));
            prepared.push(blocking(|| self.attributes(feed, registry.clone())).map_err(about)?);
        }
        Ok(prepared)
    }

    /// Where rows go that cannot be sent; those of a plan are counted only.
    fn rejects_of(&self, label: &str) -> PathBuf {
        let path = self.config.rejects_of(label);
        if self.keep { path } else { std::env::temp_dir().join(path.file_name().unwrap_or_default()) }
    }

    async fn segment(&mut self, feed: &SegmentFeed) -> Result<Prepared> {
        learn_members(feed, self.session, self.ledger).await?;
        blocking(|| self.compare_segment(feed))
    }

    fn compare_segment(&mut self, feed: &SegmentFeed) -> Result<Prepared> {
        let label = feed.label();
        let source = SourceFile::new(&feed.file, feed.read.options()?)?;
        let digest = source.digest()?;
        let job = segment::Job { feed: feed.clone(), source, rejects: self.rejects_of(label) };
        let compared = job.compare(self.ledger, self.keep, self.printer)?;
        let Compared { change, read, in_doubt, .. } = &compared;
        let figures = segment::figures(change, read, feed.mode);
        let facts = GuardedFacts {
            read: read.read,
            rejected: read.rejected,
            before: change.before,
            added: change.added,
            // Whom a file of removals names is no accident.
            removed: if feed.mode == SegmentMode::Remove { 0 } else { change.removed },
        };
        let sample = |kind| move |id: &String| Sample { kind, text: id.clone() };
        let samples = change.added_samples.iter().map(sample(Kind::Added));
        let resumes = match resumes(self.ledger, label, &digest)? {
            None if *in_doubt && change.before > 0 => Some(
                "an earlier change was not heard of again: the members are sent whatever they are".to_owned(),
            ),
            resumes => resumes,
        };
        let plan = FeedPlan {
            feed: label.to_owned(),
            segment: Some(feed.name.clone()),
            mode: spelled(&feed.mode),
            file: job.source.name.clone(),
            digest,
            rows: Rows {
                read: figures.read,
                send: figures.sent,
                unchanged: figures.unchanged,
                duplicate: figures.duplicate,
                empty: 0,
                rejected: figures.rejected,
            },
            added: change.added,
            changed: 0,
            removed: change.removed,
            members: Some((change.before, change.after)),
            samples: samples.chain(change.removed_samples.iter().map(sample(Kind::Removed))).collect(),
            rejects: read.rejects.clone(),
            breaches: self.config.guards(feed.guards).check(&facts),
            resumes,
            held_back: compared.held_back.then(|| held_back(compared.read.rejected)),
        };
        Ok(Prepared { plan, work: Work::Segment(Box::new((job, compared))) })
    }

    fn attributes(
        &mut self,
        feed: &AttributeFeed,
        registry: Option<Arc<AttributeRegistry>>,
    ) -> Result<Prepared> {
        let source = Arc::new(SourceFile::new(&feed.file, feed.read.options()?)?);
        let digest = source.digest()?;
        let job = attributes::Job {
            source,
            mapping: feed.mapping(),
            registry,
            rejects: self.rejects_of(&feed.name),
            mode: feed.mode,
            owner: feed.owner().map(str::to_owned),
        };
        RejectFiles::new(&job.rejects).check()?;
        let survey = job.survey(self.ledger, self.keep, self.printer)?;
        let Survey { changes, counts, owned, rejects } = &survey;
        let held_back =
            owned.as_ref().filter(|owned| owned.unknown > 0).map(|owned| held_back(owned.unknown));
        let removed = survey.gone();
        let facts = GuardedFacts {
            read: counts.rows,
            rejected: counts.rejects,
            before: owned.as_ref().map_or(0, |owned| owned.change.before),
            added: 0,
            removed,
        };
        let mut samples = sample_rows(&job, &survey, self.ledger)?;
        let gone = owned.iter().flat_map(|owned| &owned.gone.samples);
        samples.extend(gone.map(|id| Sample { kind: Kind::Removed, text: id.clone() }));
        let plan = FeedPlan {
            feed: feed.name.clone(),
            segment: None,
            mode: spelled(&feed.mode),
            file: job.source.name.clone(),
            resumes: resumes(self.ledger, &feed.name, &digest)?,
            digest,
            rows: Rows {
                read: counts.rows,
                send: changes.count(),
                unchanged: changes.unchanged,
                duplicate: changes.duplicate,
                empty: counts.empty,
                rejected: counts.rejects,
            },
            added: changes.added,
            changed: changes.changed + changes.cleared,
            removed,
            members: None,
            samples,
            rejects: rejects.clone(),
            breaches: self.config.guards(feed.guards).check(&facts),
            held_back,
        };
        Ok(Prepared { plan, work: Work::Attributes(Box::new((job, survey))) })
    }
}

/// Why a feed that mirrors takes nobody out.
fn held_back(rows: u64) -> String {
    format!("nobody is taken out: rejected rows whose id cannot be read, and may be anybody's: {rows}")
}

/// A mode as the configuration file spells it.
fn spelled(mode: &impl serde::Serialize) -> String {
    match serde_json::to_value(mode) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}

/// The first rows that are to be sent, with what differs.
fn sample_rows(job: &attributes::Job, survey: &Survey, ledger: &Ledger) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    if survey.changes.count() == 0 {
        return Ok(samples);
    }
    let mut updates = job.updates()?;
    let mut number = 0;
    while let Some(row) = updates.next_row()? {
        let MappedRow::Update(update) = row else { continue };
        number += 1;
        if survey.changes.verdict(number - 1) != Verdict::Send {
            continue;
        }
        let (user, known) = (update.user.clone(), ledger.knows(&update.user)?);
        let changed = ledger.changed_part(&[(update.user, update.properties)])?;
        let values: Vec<String> = changed
            .iter()
            .flatten()
            .map(|(key, value)| format!("{key}={}", serde_json::to_string(value).unwrap_or_default()))
            .collect();
        let kind = if known { Kind::Changed } else { Kind::Added };
        samples.push(Sample { kind, text: format!("{user} {}", values.join(" ")) });
        if samples.len() == SAMPLES {
            break;
        }
    }
    Ok(samples)
}
