//! Saved audiences: kept in the database, read from memory, where their expressions are read already.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use fanpass_model::{AttributeKey, AttributeValue, AudienceName, SegmentName, UserId, UserProperties};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::cached::Cached;
use super::database::Database;
use super::error::{Fault, StoreError, StoreErrorKind};
use super::segments::is_member;
use super::{Store, Trace, time};
use crate::targeting::{Expression, Facts};

/// Audiences that are kept at most.
pub const AUDIENCES_MAX: usize = 1_000;

/// A saved audience.
#[derive(Debug, Clone, PartialEq)]
pub struct AudienceRecord {
    /// The audience's name.
    pub name: AudienceName,
    /// Its expression, as it was written.
    pub text: String,
    /// What that says.
    pub expression: Arc<Expression>,
    /// What it is for.
    pub description: Option<String>,
    /// When it was first saved.
    pub created_at: Timestamp,
    /// When it was last saved.
    pub updated_at: Timestamp,
    /// The subject of the token that saved it last.
    pub subject: Option<String>,
}

/// All audiences by name, as they stood when asked for.
pub type Audiences = Arc<BTreeMap<AudienceName, Arc<AudienceRecord>>>;

/// The saved audiences in memory.
pub(super) type AudienceCache = Cached<BTreeMap<AudienceName, Arc<AudienceRecord>>>;

const COLUMNS: &str = "name, expression, description, created_at, updated_at, subject";

impl AudienceCache {
    pub(super) fn load(service: &Database) -> Result<Self, StoreError> {
        let all = service.read_blocking("read the audiences", |connection| {
            let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM audiences"))?;
            let mut rows = statement.query([])?;
            let mut all = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let record = record(row)?;
                all.insert(record.name.clone(), Arc::new(record));
            }
            Ok(all)
        })?;
        Ok(Self::new(all))
    }
}

impl Store {
    /// The saved audiences, from memory.
    pub fn audiences(&self) -> Audiences {
        self.0.audiences.get()
    }

    /// Saves an audience, in the place of one of the same name, with the trace that is made of it. `text` is its expression.
    ///
    /// # Errors
    /// [`StoreErrorKind::Conflict`] when there are [`AUDIENCES_MAX`] others; [`StoreErrorKind::Busy`],
    /// [`StoreErrorKind::Full`], [`StoreErrorKind::Io`].
    pub async fn save_audience(
        &self,
        name: AudienceName,
        (text, expression): (String, Expression),
        description: Option<String>,
        subject: Option<String>,
        trace: impl FnOnce(&AudienceRecord) -> Trace + Send + 'static,
    ) -> Result<Arc<AudienceRecord>, StoreError> {
        let (now, cache) = (self.now(), Arc::clone(&self.0.audiences));
        let mut record = AudienceRecord {
            name,
            text,
            expression: Arc::new(expression),
            description,
            created_at: time(now),
            updated_at: time(now),
            subject,
        };
        let save = move |connection: &Connection| {
            if let Some(created_at) = created_at(connection, &record.name)? {
                record.created_at = time(created_at);
            } else {
                check_room(connection)?;
            }
            write(connection, &record)?;
            trace(&record).write(connection, now)?;
            Ok(Arc::new(record))
        };
        let keep = move |record: &Arc<AudienceRecord>| {
            cache.change(|all| drop(all.insert(record.name.clone(), Arc::clone(record))));
        };
        self.0.service.write_then("save an audience", save, keep).await
    }

    /// Deletes an audience, with the trace that is made of it.
    ///
    /// # Errors
    /// [`StoreErrorKind::NotFound`] when there is none; [`StoreErrorKind::Busy`], [`StoreErrorKind::Full`],
    /// [`StoreErrorKind::Io`].
    pub async fn delete_audience(
        &self,
        name: AudienceName,
        trace: impl FnOnce(&AudienceRecord) -> Trace + Send + 'static,
    ) -> Result<AudienceRecord, StoreError> {
        let (now, cache) = (self.now(), Arc::clone(&self.0.audiences));
        let delete = move |connection: &Connection| {
            let sql = format!("DELETE FROM audiences WHERE name = ?1 RETURNING {COLUMNS}");
            let mut statement = connection.prepare_cached(&sql)?;
            let deleted = statement.query([name.as_str()])?.next()?.map(record).transpose()?;
            let deleted = deleted.ok_or_else(|| no_audience(&name))?;
            trace(&deleted).write(connection, now)?;
            Ok(deleted)
        };
        let forget = move |deleted: &AudienceRecord| {
            cache.change(|all| drop(all.remove(&deleted.name)));
        };
        self.0.service.write_then("delete an audience", delete, forget).await
    }

