//! Few ids added to a large list, or removed from it: the list stays as it is, and what differs stands beside it.

use std::collections::BTreeSet;

use fanpass_sorted::{Block, BlockBuilder};
use rusqlite::Connection;

use super::Store;
use super::error::{Fault, StoreError};
use super::jobs::Mode;
use super::lists::{self, List};
use super::members::{self, Lists, Members};
use super::segments;
use super::versions::Content;

/// A version made of the one that is served.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) content: Content,
    pub(crate) members: u64,
    /// Members that were added or removed.
    pub(crate) changed: u64,
}

impl Store {
    /// What adding `ids` to the served version, or removing them, makes of it; `None` where there is no version, or a new
    /// list is due: once more than `most` ids would differ, and for a list that is no longer than that.
    pub(crate) fn delta(
        &self,
        segment: &str,
        mode: Mode,
        ids: &[String],
        most: usize,
    ) -> Result<Option<Change>, StoreError> {
        self.0
            .segments
            .read_blocking("look members up", |connection| change(connection, segment, mode, ids, most))
    }

    /// Members of a segment behind `after`, at most `limit`; none where there is no segment. Each call sees what is served
    /// then.
    pub(crate) fn members_behind(
        &self,
        segment: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.0.segments.read_blocking("read a list", |connection| {
            match segments::find_served(connection, segment)? {
                Some((lists, _)) => take(Members::new(connection, lists), after, limit),
                None => Ok(Vec::new()),
            }
        })
    }

    /// Where the members of a segment are now, and how many, if there is one.
    pub(crate) fn served_lists(&self, segment: &str) -> Result<Option<(Lists, u64)>, StoreError> {
        self.0
            .segments
            .read_blocking("read a segment", |connection| Ok(segments::find_served(connection, segment)?))
    }
}

fn change(
    connection: &Connection,
    segment: &str,
    mode: Mode,
    ids: &[String],
    most: usize,
) -> Result<Option<Change>, Fault> {
    let Some((lists, members)) = segments::find_served(connection, segment)? else { return Ok(None) };
    if usize::try_from(members).is_ok_and(|members| members <= most) {
        return Ok(None);
    }
    let Lists { base, added, removed, .. } = lists;
    // Whoever they have lost would not be in the new ones either. The list itself stays as it is.
    lists::refuse_any_lacking(connection, segment, [added, removed])?;
    let all = |list: Option<i64>| -> Result<BTreeSet<String>, Fault> {
        let Some(base) = list else { return Ok(BTreeSet::new()) };
        let list = Lists { segment: segment.to_owned(), base, added: None, removed: None };
        Ok(take(Members::new(connection, list), "", usize::MAX)?.into_iter().collect())
    };
    let (mut added, mut removed) = (all(added)?, all(removed)?);
    let mut changed = 0;
    for id in ids {
        let (undone, done) =
            if mode == Mode::Remove { (&mut added, &mut removed) } else { (&mut removed, &mut added) };
        let differs = if undone.remove(id) {
            true
        } else {
            // To be removed it has to be in the list, to be added it has not to.
            members::holds(connection, segment, base, id)? == (mode == Mode::Remove)
                && done.insert(id.clone())
        };
        changed += u64::from(differs);
    }
    if added.len() + removed.len() > most {
        return Ok(None);
    }
    let members = if mode == Mode::Remove { members - changed } else { members + changed };
    let content = Content::Delta { base: List(base), added: pack(&added), removed: pack(&removed) };
    Ok(Some(Change { content, members, changed }))
}

fn take(mut members: Members<'_>, after: &str, limit: usize) -> Result<Vec<String>, Fault> {
    let mut taken: Vec<String> = Vec::new();
    while taken.len() < limit {
        let last = taken.last().map_or(after, String::as_str);
        let Some(id) = members.behind(last)?.map(str::to_owned) else { break };
        taken.push(id);
    }
    Ok(taken)
}

fn pack(ids: &BTreeSet<String>) -> Vec<Block> {
    let mut builder = BlockBuilder::default();
    let mut blocks: Vec<Block> = ids.iter().filter_map(|id| builder.push(id.as_bytes())).collect();
    blocks.extend(builder.finish());
    blocks
}
