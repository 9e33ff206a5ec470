//! Feeds that were compared are sent, one after the other, and each is accounted for.

use anyhow::{Context as _, Result};
use fanpass_sync::{Figures, Ledger, SegmentMode};

use super::attributes::{self, Sent};
use super::closed::Closed;
use super::config::members_list;
use super::plan::FeedPlan;
use super::prepare::{Prepared, Work};
use super::recipe::Recipes;
use super::rows_of_plan::Rows;
use super::run::{Beginning, Run, writes_of};
use super::segment::{self, Compared};
use super::survey::Survey;
use crate::exit::Exit;
use crate::failure::{at_ledger, exit_of, failure};
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
    /// Sends a feed, or all feeds of a segment. The ledger is given back unless it could not be written.
    pub async fn one(&mut self, prepared: Prepared, ledger: Ledger) -> (Vec<Applied>, Option<Ledger>) {
        let Prepared { plans, work } = prepared;
        let (closed, ledger) = match work {
            Work::Segment(work) => {
                let (job, compared) = *work;
                let (closed, ledger) = self.segment(&plans, &job, compared, ledger).await;
                (closed, Some(ledger))
            }
            Work::Attributes(work) => {
                let (job, survey) = *work;
                self.attributes(&plans, &job, survey, ledger).await
            }
        };
        let name = at_ledger(&self.recipes.config.ledger);
        let applied = plans.into_iter().zip(closed).map(|(plan, mut closed)| {
            closed.failure = closed.failure.map(&name);
            Applied { plan, closed }
        });
        (applied.collect(), ledger)
    }

    /// The account of each feed of a segment.
    async fn segment(
        &mut self,
        plans: &[FeedPlan],
        job: &segment::Job,
        compared: Compared,
        mut ledger: Ledger,
    ) -> (Vec<Closed>, Ledger) {
        let columns: Vec<_> = compared.reads.iter().map(|read| read.column.clone()).collect();
        let sources = plans.iter().zip(&job.feeds);
        let begun = sources.map(|(FeedPlan { feed, digest, .. }, source)| {
            let beginning = Beginning {
                label: feed,
                source: &source.file,
                digest: digest.clone(),
                writes: [members_list(&job.segment)].into(),
                retries: source.feed.rejects_of.clone(),
            };
            Run::begin(&mut ledger, beginning)
        });
        let runs = match begun.collect::<Result<Vec<_>>>() {
            Ok(runs) => runs,
            Err(error) => return (unsent(plans, error), ledger),
        };
        let sent = tokio::select! {
            biased;
            () = self.claim.stopped() => Err(failure(Exit::Interrupted, "interrupted; the same command goes on from here")),
            sent = job.send(self.session, &mut ledger, compared, self.printer) => sent,
        };
        let mut closed = match sent {
            Ok((mut closed, remembered)) => {
                if let Err(error) = remembered {
                    closed
                        .iter_mut()
                        .zip(for_each(error.into()))
                        .for_each(|(closed, error)| closed.heed(Err(error)));
                }
                closed
            }
            // Nothing of it counts before the service has all of it.
            Err(error) => unsent(plans, error),
        };
        let sources = job.feeds.iter().zip(&runs).zip(columns);
        for (((source, run), column), closed) in sources.zip(&mut closed) {
            let rejects_of = run.rejects(source.feed.mode == SegmentMode::MirrorOwned);
            let written = self.recipes.of_ids(&closed.rejects_files, &source.feed, &column, &rejects_of);
            closed.heed(written);
            let ended = run.end(&mut ledger, closed);
            closed.heed(ended);
        }
        (closed, ledger)
    }

    /// The account of a feed of attributes.
    async fn attributes(
        &mut self,
        plans: &[FeedPlan],
        job: &attributes::Job,
        survey: Survey,
        mut ledger: Ledger,
    ) -> (Vec<Closed>, Option<Ledger>) {
        let begun =
            plans.first().context("a feed without a plan").and_then(|FeedPlan { feed, digest, .. }| {
                let beginning = Beginning {
                    label: feed,
                    source: &job.source,
                    digest: digest.clone(),
                    writes: writes_of(&job.mapping),
                    retries: None,
                };
                Run::begin(&mut ledger, beginning)
            });
        let run = match begun {
            Ok(run) => run,
            Err(error) => return (unsent(plans, error), Some(ledger)),
        };
        let sent =
            job.send(self.session, Some(ledger), Some(survey), self.recipes.options.clone(), self.printer);
        let Sent { state, mut ledger } = match sent.await {
            Ok(sent) => sent,
            Err(error) => return (unsent(plans, error), None),
        };
        let mut closed = Closed::new(state);
        let rejects_of = run.rejects(job.owner.is_some());
        let written = self.recipes.of_attributes(&closed.rejects_files, &job.mapping, &rejects_of);
        closed.heed(written);
        if let Some(ledger) = &mut ledger {
            let ended = run.end(ledger, &closed);
            closed.heed(ended);
        }
        (vec![closed], ledger)
    }
}

/// The accounts of feeds of which nothing was sent.
fn unsent(plans: &[FeedPlan], error: anyhow::Error) -> Vec<Closed> {
    let closed = |(plan, failure): (&FeedPlan, _)| {
        let Rows { read, rejected, .. } = plan.rows;
        Closed {
            figures: Figures { read, rejected, unsent: read - rejected, ..Figures::default() },
            failure: Some(failure),
            ..Closed::default()
        }
    };
    plans.iter().zip(for_each(error)).map(closed).collect()
}

/// One error for each of several feeds: itself, and the same in words.
fn for_each(error: anyhow::Error) -> impl Iterator<Item = anyhow::Error> {
    let of_others = (exit_of(&error), error.to_string());
    std::iter::once(error).chain(std::iter::repeat_with(move || failure(of_others.0, of_others.1.clone())))
}
