//! Registered custom attributes: kept in the database, read from memory.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use fanpass_model::{AttributeKey, AttributeType};
use rusqlite::{Connection, OptionalExtension, params};

use super::database::Database;
use super::error::{Fault, StoreError, StoreErrorKind};
use super::{Store, Trace};

/// A custom attribute as it was registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeRecord {
    /// The attribute's key.
    pub key: AttributeKey,
    /// What values it takes; absent: any.
    pub attribute_type: Option<AttributeType>,
    /// What it means.
    pub description: Option<String>,
}

/// All registered attributes by key, as they stood when asked for.
pub type Attributes = Arc<BTreeMap<AttributeKey, AttributeRecord>>;

/// The registered attributes in memory; exact, because this process alone writes them.
#[derive(Debug, Default)]
pub(super) struct AttributeCache(RwLock<Attributes>);

impl AttributeCache {
    pub(super) fn load(service: &Database) -> Result<Self, StoreError> {
        let all = service.read_blocking("read the attributes", |connection| {
            let mut statement = connection.prepare("SELECT key, type, description FROM attributes")?;
            let mut rows = statement.query([])?;
            let mut all = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let key = AttributeKey::new(row.get::<_, String>(0)?)
                    .map_err(|error| damaged(&format!("an {error}")))?;
                let attribute_type =
                    row.get::<_, Option<String>>(1)?.map(|word| parse_type(&word)).transpose()?;
                all.insert(key.clone(), AttributeRecord { key, attribute_type, description: row.get(2)? });
            }
            Ok(all)
        })?;
        Ok(Self(RwLock::new(Arc::new(all))))
    }

    fn get(&self) -> Attributes {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn insert(&self, record: AttributeRecord) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut all).insert(record.key.clone(), record);
    }
}

impl Store {
    /// The registered custom attributes, from memory.
    pub fn attributes(&self) -> Attributes {
        self.0.attributes.get()
    }

    /// Registers a custom attribute. The same key with the same type again is fine and updates the description.
    ///
    /// # Errors
    /// [`StoreErrorKind::Conflict`] when the key is registered with another type; [`StoreErrorKind::Busy`],
    /// [`StoreErrorKind::Full`], [`StoreErrorKind::Io`].
    pub async fn register_attribute(
        &self,
        record: AttributeRecord,
        trace: impl Into<Trace>,
    ) -> Result<(), StoreError> {
        let (now, trace) = (self.now(), trace.into());
        let cache = Arc::clone(&self.0.attributes);
        let stored = record.clone();
        self.0
            .service
            .write_then(
                "register an attribute",
                move |connection| {
                    register(connection, &record, now)?;
                    trace.write(connection, now).map(drop)
                },
                move |()| cache.insert(stored),
            )
            .await
    }
}

fn register(connection: &Connection, record: &AttributeRecord, now: i64) -> Result<(), Fault> {
    let key = record.key.as_str();
    let word = record.attribute_type.map(AttributeType::as_str);
    let known: Option<Option<String>> = connection
        .prepare_cached("SELECT type FROM attributes WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    if let Some(known) = known
        && known.as_deref() != word
    {
        let known = known.as_deref().unwrap_or("any");
        return Err(StoreError::new(
            StoreErrorKind::Conflict,
            format!(
                "`{key}` is registered with type {known}; register another key for type {}",
                word.unwrap_or("any")
            ),
        )
        .into());
    }
    connection
        .prepare_cached(
            "INSERT INTO attributes (key, type, description, registered_at) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (key) DO UPDATE SET description = excluded.description",
        )?
        .execute(params![key, word, record.description, now])?;
    Ok(())
}

fn parse_type(word: &str) -> Result<AttributeType, StoreError> {
    [AttributeType::String, AttributeType::Number, AttributeType::Boolean, AttributeType::List]
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
