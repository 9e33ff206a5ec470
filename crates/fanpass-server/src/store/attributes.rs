//! Registered custom attributes: kept in the database, read from memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use fanpass_model::{AttributeDefinition, AttributeKey, AttributeState, AttributeType};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::cached::Cached;
use super::database::Database;
use super::error::{Fault, StoreError, StoreErrorKind};
use super::{Store, Trace};

/// All registered attributes by key, as they stood when asked for. An active one has no state.
pub type Attributes = Arc<BTreeMap<AttributeKey, AttributeDefinition>>;

/// The registered attributes in memory.
pub(super) type AttributeCache = Cached<BTreeMap<AttributeKey, AttributeDefinition>>;

impl AttributeCache {
    pub(super) fn load(service: &Database) -> Result<Self, StoreError> {
        let all = service.read_blocking("read the attributes", |connection| {
            let mut statement = connection
                .prepare("SELECT key, type, allowed, description, owner, retired_at FROM attributes")?;
            let mut rows = statement.query([])?;
            let mut all = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let definition = read(row)?;
                all.insert(definition.key.clone(), definition);
            }
            Ok(all)
        })?;
        Ok(Self::new(all))
    }
}

impl Store {
    /// The registered custom attributes, from memory.
    pub fn attributes(&self) -> Attributes {
        self.0.attributes.get()
    }

    /// Registers a custom attribute. The same key with the same type again is fine and replaces what else is said of it;
    /// what users carry stays. At most `most` keys are ever registered.
    ///
    /// # Errors
    /// [`StoreErrorKind::Conflict`] when the key is registered with another type, or is one too many;
    /// [`StoreErrorKind::Busy`], [`StoreErrorKind::Full`], [`StoreErrorKind::Io`].
    pub async fn register_attribute(
        &self,
        mut definition: AttributeDefinition,
        most: usize,
        trace: impl Into<Trace>,
    ) -> Result<(), StoreError> {
        definition.state = definition.is_retired().then_some(AttributeState::Retired);
        let (now, trace) = (self.now(), trace.into());
        let cache = Arc::clone(&self.0.attributes);
        let stored = definition.clone();
        self.0
            .service
            .write_then(
                "register an attribute",
                move |connection| {
                    register(connection, &definition, most, now)?;
                    trace.write(connection, now).map(drop)
                },
                move |()| cache.change(|all| drop(all.insert(stored.key.clone(), stored))),
            )
            .await
    }

    /// Retires a registered attribute, or makes it active again; what users carry stays.
    ///
    /// # Errors
    /// [`StoreErrorKind::NotFound`] for a key that is not registered; [`StoreErrorKind::Busy`],
    /// [`StoreErrorKind::Full`], [`StoreErrorKind::Io`].
    pub async fn retire_attribute(
        &self,
        key: &AttributeKey,
        retired: bool,
        trace: impl Into<Trace>,
    ) -> Result<(), StoreError> {
        let (now, trace) = (self.now(), trace.into());
        let cache = Arc::clone(&self.0.attributes);
        let (key, stored) = (key.clone(), key.clone());
        self.0
            .service
            .write_then(
                "change the state of an attribute",
                move |connection| {
                    let changed = connection
                        .prepare_cached(
                            "UPDATE attributes SET retired_at = iif(?2, coalesce(retired_at, ?3), NULL) WHERE key = ?1",
                        )?
                        .execute(params![key.as_str(), retired, now])?;
                    if changed == 0 {
                        return Err(StoreError::new(
                            StoreErrorKind::NotFound,
                            format!("`{key}` is not registered; check its spelling, or register it"),
                        )
                        .into());
                    }
                    trace.write(connection, now).map(drop)
                },
                move |()| {
                    cache.change(|all| {
                        if let Some(definition) = all.get_mut(&stored) {
                            definition.state = retired.then_some(AttributeState::Retired);
                        }
                    });
                },
            )
            .await
    }
}

fn register(
    connection: &Connection,
    definition: &AttributeDefinition,
    most: usize,
    now: i64,
) -> Result<(), Fault> {
    let key = definition.key.as_str();
    let word = definition.r#type.map(AttributeType::as_str);
    let known: Option<Option<String>> = connection
        .prepare_cached("SELECT type FROM attributes WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    let conflict = match known {
        Some(known) if known.as_deref() != word => {
            let (known, word) = (known.as_deref().unwrap_or("any"), word.unwrap_or("any"));
            Some(format!("`{key}` is registered with type {known}; register another key for type {word}"))
        }
        Some(_) => None,
        None => {
            let count: u64 = connection
                .prepare_cached("SELECT count(*) FROM attributes")?
                .query_row([], |row| row.get(0))?;
            let full = count >= u64::try_from(most).unwrap_or(u64::MAX);
            full.then(|| {
                format!("`{key}` is one too many: the service takes {most} attributes, retired ones too")
            })
        }
    };
    if let Some(conflict) = conflict {
        return Err(StoreError::new(StoreErrorKind::Conflict, conflict).into());
    }
    let allowed = match definition.allowed_values.as_slice() {
        [] => None,
        values => Some(serde_json::to_string(values).map_err(|error| {
            StoreError::new(
                StoreErrorKind::Io,
                format!("could not write the allowed values as JSON: {error}"),
            )
        })?),
    };
    connection
        .prepare_cached(
            "INSERT INTO attributes (key, type, allowed, description, owner, registered_at, retired_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, iif(?7, ?6, NULL)) ON CONFLICT (key) DO UPDATE SET \
             allowed = excluded.allowed, description = excluded.description, owner = excluded.owner, \
             retired_at = iif(?7, coalesce(retired_at, ?6), NULL)",
        )?
        .execute(params![
            key,
            word,
            allowed,
            definition.description,
            definition.owner,
            now,
            definition.is_retired()
        ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<AttributeDefinition, Fault> {
    let key = AttributeKey::new(row.get::<_, String>(0)?).map_err(|error| damaged(&format!("an {error}")))?;
    let mut definition = AttributeDefinition::new(key);
    definition.r#type = row.get::<_, Option<String>>(1)?.map(|word| parse_type(&word)).transpose()?;
    if let Some(allowed) = row.get::<_, Option<String>>(2)? {
        definition.allowed_values =
            serde_json::from_str(&allowed).map_err(|_| damaged("a list of allowed values"))?;
    }
    definition.description = row.get(3)?;
    definition.owner = row.get(4)?;
    definition.state = row.get::<_, Option<i64>>(5)?.map(|_| AttributeState::Retired);
    Ok(definition)
}

fn parse_type(word: &str) -> Result<AttributeType, StoreError> {
    AttributeType::ALL
        .into_iter()
        .find(|known| known.as_str() == word)
        .ok_or_else(|| damaged(&format!("the attribute type `{word}`")))
}

fn damaged(what: &str) -> StoreError {
    StoreError::new(
        StoreErrorKind::Corrupt,
        format!("{what} in service.db is damaged; restore it from a backup"),
    )
}
