//! Users: one row each, their attributes a JSON object that an update is merged into.

use std::collections::BTreeMap;

use fanpass_model::{AttributeKey, UserId, UserProperties};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::error::{StoreError, StoreErrorKind};
use super::{Store, Trace, time};

/// What is stored of one user.
#[derive(Debug, Clone, PartialEq)]
pub struct UserRecord {
    /// The attributes that are set.
    pub attributes: UserProperties,
    /// When an attribute was last written.
    pub updated_at: Timestamp,
}

impl Store {
    /// Sets and unsets attributes of `user`, created when new; attributes not named stay. Commits with its audit row.
    ///
    /// Updates of one user take effect in the order of these calls' first poll.
    ///
    /// # Errors
    /// [`StoreErrorKind::Busy`] when too many updates wait: try again in a moment; [`StoreErrorKind::Full`],
    /// [`StoreErrorKind::Io`].
    pub async fn upsert_user(
        &self,
        user: &UserId,
        changes: &UserProperties,
        trace: impl Into<Trace>,
    ) -> Result<(), StoreError> {
        let id = user.as_str().to_owned();
        let changes = json(changes)?;
        let (now, trace) = (self.now(), trace.into());
        self.0
            .service
            .write("update a user", move |connection| {
                // An RFC 7396 merge patch is the update's meaning: null unsets, what is not named stays.
                connection
                    .prepare_cached(
                        "INSERT INTO users (id, attributes, updated_at) VALUES (?1, json_patch('{}', ?2), ?3) \
                         ON CONFLICT (id) DO UPDATE \
                         SET attributes = json_patch(attributes, ?2), updated_at = excluded.updated_at",
                    )?
                    .execute(params![id, changes, now])?;
                trace.write(connection, now).map(drop)
            })
            .await
    }

    /// What is stored of `user`, if anything is.
    ///
    /// # Errors
    /// [`StoreErrorKind::Corrupt`], [`StoreErrorKind::Io`].
    pub async fn user(&self, user: &UserId) -> Result<Option<UserRecord>, StoreError> {
        let id = user.as_str().to_owned();
        self.0
            .service
            .read("read a user", move |connection| {
                let row = connection
                    .prepare_cached("SELECT attributes, updated_at FROM users WHERE id = ?1")?
                    .query_row([&id], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))
                    .optional()?;
                let Some((attributes, updated_at)) = row else { return Ok(None) };
                Ok(Some(UserRecord { attributes: parse(&attributes)?, updated_at: time(updated_at) }))
            })
            .await
    }
}

fn json(changes: &UserProperties) -> Result<String, StoreError> {
    serde_json::to_string(changes).map_err(|error| {
        StoreError::new(StoreErrorKind::Io, format!("could not write the attributes as JSON: {error}"))
    })
}

fn parse(attributes: &str) -> Result<UserProperties, StoreError> {
    let attributes: BTreeMap<AttributeKey, _> = serde_json::from_str(attributes).map_err(|error| {
        StoreError::new(
            StoreErrorKind::Corrupt,
            format!("a user's attributes in service.db are damaged: {error}"),
        )
    })?;
    Ok(attributes.into_iter().collect())
}
