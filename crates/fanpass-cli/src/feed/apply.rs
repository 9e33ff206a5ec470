//! Feeds that were compared are sent, one after the other, and each is accounted for.

use anyhow::{Context as _, Result};
use fanpass_sync::{Figures, Ledger, SegmentMode};

use super::attributes::{self, Sent, Survey};
use super::closed::Closed;
use super::ids::ReadIds;
use super::plan::FeedPlan;
use super::prepare::{Prepared, Work};
use super::recipe::Recipes;
use super::run::Run;
use super::segment::{self, Compared};
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
    pub recipes: Recipes<'a>,
    pub session: &'a mut Session,
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
                        let rejects_of = run.rejects(source.feed.mode == SegmentMode::MirrorOwned);
                        let files = &closed.rejects_files;
                        match self.recipes.of_ids(files, &source.feed, &column, rejects_of) {
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

    async fn attributes(
        &mut self,
        run: &Run,
        job: &attributes::Job,
        survey: Survey,
        ledger: Ledger,
    ) -> Result<(Closed, Ledger)> {
        let sent =
            job.send(self.session, Some(ledger), Some(survey), self.recipes.options.clone(), self.printer);
        let Sent { state, ledger } = sent.await?;
        let ledger = ledger.context("the ledger is still in use")?;
        let closed = Closed::new(state)?;
        let rejects_of = run.rejects(job.owner.is_some());
        self.recipes.of_attributes(&closed.rejects_files, &job.mapping, &rejects_of)?;
        Ok((closed, ledger))
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
