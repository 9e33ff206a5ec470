//! Versions: what each import made of its segment. One is served, a few before it are kept to roll back to.

mod publish;

use fanpass_model::{ImportId, SegmentName};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::error::{Fault, StoreError, StoreErrorKind};
use super::jobs::{self, Caller, Mode};
use super::lists::{self, List};
use super::segments::{malformed, no_segment};
use super::{Store, idempotency, time};
pub(crate) use publish::{Content, Publication, Published};

/// One membership of a segment that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRecord {
    /// Its number; rises with each version of any segment, with gaps.
    pub version: u64,
    /// The import that made it.
    pub import: ImportId,
    /// What that import did.
    pub mode: Mode,
    /// How many users are in it.
    pub members: u64,
    /// When it was published.
    pub published_at: Timestamp,
    /// Whether it is the one that is served.
    pub served: bool,
}

impl Store {
    /// The versions of a segment that are kept, newest first.
    ///
    /// # Errors
    /// [`StoreErrorKind::NotFound`] for a segment that does not exist; [`StoreErrorKind::Io`].
    pub async fn versions(&self, name: &SegmentName) -> Result<Vec<VersionRecord>, StoreError> {
        let name = name.to_string();
        self.0
            .segments
            .read("list a segment's versions", move |connection| {
                let served = served(connection, &name)?;
                let mut statement = connection.prepare_cached(
                    "SELECT import, imports.id, mode, members, published_at \
                     FROM versions JOIN imports ON imports.sequence = import \
                     WHERE versions.segment = ?1 ORDER BY import DESC",
                )?;
                let mut rows = statement.query([&name])?;
                let mut versions = Vec::new();
                while let Some(row) = rows.next()? {
                    versions.push(record(row, served)?);
                }
                Ok(versions)
            })
            .await
    }

    /// Serves a version again that was served before: the one numbered `version`, or the one before the present one. It
    /// becomes a version of its own, the newest, made by an import of its own; versions past the newest `kept` before it
    /// are dropped.
    ///
    /// An import under way that was received earlier changes nothing any more. What `answer` makes of it is kept under the
    /// caller's key.
    ///
    /// # Errors
    /// [`StoreErrorKind::NotFound`] for a segment or version that is not there; [`StoreErrorKind::Conflict`] for the
    /// version that is served; [`StoreErrorKind::Full`], [`StoreErrorKind::Io`].
    pub async fn roll_back(
        &self,
        name: &SegmentName,
        version: Option<u64>,
        kept: u32,
        caller: Caller,
        answer: impl FnOnce(&VersionRecord) -> String + Send + 'static,
    ) -> Result<VersionRecord, StoreError> {
        let (id, name, now) = (self.ids().next(), name.clone(), self.now());
        let (record, dropped) = self
            .0
            .segments
            .write("roll a segment back", move |connection| {
                let served = served(connection, name.as_str())?;
                let target = target(connection, &name, served, version)?;
                let import = jobs::insert_done(connection, &id, &name, Mode::Rollback, &caller, now)?;
                connection
                    .prepare_cached(
                        "INSERT INTO versions (import, segment, base, added, removed, members, published_at) \
                         SELECT ?1, segment, base, added, removed, members, ?2 FROM versions WHERE import = ?3",
                    )?
                    .execute(params![import, now, target])?;
                let dropped = serve(connection, name.as_str(), import, kept)?;
                let record = connection
                    .prepare_cached(
                        "SELECT import, imports.id, mode, members, published_at \
                         FROM versions JOIN imports ON imports.sequence = import WHERE import = ?1",
                    )?
                    .query_row([import], |row| Ok(record(row, import)))??;
                if let Some(once) = &caller.once {
                    idempotency::keep(connection, now, once, &answer(&record), None)?;
                }
                Ok((record, dropped))
            })
            .await?;
        self.abandon(dropped);
        Ok(record)
    }

