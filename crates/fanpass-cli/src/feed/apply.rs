//! Feeds that were compared are sent, one after the other, and each is accounted for.

use anyhow::{Context as _, Result};
use fanpass_client::PushOptions;
use fanpass_sync::{Feeds, Figures, Ledger, SegmentFeed, SegmentMode};

use super::attributes::{self, Sent, Survey};
use super::closed::Closed;
use super::config::Config;
use super::plan::FeedPlan;
use super::prepare::{Prepared, Work};
use super::recipe;
use super::run::Run;
use super::segment::{self, Compared};
use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::failure;
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
    /// Sends a feed. The ledger is given back unless it failed itself.
    pub async fn one(&mut self, prepared: Prepared, mut ledger: Ledger) -> Result<(Applied, Ledger)> {
        let Prepared { plan, work } = prepared;
        let (closed, ledger) = match work {
            Work::Segment(work) => {
                let (job, compared) = *work;
                let run = Run::begin(&mut ledger, &plan.feed, &job.source, plan.digest.clone())?;
                let closed = self.segment(&job, &run, compared, &mut ledger).await;
                run.end(&mut ledger, &closed)?;
                (closed, ledger)
            }
            Work::Attributes(work) => {
                let (job, survey) = *work;
                let run = Run::begin(&mut ledger, &plan.feed, &job.source, plan.digest.clone())?;
                let (closed, mut ledger) = self.attributes(&run, &job, survey, ledger).await?;
                run.end(&mut ledger, &closed)?;
                (closed, ledger)
            }
        };
        Ok((Applied { plan, closed }, ledger))
    }

    async fn segment(
        &mut self,
        job: &segment::Job,
        run: &Run,
        compared: Compared,
        ledger: &mut Ledger,
    ) -> Closed {
        let read = compared.read.read;
        let rejected = compared.read.rejected;
        let column = compared.read.column.clone();
        let sent = tokio::select! {
            biased;
            () = self.claim.stopped() => Err(failure(Exit::Interrupted, "interrupted; the same command goes on from here")),
            sent = job.send(self.session, ledger, compared, self.printer) => sent,
        };
        match sent {
            Ok(closed) => {
                let of_run = || run.rejects(job.feed.mode == SegmentMode::MirrorOwned);
                let rejects_of = job.feed.rejects_of.clone().unwrap_or_else(of_run);
                let recipe = |file| {
                    self.feeds(|feeds| {
                        let mode = match job.feed.mode {
                            SegmentMode::Remove => SegmentMode::Remove,
                            _ => SegmentMode::Add,
                        };
                        let feed = format!("{} rejects", job.feed.label());
                        feeds.segments.push(SegmentFeed {
                            file,
                            mode,
                            rejects_of: Some(rejects_of.clone()),
                            feed: Some(feed),
                            id: Some(column.clone()),
                            read: fanpass_sync::Reading::default(),
                            ..job.feed.clone()
                        });
                    })
                };
                match recipe::write(&closed.rejects_files, recipe) {
                    Ok(()) => closed,
                    Err(error) => Closed { failure: Some(error), ..closed },
                }
            }
            // Nothing of it counts before the service has all of it.
            Err(error) => Closed {
                figures: Figures { read, rejected, unsent: read - rejected, ..Figures::default() },
                rejects: Vec::new(),
                listed: 0,
                rejects_files: Vec::new(),
                stopped: None,
                unverified: None,
                gone_left: 0,
                notices: Vec::new(),
                failure: Some(error),
            },
        }
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
