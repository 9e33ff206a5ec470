//! Segments as readers see them: always one whole version, the newest that was published.

use fanpass_model::{ImportId, SegmentName, UserId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::error::{Fault, StoreError, StoreErrorKind};
use super::lately::Found;
use super::lists::refuse_lacking;
use super::members::{self, Lists, Members, of_block};
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
    /// The number of that membership among the segment's versions; rises with each, with gaps.
    pub version: u64,
    /// When that was published.
    pub updated_at: Timestamp,
}

const RECORD: &str = "SELECT name, members, imports.id, published_at, versions.import FROM segments \
                      JOIN versions USING (import) JOIN imports ON imports.sequence = segments.import";

/// Of each segment the name and the blocks that would contain the user `?1`: of its base, and of what was added and removed.
macro_rules! blocks_of_user {
    () => {
        concat!(
            "SELECT name",
            of_block!("ids", "base"),
            of_block!("ids", "added"),
            of_block!("ids", "removed"),
            " FROM segments JOIN versions USING (import)"
        )
    };
}

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
                let Some((lists, _)) = find_served(connection, &name)? else {
                    return Err(no_segment(&name).into());
                };
                if after.is_empty() {
                    refuse_lacking(connection, &lists)?;
                }
                let mut members = Members::new(connection, lists);
                let mut page: Vec<UserId> = Vec::new();
                while page.len() < limit {
                    let last = page.last().map_or(&*after, UserId::as_str);
                    let Some(id) = members.behind(last)? else { break };
                    page.push(user_id(id)?);
                }
                Ok(page)
            })
            .await
    }

    /// Whether `user` is in the segment. Blocks for a few short reads: handing them to another thread costs more.
    ///
    /// # Errors
    /// As [`members`](Self::members).
    pub fn contains(&self, name: &SegmentName, user: &UserId) -> Result<bool, StoreError> {
        let (segments, lately) = (&self.0.segments, &self.0.lately);
        let at = segments.now();
        if let Some(known) = at.and_then(|at| lately.has(at, name.as_str(), user.as_str())) {
            return Ok(known);
        }
        let found = segments.look_up("look a member up", |connection| {
            Found::look(connection, name.as_str(), user.as_str())?
                .ok_or_else(|| no_segment(name.as_str()).into())
        })?;
        let member = found.member;
        // Not what was read while a commit ended: it may be of before or after.
        if let Some(at) = at.filter(|_| at == segments.now()) {
            lately.keep(at, found);
        }
        Ok(member)
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
                let mut statement =
                    connection.prepare_cached(concat!(blocks_of_user!(), " ORDER BY name"))?;
                let mut rows = statement.query([user.as_bytes()])?;
                let mut names = Vec::new();
                while let Some(row) = rows.next()? {
                    let name: String = row.get(0)?;
                    if holds(row, &name, &user)? {
                        names.push(segment_name(name)?);
                    }
                }
                Ok(names)
            })
            .await
    }
}

/// Whether the blocks of such a row say that `user` is in the segment.
fn holds(row: &Row<'_>, segment: &str, user: &str) -> Result<bool, Fault> {
    members::is_member([1, 2, 3], |column: usize| members::block_holds(segment, row.get_ref(column)?, user))
}

/// Whether `user` is in the segment, by one statement; none if there is no such segment.
pub(super) fn is_member(
    connection: &Connection,
    name: &SegmentName,
    user: &UserId,
) -> Result<Option<bool>, Fault> {
    let mut statement = connection.prepare_cached(concat!(blocks_of_user!(), " WHERE name = ?2"))?;
    let mut rows = statement.query(params![user.as_str().as_bytes(), name.as_str()])?;
    rows.next()?.map(|row| holds(row, name.as_str(), user.as_str())).transpose()
}

/// Where the members of a segment are now and how many, if there is one.
pub(super) fn find_served(connection: &Connection, name: &str) -> rusqlite::Result<Option<(Lists, u64)>> {
    connection
        .prepare_cached(
            "SELECT base, added, removed, members FROM segments JOIN versions USING (import) WHERE name = ?1",
        )?
        .query_row([name], |row| {
            let (base, added, removed) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((Lists { segment: name.to_owned(), base, added, removed }, row.get(3)?))
        })
        .optional()
}

/// The list of a segment is damaged so that it has not as many members, or blocks, as it should.
pub(crate) fn lacking(segment: &str, (found, wanted): (u64, u64), things: &str) -> StoreError {
    malformed(&format!("list of segment `{segment}` has {found} {things} of {wanted}"))
}

/// What a name is answered with that no segment has.
pub(super) fn no_segment(name: &str) -> StoreError {
    StoreError::new(
        StoreErrorKind::NotFound,
        format!("there is no segment `{name}`; list the segments to see their names"),
    )
}

/// An id as a list holds it.
pub(super) fn user_id(id: &str) -> Result<UserId, Fault> {
    Ok(UserId::new(id).map_err(|error| malformed(&error.to_string()))?)
}

fn record(row: &Row<'_>) -> Result<SegmentRecord, Fault> {
    let import: String = row.get(2)?;
    Ok(SegmentRecord {
        name: segment_name(row.get(0)?)?,
        members: row.get(1)?,
        import: ImportId::new(import).map_err(|error| malformed(&error.to_string()))?,
        version: row.get(4)?,
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