    /// Deletes a segment with all of its versions; gives back the import that stands for it, and how many members there
    /// were. An import under way that was received earlier changes nothing any more. What `answer` makes of both is kept
    /// under the caller's key.
    ///
    /// # Errors
    /// [`StoreErrorKind::NotFound`], [`StoreErrorKind::Full`], [`StoreErrorKind::Io`].
    pub async fn delete_segment(
        &self,
        name: &SegmentName,
        caller: Caller,
        answer: impl FnOnce(ImportId, u64) -> String + Send + 'static,
    ) -> Result<(ImportId, u64), StoreError> {
        let import = ImportId::new(self.ids().next()).map_err(|error| malformed(&error.to_string()))?;
        let (id, name, now) = (import.clone(), name.clone(), self.now());
        let (members, dropped) = self
            .0
            .segments
            .write("delete a segment", move |connection| {
                let served = served(connection, name.as_str())?;
                let members = connection
                    .prepare_cached("SELECT members FROM versions WHERE import = ?1")?
                    .query_row([served], |row| row.get(0))?;
                jobs::insert_done(connection, id.as_str(), &name, Mode::Delete, &caller, now)?;
                connection
                    .prepare_cached("DELETE FROM segments WHERE name = ?1")?
                    .execute([name.as_str()])?;
                if let Some(once) = &caller.once {
                    idempotency::keep(connection, now, once, &answer(id, members), None)?;
                }
                Ok((members, drop_versions(connection, name.as_str(), 0)?))
            })
            .await?;
        self.abandon(dropped);
        Ok((import, members))
    }
}

/// Points the segment at a version; gives back the lists that nobody needs from now on.
fn serve(connection: &Connection, name: &str, import: i64, kept: u32) -> rusqlite::Result<Vec<List>> {
    connection
        .prepare_cached(
            "INSERT INTO segments (name, import) VALUES (?1, ?2) \
             ON CONFLICT (name) DO UPDATE SET import = excluded.import",
        )?
        .execute(params![name, import])?;
    drop_versions(connection, name, kept.saturating_add(1))
}

/// Drops all but the newest `kept` versions of a segment; gives back the lists that no version names any more.
fn drop_versions(connection: &Connection, name: &str, kept: u32) -> rusqlite::Result<Vec<List>> {
    let mut delete = connection.prepare_cached(
        "DELETE FROM versions WHERE import IN \
             (SELECT import FROM versions WHERE segment = ?1 ORDER BY import DESC LIMIT -1 OFFSET ?2) \
         RETURNING base, added, removed",
    )?;
    let mut dropped = Vec::new();
    let mut rows = delete.query(params![name, kept])?;
    while let Some(row) = rows.next()? {
        for column in 0..3 {
            dropped.extend(row.get::<_, Option<i64>>(column)?.map(List));
        }
    }
    drop(rows);
    lists::unnamed(connection, &dropped)
}

/// The number of the version that is served.
fn served(connection: &Connection, name: &str) -> Result<i64, Fault> {
    connection
        .prepare_cached("SELECT import FROM segments WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?
        .ok_or_else(|| no_segment(name).into())
}

/// The version to roll back to.
fn target(
    connection: &Connection,
    name: &SegmentName,
    served: i64,
    version: Option<u64>,
) -> Result<i64, Fault> {
    let (sql, number) = match version {
        None => ("SELECT max(import) FROM versions WHERE segment = ?1 AND import < ?2", served),
        Some(version) => {
            let version = i64::try_from(version).unwrap_or(i64::MAX);
            if version == served {
                let message = format!("version {version} of segment `{name}` is the one that is served");
                return Err(StoreError::new(StoreErrorKind::Conflict, message).into());
            }
            ("SELECT max(import) FROM versions WHERE segment = ?1 AND import = ?2", version)
        }
    };
    let found: Option<i64> =
        connection.prepare_cached(sql)?.query_row(params![name.as_str(), number], |row| row.get(0))?;
    found.ok_or_else(|| {
        let message = match version {
            None => format!("segment `{name}` has no version before the one that is served"),
            Some(version) => {
                format!(
                    "segment `{name}` has no version {version}; list its versions to see those that are kept"
                )
            }
        };
        StoreError::new(StoreErrorKind::NotFound, message).into()
    })
}

fn record(row: &Row<'_>, served: i64) -> Result<VersionRecord, Fault> {
    let (version, id, mode): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(VersionRecord {
        version: row.get(0)?,
        import: ImportId::new(id).map_err(|error| malformed(&error.to_string()))?,
        mode: Mode::parse(&mode)?,
        members: row.get(3)?,
        published_at: time(row.get(4)?),
        served: version == served,
    })
}
