//! Segments as readers see them: always one whole version, the newest that was published.

use fanpass_model::{ImportId, SegmentName, UserId};
use fanpass_sorted::{BlockDamage, BlockReader};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::error::{Fault, StoreError, StoreErrorKind};
use super::{Store, time};

/// A segment without its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentRecord {
    /// The segment's name.
    pub name: SegmentName,
    /// How many users are in it.
    pub members: u64,
    /// The import that made its present membership.
    pub import: ImportId,
    /// When that was published.
    pub updated_at: Timestamp,
}

const RECORD: &str = "SELECT name, members, imports.id, segments.updated_at \
                      FROM segments JOIN imports ON imports.sequence = segments.import";

impl Store {
    /// Segments in byte order of their names, behind `after`, at most `limit`.
    ///
    /// # Errors
    /// [`StoreErrorKind::Corrupt`], [`StoreErrorKind::Io`].
    pub async fn segments(
        &self,
        after: Option<&SegmentName>,
        limit: u32,
    ) -> Result<Vec<SegmentRecord>, StoreError> {
        let after = after.map_or_else(String::new, ToString::to_string);
        self.0
            .segments
            .read("list the segments", move |connection| {
                let sql = format!("{RECORD} WHERE name > ?1 ORDER BY name LIMIT ?2");
                let mut statement = connection.prepare_cached(&sql)?;
                let mut rows = statement.query(params![after, limit])?;
                let mut records = Vec::new();
                while let Some(row) = rows.next()? {
                    records.push(record(row)?);
                }
                Ok(records)
            })
            .await
    }

    /// One segment, if anything was published under its name.
    ///
    /// # Errors
    /// [`StoreErrorKind::Corrupt`], [`StoreErrorKind::Io`].
    pub async fn segment(&self, name: &SegmentName) -> Result<Option<SegmentRecord>, StoreError> {
        let name = name.to_string();
        self.0
            .segments
            .read("read a segment", move |connection| {
                let mut statement = connection.prepare_cached(&format!("{RECORD} WHERE name = ?1"))?;
                let mut rows = statement.query([&name])?;
                rows.next()?.map(record).transpose()
            })
            .await
    }

    /// Members in byte order, behind `after`, at most `limit`. A list published between two pages is taken up there.
    ///
    /// # Errors
    /// [`StoreErrorKind::NotFound`] for a segment that does not exist; [`StoreErrorKind::Corrupt`] for a damaged
    /// list; [`StoreErrorKind::Io`].
    pub async fn members(
        &self,
        name: &SegmentName,
        after: Option<&UserId>,
        limit: u32,
    ) -> Result<Vec<UserId>, StoreError> {
        let name = name.to_string();
        let after = after.map_or_else(String::new, ToString::to_string);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.0
            .segments
            .read("list a segment's members", move |connection| {
                let version = current_version(connection, &name)?;
                page(connection, version, &after, limit)?.map_err(|damage| damaged(&name, damage))
            })
            .await
    }

    /// Whether `user` is in the segment.
    ///
    /// # Errors
    /// As [`members`](Self::members).
    pub async fn contains(&self, name: &SegmentName, user: &UserId) -> Result<bool, StoreError> {
        let (name, user) = (name.to_string(), user.to_string());
        self.0
            .segments
            .read("look a member up", move |connection| {
                let version = current_version(connection, &name)?;
                let block: Option<Vec<u8>> = connection
                    .prepare_cached(
                        "SELECT ids FROM blocks WHERE version = ?1 AND first_id <= ?2 \
                         ORDER BY first_id DESC LIMIT 1",
                    )?
                    .query_row(params![version, user.as_bytes()], |row| row.get(0))
                    .optional()?;
                let Some(block) = block else { return Ok(false) };
                let read = || BlockReader::new(&block)?.contains(&user);
                read().map_err(|damage| damaged(&name, damage))
            })
            .await
    }

