//! Users by an expression over segments and attributes: the columns of users tell of most of them whether they are selected,
//! and segments are walked beside the ids of the others.

mod bits;
mod known;
mod plan;
#[cfg(test)]
mod tests;
mod user;
mod walk;

use std::num::NonZero;
use std::ops::Range;
use std::sync::Arc;
use std::thread::available_parallelism;

use fanpass_model::{SegmentName, UserId};
use rusqlite::Connection;
use tokio::task::spawn_blocking;

use super::columns::View;
use super::error::Fault;
use super::lists::refuse_lacking;
use super::members::{Lists, Members};
use super::part::UserPart;
use super::segments::find_served;
use super::{Store, StoreError, StoreErrorKind};
use crate::targeting::Expression;
use plan::Plan;
use user::Unread;
use walk::Walk;

/// Blocks of users that one part goes through at most: a quarter of a million for a page, which is some ten milliseconds, and some
/// thirty million to count. Few in tests, so that parts end there.
const BLOCKS_A_PAGE: usize = if cfg!(test) { 3 } else { 64 };
const BLOCKS_A_COUNT: usize = if cfg!(test) { 11 } else { 8_192 };
/// Threads that share a count at most.
const THREADS_MAX: usize = 4;
/// Completes "could not …".
const DOING: &str = "select users";

impl Store {
    /// A part of the users that `expression` selects, behind `after`: at most `limit` of them, or, without a limit, how many
    /// there are. A part ends early where much was read for it; it may be empty.
    ///
    /// It is asked of the users that something is stored of and of the members of its own segments, of which one that does not
    /// exist has none. Segments and users are each read as they stand at one moment, and anew for each part. Knows every
    /// update that was acknowledged before.
    ///
    /// # Errors
    /// [`Busy`](super::StoreErrorKind::Busy) while the columns of many users are being built;
    /// [`Corrupt`](super::StoreErrorKind::Corrupt), [`Io`](super::StoreErrorKind::Io).
    pub async fn select(
        &self,
        expression: Arc<Expression>,
        after: Option<&UserId>,
        limit: Option<u32>,
    ) -> Result<UserPart, StoreError> {
        let after = after.map_or_else(String::new, ToString::to_string);
        let store = self.clone();
        let _permit = self.0.columns.permit().await?;
        let selected = spawn_blocking(move || store.select_part(&Plan::of(&expression), &after, limit));
        selected.await.map_err(|_| StoreError::stopped())?
    }

    fn select_part(&self, plan: &Plan<'_>, after: &str, limit: Option<u32>) -> Result<UserPart, StoreError> {
        if after.is_empty() {
            self.0.segments.read_blocking(DOING, |segments| {
                lists(segments, plan)?.iter().flatten().try_for_each(|lists| refuse_lacking(segments, lists))
            })?;
        }
        if !plan.needs_users() {
            return self.0.segments.read_blocking(DOING, |segments| {
                let mut walk = Walk::new(plan, Vec::new(), members(segments, &lists(segments, plan)?), limit);
                walk.members(after)?;
                Ok(walk.finish())
            });
        }
        let (blocks, threads) = match limit {
            Some(_) => (BLOCKS_A_PAGE, 1),
            None => (BLOCKS_A_COUNT, available_parallelism().map_or(1, NonZero::get).min(THREADS_MAX)),
        };
        // Once more where a list was published between the beginnings of two threads; one alone has no other.
        for threads in [threads, threads, 1] {
            let parts = self.0.columns.read(DOING, (after, blocks), threads, |view, blocks| {
                self.select_blocks(plan, view, blocks, after, limit)
            })?;
            if let Some(part) = join(parts) {
                return Ok(part);
            }
        }
        Err(StoreError::new(StoreErrorKind::Busy, "the segments change too often; try again in a moment"))
    }

    /// Selects users of some of the blocks; gives back the lists that their segments were read from as well.
    fn select_blocks(
        &self,
        plan: &Plan<'_>,
        view: &View<'_>,
        blocks: Range<usize>,
        after: &str,
        limit: Option<u32>,
    ) -> Result<(Vec<Option<Lists>>, UserPart), Fault> {
        let keys = plan.conditions.iter().map(|test| view.key(test.key)).collect();
        let selected = self.0.segments.read_blocking(DOING, |segments| {
            let lists = lists(segments, plan)?;
            let walk = Walk::new(plan, keys, members(segments, &lists), limit);
            match go_through(walk, view, blocks, after) {
                Ok(part) => Ok(Ok((lists, part))),
                Err(Unread::Columns(error)) => Ok(Err(error)),
                Err(Unread::Segments(fault)) => Err(fault),
            }
        })?;
        Ok(selected?)
    }
}

fn go_through(
    mut walk: Walk<'_, '_, '_>,
    view: &View<'_>,
    blocks: Range<usize>,
    after: &str,
) -> Result<UserPart, Unread> {
    for index in blocks {
        let Some(block) = view.block(index) else { break };
        if walk.block(&block, after)?.is_break() {
            break;
        }
        let is_last = index + 1 == view.blocks();
        if block.next().is_some() && (is_last || walk.is_long()) {
            walk.end_behind(&block, after)?;
            break;
        }
    }
    Ok(walk.finish())
}

/// The lists of a plan's segments; none for a segment that does not exist.
fn lists(segments: &Connection, plan: &Plan<'_>) -> rusqlite::Result<Vec<Option<Lists>>> {
    let served = |name: &&SegmentName| Ok(find_served(segments, name.as_str())?.map(|(lists, _)| lists));
    plan.segments.iter().map(served).collect()
}

fn members<'c>(segments: &'c Connection, lists: &[Option<Lists>]) -> Vec<Option<Members<'c>>> {
    lists.iter().map(|lists| Some(Members::new(segments, lists.clone()?))).collect()
}

/// Parts that follow one another as one; none where they were read from different lists.
fn join(parts: Vec<(Vec<Option<Lists>>, UserPart)>) -> Option<UserPart> {
    let mut parts = parts.into_iter();
    let (lists, mut whole) = parts.next()?;
    for (others, part) in parts {
        if others != lists {
            return None;
        }
        if whole.next.is_none() {
            whole.count += part.count;
            whole.next = part.next;
            whole.users.extend(part.users);
        }
    }
    Some(whole)
}
