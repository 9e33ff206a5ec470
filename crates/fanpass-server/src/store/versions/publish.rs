//! An import's end that changes its segment: a version is put in place and the import published, in one commit.

use fanpass_sorted::Block;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::serve;
use crate::store::Store;
use crate::store::error::{Fault, StoreError};
use crate::store::jobs::{self, Counts, Ended, Mode, RowReject, Stage};
use crate::store::lists::{self, List};

/// What publishing an import puts in place.
#[derive(Debug)]
pub(crate) struct Publication {
    /// The import, by its sequence.
    pub(crate) import: i64,
    pub(crate) content: Content,
    pub(crate) members: u64,
    pub(crate) counts: Counts,
    /// The last refused rows, and how many were kept before them.
    pub(crate) rejects: (u64, Vec<RowReject>),
}

/// The members of a new version.
#[derive(Debug)]
pub(crate) enum Content {
    /// A list of its own: the blocks written so far, absent when none was, and the last ones.
    Whole(Option<List>, Vec<Block>),
    /// A list that another version has as well, and how this one differs.
    Delta { base: List, added: Vec<Block>, removed: Vec<Block> },
}

/// What became of a list that was to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Published {
    /// It is served.
    Served,
    /// The import has ended otherwise meanwhile.
    Cancelled,
    /// A later import of the segment was served first: the whole list is not needed any more.
    Superseded,
    /// A later import of the segment came first, and what this one was to add to or remove from is gone. It has not ended; the text
    /// says why it cannot go on.
    Overtaken(String),
}

impl Store {
    /// Makes the import's list the segment's membership and the import published, in one commit.
    ///
    /// Versions past the newest `kept` before it are dropped.
    pub(crate) fn publish(&self, publication: Publication, kept: u32) -> Result<Published, StoreError> {
        let now = self.now();
        let unpublished = match &publication.content {
            Content::Whole(list, _) => *list,
            Content::Delta { .. } => None,
        };
        let outcome = self
            .0
            .segments
            .write_blocking("publish a list", move |connection| publish(connection, publication, kept, now));
        let (published, dropped) = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                self.abandon(unpublished);
                return Err(error);
            }
        };
        if published != Published::Served {
            self.abandon(unpublished);
        }
        self.abandon(dropped);
        Ok(published)
    }
}

fn publish(
    connection: &Connection,
    publication: Publication,
    kept: u32,
    now: i64,
) -> Result<(Published, Vec<List>), Fault> {
    let Publication { import, content, members, counts, rejects: (kept_rejects, rejects) } = publication;
    let (name, mode): (String, String) = connection
        .prepare_cached("SELECT segment, mode FROM imports WHERE sequence = ?1")?
        .query_row([import], |row| Ok((row.get(0)?, row.get(1)?)))?;
    // Only what need not wait for its turn can have overtaken: a whole list, a rollback, a deletion. What they made does not
    // depend on what was before.
    let later: Option<(String, String)> = connection
        .prepare_cached(
            "SELECT id, mode FROM imports WHERE segment = ?1 AND sequence > ?2 AND stage = 'published' \
             ORDER BY sequence LIMIT 1",
        )?
        .query_row(params![name, import], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((later, by)) = &later
        && Mode::parse(&mode)?.builds_on()
    {
        return Ok((Published::Overtaken(overtaken(later, Mode::parse(by)?)), Vec::new()));
    }
    let message = later.as_ref().map(|(later, _)| {
        format!(
            "import {later}, which was received later, was published first; this list was not needed any more"
        )
    });
    let ended = Ended { stage: Stage::Published, message, counts, kept: kept_rejects, rejects };
    if !jobs::end(connection, import, &ended, now)? {
        return Ok((Published::Cancelled, Vec::new()));
    }
    if later.is_some() {
        return Ok((Published::Superseded, Vec::new()));
    }
    let (base, added, removed) = match content {
        Content::Whole(list, rest) => {
            let list = list.map_or_else(|| lists::insert(connection, import), Ok)?;
            lists::insert_blocks(connection, list, &rest)?;
            lists::close(connection, list)?;
            (list, None, None)
        }
        Content::Delta { base, added, removed } => {
            (base, side_list(connection, import, &added)?, side_list(connection, import, &removed)?)
        }
    };
    connection
        .prepare_cached(
            "INSERT INTO versions (import, segment, base, added, removed, members, published_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![import, name, base.0, added, removed, members, now])?;
    Ok((Published::Served, serve(connection, &name, import, kept)?))
}

fn overtaken(later: &str, by: Mode) -> String {
    let what = match by {
        Mode::Rollback => "rolled the segment back",
        Mode::Delete => "deleted the segment",
        _ => "replaced the segment",
    };
    format!(
        "import {later}, which was received later, {what} first; nobody was added or removed: send the ids again if that is still \
         wanted"
    )
}

fn side_list(connection: &Connection, import: i64, blocks: &[Block]) -> rusqlite::Result<Option<i64>> {
    if blocks.is_empty() {
        return Ok(None);
    }
    let list = lists::insert(connection, import)?;
    lists::insert_blocks(connection, list, blocks)?;
    lists::close(connection, list)?;
    Ok(Some(list.0))
}
