//! Feeds that were compared are sent, one after the other, and each is accounted for.

use anyhow::{Context as _, Result};
use fanpass_client::PushOptions;
use fanpass_sync::{Feeds, Figures, Ledger, SegmentFeed, SegmentMode};

use super::attributes::{self, Sent, Survey};
use super::closed::Closed;
use super::config::Config;
use super::ids::ReadIds;
use super::plan::FeedPlan;
use super::prepare::{Prepared, Work};
use super::recipe;
use super::run::Run;
use super::segment::{self, Compared};
use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::{exit_of, failure};
use crate::printer::Printer;
use crate::session::Session;
use crate::signals::Claim;

/// A feed that was applied.
#[derive(Debug)]
pub struct Applied {
    pub plan: FeedPlan,
    pub closed: Closed,
}

/// What feeds are sent with.
pub struct Applying<'a> {
    pub config: &'a Config,
    pub global: &'a Global,
    pub session: &'a mut Session,
    pub options: PushOptions,
    pub printer: Printer,
    pub claim: &'static Claim,
}

impl Applying<'_> {
    /// Sends a feed, or all feeds of a segment. The ledger is given back unless it failed itself.
    pub async fn one(&mut self, prepared: Prepared, mut ledger: Ledger) -> Result<(Vec<Applied>, Ledger)> {
        let Prepared { plans, work } = prepared;
        let (closed, ledger) = match work {
            Work::Segment(work) => {
                let (job, compared) = *work;
                let mut runs = Vec::new();
                for (plan, source) in plans.iter().zip(&job.feeds) {
                    runs.push(Run::begin(&mut ledger, &plan.feed, &source.file, plan.digest.clone())?);
                }
                let closed = self.segment(&job, &runs, compared, &mut ledger).await;
                for (run, closed) in runs.iter().zip(&closed) {
                    run.end(&mut ledger, closed)?;
                }
                (closed, ledger)
            }
            Work::Attributes(work) => {
                let (job, survey) = *work;
                let plan = plans.first().context("a feed without a plan")?;
                let run = Run::begin(&mut ledger, &plan.feed, &job.source, plan.digest.clone())?;
                let (closed, mut ledger) = self.attributes(&run, &job, survey, ledger).await?;
                run.end(&mut ledger, &closed)?;
                (vec![closed], ledger)
            }
        };
        let applied = plans.into_iter().zip(closed).map(|(plan, closed)| Applied { plan, closed });
        Ok((applied.collect(), ledger))
    }

    /// The account of each feed of a segment.
    async fn segment(
        &mut self,
        job: &segment::Job,
        runs: &[Run],
        compared: Compared,
        ledger: &mut Ledger,
    ) -> Vec<Closed> {
        let read = |read: &ReadIds| (read.read, read.rejected, read.column.clone());
        let reads: Vec<_> = compared.reads.iter().map(read).collect();
        let sent = tokio::select! {
            biased;
            () = self.claim.stopped() => Err(failure(Exit::Interrupted, "interrupted; the same command goes on from here")),
            sent = job.send(self.session, ledger, compared, self.printer) => sent,
        };
        match sent {
            Ok(closed) => {
                let sources = job.feeds.iter().zip(runs).zip(reads).zip(closed);
                sources
                    .map(|(((source, run), (.., column)), closed)| {
                        match self.recipe(source, run, &column, &closed) {
                            Ok(()) => closed,
                            Err(error) => Closed { failure: Some(error), ..closed },
                        }
                    })
                    .collect()
            }
            // Nothing of it counts before the service has all of it.
            Err(error) => {
                let of_others = (exit_of(&error), error.to_string());
                let others = std::iter::repeat_with(|| failure(of_others.0, of_others.1.clone()));
                let errors = std::iter::once(error).chain(others);
                reads
                    .iter()
                    .zip(errors)
                    .map(|(&(read, rejected, _), error)| unsent(read, rejected, error))
                    .collect()
            }
        }
    }

    /// Writes down how rows of a segment that were rejected are pushed again.
    fn recipe(&self, source: &segment::Source, run: &Run, column: &str, closed: &Closed) -> Result<()> {
        let of_run = || run.rejects(source.feed.mode == SegmentMode::MirrorOwned);
        let rejects_of = source.feed.rejects_of.clone().unwrap_or_else(of_run);
        let mode = match source.feed.mode {
            SegmentMode::Remove => SegmentMode::Remove,
            _ => SegmentMode::Add,
        };
        recipe::write(&closed.rejects_files, |file| {
            self.feeds(|feeds| {
                feeds.segments.push(SegmentFeed {
                    file,
                    mode,
                    rejects_of: Some(rejects_of.clone()),
                    feed: Some(format!("{} rejects", source.feed.label())),
                    id: Some(column.to_owned()),
                    read: fanpass_sync::Reading::default(),
                    ..source.feed.clone()
                });
            })
        })
    }

    async fn attributes(
        &mut self,
        run: &Run,
        job: &attributes::Job,
        survey: Survey,
        ledger: Ledger,
    ) -> Result<(Closed, Ledger)> {
        let sent = job.send(self.session, Some(ledger), Some(survey), self.options.clone(), self.printer);
        let Sent { state, ledger } = sent.await?;
        let ledger = ledger.context("the ledger is still in use")?;
        let closed = Closed::new(state)?;
        recipe::write(&closed.rejects_files, |file| {
            let rejects_of = run.rejects(job.owner.is_some());
            let label = format!("{} rejects", rejects_of.feed);
            let feed = recipe::attributes(&label, file, &job.mapping, Some(rejects_of));
            self.feeds(|feeds| feeds.attributes.push(feed))
        })?;
        Ok((closed, ledger))
    }

    /// A configuration for rejects, with the same target and ledger.
    fn feeds(&self, add: impl FnOnce(&mut Feeds)) -> Feeds {
        let mut feeds = Feeds {
            target: recipe::target(self.global),
            ledger: Some(recipe::absolute(&self.config.ledger)),
            rejects: Some(recipe::absolute(&self.config.rejects)),
            attributes_file: self.config.feeds.attributes_file.as_deref().map(recipe::absolute),
            rate: self.options.requests_per_second,
            ids_rate: self.options.ids_per_second,
            ..Feeds::default()
        };
        add(&mut feeds);
        feeds
    }
}

/// The account of a feed of which nothing was sent.
fn unsent(read: u64, rejected: u64, failure: anyhow::Error) -> Closed {
    Closed {
        figures: Figures { read, rejected, unsent: read - rejected, ..Figures::default() },
        failure: Some(failure),
        ..Closed::default()
    }
}
