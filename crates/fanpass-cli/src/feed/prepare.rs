//! All feeds of a configuration, compared with the ledger and ready to be sent.

use std::path::PathBuf;
use std::sync::Arc;

use crate::runtime::blocking;
use anyhow::Result;
use fanpass_model::{AttributeRegistry, SegmentName};
use fanpass_sync::{AttributeFeed, Contradiction, GuardedFacts, Ledger, SegmentFeed};

use super::attributes;
use super::config::{Config, REJECTS_MEMBER};
use super::keepers::check_keepers;
use super::lint::{Authority, lint};
use super::plan::{FeedPlan, Kind, Sample};
use super::remarks::Lint;
use super::rows_of_plan::Rows;
use super::run::resumes;
use super::sample::sample_users;
use super::segment::members::learn_members;
use super::segment::{self, Compared};
use super::survey::{Said, Survey};
use crate::exit::Exit;
use crate::failure::{OfFeed, at_ledger, failure};
use crate::input::try_rejects;
use crate::printer::{Printer, count as counted};
use crate::session::Session;
use crate::source::SourceFile;

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
        let name = at_ledger(&self.config.ledger);
        self.compare().await.map_err(name)
    }

    async fn compare(&mut self) -> Result<Vec<Prepared>> {
        let config = self.config;
        check_keepers(config, self.ledger)?;
        let file = config.feeds.attributes_file.as_deref();
        let session = (!config.feeds.attributes.is_empty()).then_some(self.session);
        let authority = Authority { file, session };
        let registry = authority.registry().await?.map(Arc::new);
        let looked = config.feeds.attributes.iter();
        let looked = looked.map(|feed| lint(&feed.mapping(), (authority, registry.as_deref()), self.printer));
        let looked = looked.collect::<Result<Vec<_>>>()?;
        let mut prepared = Vec::new();
        for (segment, feeds) in config.feeds.by_segment() {
            prepared.push(self.segment(segment, &feeds).await?);
        }
        let shared: Vec<_> = config.feeds.shared_keys().into_keys().collect();
        let mut contradictions =
            (!shared.is_empty()).then(|| self.ledger.contradictions(shared, &std::env::temp_dir()));
        for (at, (feed, lint)) in config.feeds.attributes.iter().zip(looked).enumerate() {
            let said = contradictions.as_mut().map(|contradictions| Said { contradictions, feed: at });
            let surveyed = blocking(|| self.attributes(feed, (registry.clone(), lint), said));
            prepared.push(surveyed.map_err(about(&feed.name))?);
        }
        let found = contradictions.map(|contradictions| blocking(|| contradictions.finish()));
        match found.transpose()?.flatten() {
            Some(contradiction) => Err(self.refuse(&contradiction)),
            None => Ok(prepared),
        }
    }

    /// Feeds that contradict each other would write both values in every run.
    fn refuse(&self, contradiction: &Contradiction) -> anyhow::Error {
        let Contradiction { user, key, sources, count, .. } = contradiction;
        let name = |feed: usize| self.config.feeds.attributes.get(feed).map_or("", |feed| &feed.name);
        let [one, other] = sources.map(name);
        let others = match count - 1 {
            0 => String::new(),
            others => format!(", and so for {} more", counted(others)),
        };
        let message = format!(
            "the feeds {one:?} and {other:?} give {key} of user {user:?} different values{others}: each would undo the other in every \
             run; leave the user or the attribute to one of them; nothing was sent"
        );
        failure(Exit::Refused, message)
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
        (registry, lint): (Option<Arc<AttributeRegistry>>, Lint),
        said: Option<Said<'_>>,
    ) -> Result<Prepared> {
        let source = Arc::new(SourceFile::new(&feed.file, feed.read.options()?)?);
        let digest = source.digest()?;
        let job = attributes::Job {
            source,
            mapping: feed.mapping(),
            registry,
            lint,
            rejects: self.rejects_of(&feed.name),
            mode: feed.mode,
            owner: feed.owner().map(str::to_owned),
        };
        try_rejects(&job.rejects, REJECTS_MEMBER)?;
        let survey = job.survey(self.ledger, said, self.keep, self.printer)?;
        let Survey { changes, counts, owned, rejects, findings, notices } = &survey;
        let held_back =
            owned.as_ref().filter(|owned| owned.unknown > 0).map(|owned| held_back(owned.unknown));
        let removed = survey.gone();
        let facts = GuardedFacts {
            read: counts.rows,
            rejected: counts.rejects,
            empty: counts.empty,
            before: owned.as_ref().map_or(0, |owned| owned.users.before),
            added: 0,
            removed,
            ..GuardedFacts::default()
        };
        let guards = self.config.guards(feed.guards);
        let mut breaches = guards.check(&facts);
        breaches.extend(changes.values.iter().flat_map(|(key, values)| guards.check_values(key, *values)));
        let mut samples = sample_users(&job, &survey, self.ledger)?;
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
                sent: 0,
                unchanged: changes.unchanged,
                duplicate: changes.duplicate,
                empty: counts.empty,
                rejected: counts.rejects,
                unsent: changes.send,
            },
            added: changes.added,
            changed: changes.changed,
            removed,
            cleared: changes.values.values().map(|values| values.cleared).sum(),
            members: None,
            members_of: None,
            samples,
            rejects: rejects.clone(),
            rejects_files: Vec::new(),
            notices: notices.clone(),
            findings: findings.clone(),
            breaches,
            impossible: None,
            held_back,
        };
        Ok(Prepared { plans: vec![plan], work: Work::Attributes(Box::new((job, survey))) })
    }
}

/// Says which feed an error is about.
pub fn about(label: &str) -> impl FnOnce(anyhow::Error) -> anyhow::Error {
    move |error| error.context(OfFeed(label.to_owned()))
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
