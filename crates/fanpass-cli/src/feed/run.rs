//! A run in the ledger's history: what it goes on from, what it writes, and how it ended.

use std::collections::BTreeSet;
use std::time::SystemTime;

use anyhow::Result;
use fanpass_sync::{Feeds, Ledger, Mapping, RejectsOf, RunEnd, RunId, RunStart};

use super::closed::Closed;
use super::config::members_list;
use crate::source::SourceFile;

/// A run under way.
#[derive(Debug)]
pub struct Run {
    id: RunId,
    rejects: RejectsOf,
    /// What it goes on from, for people, if the run before it was interrupted.
    pub resumes: Option<String>,
}

/// What a run begins with.
#[derive(Debug)]
pub struct Beginning<'a> {
    pub label: &'a str,
    pub source: &'a SourceFile,
    pub digest: String,
    /// What it may change at the service.
    pub writes: BTreeSet<String>,
    /// Whose rejects it pushes again, if it does.
    pub retries: Option<RejectsOf>,
}

impl Run {
    /// Notes that a run begins.
    pub fn begin(ledger: &mut Ledger, beginning: Beginning<'_>) -> Result<Self> {
        let Beginning { label, source, digest, writes, retries } = beginning;
        let resumes = resumes(ledger, label, &digest)?;
        let session = retries.as_ref().map(|rejects| rejects.session.clone());
        let (label, source) = (label.to_owned(), source.name.clone());
        let start = RunStart { label, source, digest, writes, retries: session };
        let id = ledger.begin_run(&start, SystemTime::now())?;
        let digest = start.digest;
        let (feed, owned) = retries.map_or((start.label, false), |of| (of.feed, of.owned));
        Ok(Self { id, rejects: rejects_of(ledger, &feed, &digest, owned)?, resumes })
    }

    /// Where rows come from that it rejects; `owned` says whether its feed mirrors.
    pub fn rejects(&self, owned: bool) -> RejectsOf {
        RejectsOf { owned: owned || self.rejects.owned, ..self.rejects.clone() }
    }

    /// Notes how it ended.
    pub fn end(&self, ledger: &mut Ledger, closed: &Closed) -> Result<()> {
        let end = RunEnd {
            figures: closed.figures,
            stopped: closed.why(),
            rejects: closed.rejects_files.first().cloned(),
        };
        Ok(ledger.end_run(self.id, &end, SystemTime::now())?)
    }
}

/// Where rows of a feed come from that are rejected from here on, out of the file of that digest.
pub fn rejects_of(ledger: &Ledger, feed: &str, digest: &str, owned: bool) -> Result<RejectsOf> {
    let (session, run) = (ledger.session().to_owned(), ledger.latest_run()?);
    let (feed, digest) = (feed.to_owned(), digest.to_owned());
    Ok(RejectsOf { ledger: ledger.identity().to_owned(), feed, run, digest, session, owned })
}

/// What a run of attributes may change at the service.
pub fn writes_of(mapping: &Mapping) -> BTreeSet<String> {
    mapping.keys().map(ToString::to_string).collect()
}

/// What runs of all feeds may change at the service.
pub fn writes_of_all(feeds: &Feeds) -> BTreeSet<String> {
    let segments = feeds.segments.iter().map(|feed| members_list(&feed.name));
    segments.chain(feeds.attributes.iter().flat_map(|feed| writes_of(&feed.mapping()))).collect()
}

/// What a run of that label would go on from.
pub fn resumes(ledger: &Ledger, label: &str, digest: &str) -> Result<Option<String>> {
    let Some(interrupted) = ledger.interrupted_run(label)? else { return Ok(None) };
    let changed = if interrupted.start.digest == digest { "" } else { "; the file has changed since" };
    Ok(Some(format!(
        "run {} was interrupted: what it had acknowledged is not sent again{changed}",
        interrupted.id
    )))
}