    /// The names of the segments that `user` is in, in byte order.
    ///
    /// # Errors
    /// [`StoreErrorKind::Corrupt`], [`StoreErrorKind::Io`].
    pub async fn segments_of(&self, user: &UserId) -> Result<Vec<SegmentName>, StoreError> {
        let user = user.to_string();
        self.0
            .segments
            .read("list a user's segments", move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT name, (SELECT ids FROM blocks \
                                   WHERE blocks.version = segments.version AND first_id <= ?1 \
                                   ORDER BY first_id DESC LIMIT 1) \
                     FROM segments ORDER BY name",
                )?;
                let mut rows = statement.query([user.as_bytes()])?;
                let mut names = Vec::new();
                while let Some(row) = rows.next()? {
                    let name: String = row.get(0)?;
                    let Some(block) = row.get_ref(1)?.as_blob_or_null().map_err(rusqlite::Error::from)?
                    else {
                        continue;
                    };
                    let read = || BlockReader::new(block)?.contains(&user);
                    if read().map_err(|damage| damaged(&name, damage))? {
                        names.push(segment_name(name)?);
                    }
                }
                Ok(names)
            })
            .await
    }
}

fn current_version(connection: &Connection, name: &str) -> Result<i64, Fault> {
    connection
        .prepare_cached("SELECT version FROM segments WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?
        .ok_or_else(|| {
            StoreError::new(
                StoreErrorKind::NotFound,
                format!("there is no segment `{name}`; list the segments to see their names"),
            )
            .into()
        })
}

type Page = Result<Vec<UserId>, BlockDamage>;

fn page(connection: &Connection, version: i64, after: &str, limit: usize) -> rusqlite::Result<Page> {
    let mut statement = connection.prepare_cached(
        "SELECT ids FROM blocks WHERE version = ?1 AND first_id >= coalesce( \
             (SELECT first_id FROM blocks WHERE version = ?1 AND first_id <= ?2 ORDER BY first_id DESC LIMIT 1), \
             ?2) \
         ORDER BY first_id",
    )?;
    let mut rows = statement.query(params![version, after.as_bytes()])?;
    let mut members = Vec::new();
    while let Some(row) = rows.next()?
        && members.len() < limit
    {
        if let Err(damage) = take(row.get_ref(0)?.as_blob()?, after, limit, &mut members) {
            return Ok(Err(damage));
        }
    }
    Ok(Ok(members))
}

/// Adds the ids of `block` behind `after` until there are `limit`.
fn take(block: &[u8], after: &str, limit: usize, members: &mut Vec<UserId>) -> Result<(), BlockDamage> {
    let mut ids = BlockReader::new(block)?;
    while members.len() < limit
        && let Some(id) = ids.next_id()?
    {
        if id > after {
            members.push(UserId::new(id).map_err(|_| BlockDamage::Content)?);
        }
    }
    Ok(())
}

fn record(row: &Row<'_>) -> Result<SegmentRecord, Fault> {
    let import: String = row.get(2)?;
    Ok(SegmentRecord {
        name: segment_name(row.get(0)?)?,
        members: row.get(1)?,
        import: ImportId::new(import).map_err(|error| malformed(&error.to_string()))?,
        updated_at: time(row.get(3)?),
    })
}

pub(super) fn segment_name(name: String) -> Result<SegmentName, StoreError> {
    SegmentName::new(name).map_err(|error| malformed(&error.to_string()))
}

/// Something other than a block that could not have been written as it stands.
pub(super) fn malformed(what: &str) -> StoreError {
    StoreError::new(
        StoreErrorKind::Corrupt,
        format!("segments.db is damaged: a stored {what}; restore a backup"),
    )
}

fn damaged(segment: &str, damage: BlockDamage) -> Fault {
    let message = format!(
        "the list of segment `{segment}` in segments.db is damaged: {damage}; import the segment again"
    );
    StoreError::new(StoreErrorKind::Corrupt, message).into()
}