    /// The names of the saved audiences that hold `user`, in byte order.
    ///
    /// Costs a look-up of the user and one for each segment on which an audience depends, whatever their sizes.
    ///
    /// # Errors
    /// [`StoreErrorKind::Corrupt`], [`StoreErrorKind::Io`].
    pub async fn audiences_of(&self, user: &UserId) -> Result<Vec<AudienceName>, StoreError> {
        let (audiences, stored) = (self.audiences(), self.user(user).await?);
        let is_stored = stored.is_some();
        let attributes = stored.map_or_else(UserProperties::new, |stored| stored.attributes);
        let user = user.clone();
        self.0
            .segments
            .read("find the audiences of a user", move |segments| {
                let mut known = Known { user, attributes, segments, memberships: HashMap::new() };
                let mut names = Vec::new();
                for (name, audience) in &*audiences {
                    if audience.expression.selects(&mut known, is_stored)? {
                        names.push(name.clone());
                    }
                }
                Ok(names)
            })
            .await
    }
}

/// A user with the memberships that were asked for so far.
struct Known<'c> {
    user: UserId,
    attributes: UserProperties,
    segments: &'c Connection,
    memberships: HashMap<SegmentName, bool>,
}

impl Facts for Known<'_> {
    type Error = Fault;

    fn attribute(&mut self, key: &AttributeKey) -> Result<Option<&AttributeValue>, Fault> {
        Ok(self.attributes.get(key.as_str()))
    }

    fn is_in(&mut self, segment: &SegmentName) -> Result<bool, Fault> {
        if let Some(known) = self.memberships.get(segment) {
            return Ok(*known);
        }
        let found = is_member(self.segments, segment, &self.user)?.unwrap_or(false);
        self.memberships.insert(segment.clone(), found);
        Ok(found)
    }
}

fn created_at(connection: &Connection, name: &AudienceName) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT created_at FROM audiences WHERE name = ?1")?
        .query_row([name.as_str()], |row| row.get(0))
        .optional()
}

fn check_room(connection: &Connection) -> Result<(), Fault> {
    let kept: usize =
        connection.prepare_cached("SELECT count(*) FROM audiences")?.query_row([], |row| row.get(0))?;
    if kept < AUDIENCES_MAX {
        return Ok(());
    }
    let message = format!("there are {kept} audiences, the most that are kept; delete one first");
    Err(StoreError::new(StoreErrorKind::Conflict, message).into())
}

fn write(connection: &Connection, record: &AudienceRecord) -> rusqlite::Result<()> {
    let AudienceRecord { name, text, expression: _, description, created_at, updated_at, subject } = record;
    let (created_at, updated_at) = (created_at.as_microsecond(), updated_at.as_microsecond());
    connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO audiences ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        ))?
        .execute(params![name.as_str(), text, description, created_at, updated_at, subject])?;
    Ok(())
}

fn record(row: &Row<'_>) -> Result<AudienceRecord, Fault> {
    let text: String = row.get(1)?;
    Ok(AudienceRecord {
        name: AudienceName::new(row.get::<_, String>(0)?).map_err(|error| damaged(&error.to_string()))?,
        expression: Arc::new(text.parse().map_err(|_| damaged("expression of an audience cannot be read"))?),
        text,
        description: row.get(2)?,
        created_at: time(row.get(3)?),
        updated_at: time(row.get(4)?),
        subject: row.get(5)?,
    })
}

/// What a name is answered with that no audience has.
pub(crate) fn no_audience(name: &AudienceName) -> StoreError {
    StoreError::new(
        StoreErrorKind::NotFound,
        format!("there is no audience `{name}`; list the audiences to see their names"),
    )
}

fn damaged(what: &str) -> StoreError {
    let message = format!("service.db is damaged: a stored {what}; restore it from a backup");
    StoreError::new(StoreErrorKind::Corrupt, message)
}
