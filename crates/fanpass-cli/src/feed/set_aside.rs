//! Feeds of a run that is forbidden: their rejected rows go to their files all the same, to be seen and mended.

use anyhow::{Context as _, Result};
use fanpass_sync::{Ledger, SegmentMode};

use super::closed::Closed;
use super::ids::ReadIds;
use super::plan::FeedPlan;
use super::prepare::{Prepared, Work};
use super::recipe::Recipes;
use super::run;

impl Prepared {
    /// Writes the rejected rows into their files, and how they are pushed; the plans name the files. Whatever is sent later
    /// is newer than these rows.
    pub async fn set_aside(self, recipes: &Recipes<'_>, ledger: &mut Ledger) -> Result<Vec<FeedPlan>> {
        let Self { mut plans, work } = self;
        let rejects_of = |plan: &FeedPlan, owned| run::rejects_of(ledger, &plan.feed, &plan.digest, owned);
        match work {
            Work::Segment(work) => {
                let (job, compared) = *work;
                for ((plan, source), read) in plans.iter_mut().zip(&job.feeds).zip(compared.reads) {
                    let ReadIds { files, column, .. } = read;
                    plan.rejects_files = files.finish()?;
                    if plan.can_retry() {
                        let owned = source.feed.mode == SegmentMode::MirrorOwned;
                        let of_before = source.feed.rejects_of.clone();
                        let rejects_of = of_before.map_or_else(|| rejects_of(plan, owned), Ok)?;
                        recipes.of_ids(&plan.rejects_files, &source.feed, &column, &rejects_of)?;
                    }
                }
            }
            Work::Attributes(work) => {
                let (job, survey) = *work;
                let plan = plans.first_mut().context("a feed without a plan")?;
                if plan.rows.rejected > 0 {
                    let Closed { failure, rejects_files, .. } =
                        Closed::new(job.read_only(Some(survey)).await?.state);
                    failure.map_or(Ok(()), Err)?;
                    let rejects_of = rejects_of(plan, job.owner.is_some())?;
                    recipes.of_attributes(&rejects_files, &job.mapping, &rejects_of)?;
                    plan.rejects_files = rejects_files;
                }
            }
        }
        Ok(plans)
    }
}
