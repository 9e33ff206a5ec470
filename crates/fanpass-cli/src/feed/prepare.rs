//! All feeds of a configuration, compared with the ledger and ready to be sent.

use std::path::PathBuf;
use std::sync::Arc;

use crate::runtime::blocking;
use anyhow::Result;
use fanpass_model::{AttributeRegistry, SegmentName};
use fanpass_sync::{AttributeFeed, GuardedFacts, Ledger, MappedRow, RejectFiles, SegmentFeed, Verdict};

use super::attributes::{self, Survey};
use super::config::Config;
use super::lint::{lint, registry_of};
use super::plan::{FeedPlan, Kind, Rows, Sample};
use super::run::resumes;
use super::segment::members::learn_members;
use super::segment::{self, Compared};
use crate::printer::Printer;
use crate::session::Session;
use crate::source::SourceFile;

/// Rows that are kept as samples of a feed of attributes.
const SAMPLES: usize = 5;

/// A feed that was compared, or all feeds of a segment.
#[derive(Debug)]
pub struct Prepared {
    pub plans: Vec<FeedPlan>,
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
        for (segment, feeds) in config.feeds.by_segment() {
            prepared.push(self.segment(segment, &feeds).await?);
        }
        for feed in &config.feeds.attributes {
            prepared.push(blocking(|| self.attributes(feed, registry.clone())).map_err(about(&feed.name))?);
        }
        Ok(prepared)
    }

    /// Where rows go that cannot be sent; those of a plan are counted only.
    pub fn rejects_of(&self, label: &str) -> PathBuf {
        let path = self.config.rejects_of(label);
        if self.keep { path } else { std::env::temp_dir().join(path.file_name().unwrap_or_default()) }
    }

    /// The feeds of a segment, which build upon one another.
    async fn segment(&mut self, segment: &SegmentName, feeds: &[&SegmentFeed]) -> Result<Prepared> {
        let of_all = || feeds.iter().map(|feed| feed.label()).collect::<Vec<_>>().join(", ");
        let known = learn_members(segment, feeds, self.session, self.ledger, self.printer).await;
        let known = known.map_err(|error| about(&of_all())(error))?;
        blocking(|| self.compare_segment((segment, known), feeds))
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
            before: owned.as_ref().map_or(0, |owned| owned.users.before),
            added: 0,
            removed,
            ..GuardedFacts::default()
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
            members_of: None,
            samples,
            rejects: rejects.clone(),
            breaches: self.config.guards(feed.guards).check(&facts),
            impossible: None,
            held_back,
        };
        Ok(Prepared { plans: vec![plan], work: Work::Attributes(Box::new((job, survey))) })
    }
}

/// Says which feed an error is about.
pub fn about(label: &str) -> impl FnOnce(anyhow::Error) -> anyhow::Error {
    move |error| error.context(format!("feed {label}"))
}

/// Why a feed that mirrors takes nobody out.
pub fn held_back(rows: u64) -> String {
    format!("nobody is taken out: rejected rows whose id cannot be read, and may be anybody's: {rows}")
}

/// A mode as the configuration file spells it.
pub fn spelled(mode: &impl serde::Serialize) -> String {
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
