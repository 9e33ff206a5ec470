//! Versions: whole memberships that are written in the dark, published in one commit and deleted in small ones.

use fanpass_sorted::Block;
use rusqlite::{Connection, OptionalExtension, params};

use super::Store;
use super::error::{Fault, StoreError};
use super::jobs::{self, Counts, JobState, RowReject};
use super::writer::Answer;

/// A membership that no reader sees until it is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version(pub(super) i64);

/// Blocks that one step of a deletion takes.
const DELETE_BLOCKS: u32 = 1_000;

/// What publishing an import puts in place.
#[derive(Debug)]
pub(crate) struct Publication {
    /// The import, by its sequence.
    pub(crate) import: i64,
    /// The version that holds the blocks written so far; absent when none was.
    pub(crate) version: Option<Version>,
    /// The last blocks.
    pub(crate) rest: Vec<Block>,
    pub(crate) counts: Counts,
    pub(crate) rejects: Vec<RowReject>,
}

impl Store {
    /// Begins a version for an import.
    pub(crate) fn begin_version(&self, import: i64) -> Result<Version, StoreError> {
        self.0
            .segments
            .write_blocking("begin a list", move |connection| Ok(insert_version(connection, import)?))
    }

    /// Adds blocks to a version, waiting for room in the queue; the answer comes when they are stored.
    pub(crate) fn put_blocks(&self, version: Version, blocks: Vec<Block>) -> Result<Answer<()>, StoreError> {
        self.0
            .segments
            .begin_write("write a list", move |connection| Ok(insert_blocks(connection, version, &blocks)?))
    }

    /// Makes the import's list the segment's membership and the import completed, in one commit.
    ///
    /// A list that came later stays: the one published here then counts as replaced already.
    pub(crate) fn publish(&self, publication: Publication) -> Result<(), StoreError> {
        let now = self.now();
        let replaced = self.0.segments.write_blocking("publish a list", move |connection| {
            let version = match publication.version {
                Some(version) => version,
                None => insert_version(connection, publication.import)?,
            };
            insert_blocks(connection, version, &publication.rest)?;
            jobs::end(
                connection,
                publication.import,
                JobState::Completed,
                None,
                publication.counts,
                &publication.rejects,
                now,
            )?;
            Ok(flip(connection, publication.import, version, publication.counts.imported, now)?)
        })?;
        if let Some(version) = replaced {
            self.0.sweeper.delete(version);
        }
        Ok(())
    }

    /// Deletes, in the background, a version that was never published.
    pub(crate) fn abandon(&self, version: Version) {
        self.0.sweeper.delete(version);
    }

    /// Waits until lists that were replaced or abandoned so far are deleted.
    ///
    /// # Errors
    /// [`Stopped`](super::StoreErrorKind::Stopped) when the storage closes meanwhile.
    pub async fn swept(&self) -> Result<(), StoreError> {
        self.0.sweeper.swept().await.map_err(|_| StoreError::stopped())
    }
}

fn insert_version(connection: &Connection, import: i64) -> rusqlite::Result<Version> {
    connection
        .prepare_cached("INSERT INTO versions (import) VALUES (?1) RETURNING version")?
        .query_row([import], |row| row.get(0).map(Version))
}

fn insert_blocks(connection: &Connection, version: Version, blocks: &[Block]) -> rusqlite::Result<()> {
    let mut insert = connection
        .prepare_cached("INSERT INTO blocks (version, first_id, count, ids) VALUES (?1, ?2, ?3, ?4)")?;
    for block in blocks {
        insert.execute(params![version.0, block.first_id, block.count, block.ids])?;
    }
    Ok(())
}

/// Points the segment at `version` unless a later import was published; gives back the version nobody needs now.
fn flip(
    connection: &Connection,
    import: i64,
    version: Version,
    members: u64,
    now: i64,
) -> rusqlite::Result<Option<Version>> {
    let name: String = connection
        .prepare_cached("SELECT segment FROM imports WHERE sequence = ?1")?
        .query_row([import], |row| row.get(0))?;
    let current: Option<(i64, i64)> = connection
        .prepare_cached("SELECT version, import FROM segments WHERE name = ?1")?
        .query_row([&name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((_, published)) = current
        && published > import
    {
        return Ok(Some(version));
    }
    connection
        .prepare_cached(
            "INSERT INTO segments (name, version, import, members, updated_at) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (name) DO UPDATE SET version = excluded.version, import = excluded.import, \
             members = excluded.members, updated_at = excluded.updated_at",
        )?
        .execute(params![name, version.0, import, members, now])?;
    Ok(current.map(|(version, _)| Version(version)))
}

/// Versions that no segment names. Only meaningful while no import runs.
pub(super) fn orphans(connection: &Connection) -> Result<Vec<Version>, Fault> {
    let mut statement = connection
        .prepare("SELECT version FROM versions WHERE version NOT IN (SELECT version FROM segments)")?;
    let versions = statement.query_map([], |row| row.get(0).map(Version))?.collect::<Result<_, _>>()?;
    Ok(versions)
}

/// Deletes some of a version's blocks, and the version once none is left; true then.
pub(super) fn delete_some(connection: &Connection, version: Version) -> Result<bool, Fault> {
    let deleted = connection
        .prepare_cached(
            "DELETE FROM blocks WHERE rowid IN (SELECT rowid FROM blocks WHERE version = ?1 LIMIT ?2)",
        )?
        .execute(params![version.0, DELETE_BLOCKS])?;
    if deleted > 0 {
        return Ok(false);
    }
    connection.prepare_cached("DELETE FROM versions WHERE version = ?1")?.execute([version.0])?;
    Ok(true)
}
