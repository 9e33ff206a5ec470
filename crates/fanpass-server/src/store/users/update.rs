//! An update of a user: merged into what is stored, in one commit with its trace and with what it changed.

use std::collections::BTreeMap;

use fanpass_model::{AttributeKey, AttributeValue, Namespace, UserId, UserProperties};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::value::{RawValue, to_raw_value};

use super::{damaged, touch};
use crate::store::error::{Fault, StoreError, StoreErrorKind};
use crate::store::{Trace, outbox};

/// Bytes that the attributes of one user have together at most: he is read, and told, as a whole.
const USER_MAX_BYTES: usize = 1 << 20;

/// What an update says, written as JSON before it waits for its turn.
#[derive(Debug)]
pub(super) struct Update {
    id: String,
    /// Each attribute with its value; none: unset.
    attributes: Vec<(AttributeKey, Option<Box<RawValue>>)>,
}

/// Attributes as JSON keeps them; keys need no escapes there.
type Raw<'a> = BTreeMap<&'a str, &'a RawValue>;

/// The value before and the value after; none: not set.
type Change<'a> = (Option<&'a RawValue>, Option<&'a RawValue>);

/// What comes of an update.
struct Merged<'a> {
    /// The attributes after it, as JSON.
    attributes: String,
    /// What it changes, if anything, as JSON.
    changes: Option<String>,
    /// The platform attributes that it changes.
    platform: Vec<&'a str>,
}

impl Update {
    pub(super) fn new(user: &UserId, changes: &UserProperties) -> Result<Self, StoreError> {
        let raw = |(key, value): (&AttributeKey, &AttributeValue)| {
            let value = match value {
                AttributeValue::Unset => None,
                value => Some(to_raw_value(value).map_err(|error| unwritable(&error))?),
            };
            Ok((key.clone(), value))
        };
        let attributes = changes.iter().map(raw).collect::<Result<_, StoreError>>()?;
        Ok(Self { id: user.as_str().to_owned(), attributes })
    }

    /// Runs in the writer, and says whether it noted something down in the outbox, if that `is_kept`. Of its writes the audit record
    /// comes first: its sequence is that of the change.
    pub(super) fn run(
        &self,
        connection: &Connection,
        now: i64,
        trace: &Trace,
        is_kept: bool,
    ) -> Result<bool, Fault> {
        let stored: Option<(i64, String, Option<i64>)> = connection
            .prepare_cached("SELECT rowid, attributes, last_change FROM users WHERE id = ?1")?
            .query_row([&self.id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let before = stored.as_ref().map_or("{}", |(_, attributes, _)| attributes);
        let Merged { attributes, changes, platform } = self.merge(before)?;
        // One who has more, from before there was a bound, can be cut down.
        if attributes.len() > USER_MAX_BYTES.max(before.len()) {
            return Err(too_much(attributes.len()).into());
        }
        let sequence = trace.write(connection, now)?;
        let previous = stored.as_ref().and_then(|(_, _, last)| *last);
        let last_change = if changes.is_some() { Some(sequence) } else { previous };
        let row = if let Some((row, _, _)) = stored {
            connection
                .prepare_cached(
                    "UPDATE users SET attributes = ?2, updated_at = ?3, last_change = ?4 WHERE rowid = ?1",
                )?
                .execute(params![row, attributes, now, last_change])?;
            row
        } else {
            connection.prepare_cached("UPDATE totals SET users = users + 1")?.execute([])?;
            connection
                .prepare_cached(
                    "INSERT INTO users (id, attributes, updated_at, last_change) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![self.id, attributes, now, last_change])?;
            let row = connection.last_insert_rowid();
            if changes.is_none() {
                touch(connection, &self.id)?;
            }
            row
        };
        if let Some(changes) = changes {
            connection
                .prepare_cached(
                    "INSERT INTO user_changes (sequence, previous, at, changes, user) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![sequence, previous, now, changes, row])?;
        }
        let noted = is_kept && !platform.is_empty();
        if noted {
            outbox::note(connection, &self.id, &platform, now)?;
        }
        Ok(noted)
    }

    fn merge(&self, before: &str) -> Result<Merged<'_>, StoreError> {
        let mut attributes: Raw<'_> =
            serde_json::from_str(before).map_err(|_| damaged("user's attributes"))?;
        let mut changes: BTreeMap<&str, Change<'_>> = BTreeMap::new();
        let mut platform = Vec::new();
        for (key, after) in &self.attributes {
            let after = after.as_deref();
            let before = match after {
                Some(after) => attributes.insert(key.as_str(), after),
                None => attributes.remove(key.as_str()),
            };
            if before.map(RawValue::get) != after.map(RawValue::get) {
                changes.insert(key.as_str(), (before, after));
                platform.extend((key.namespace() == Namespace::Platform).then_some(key.as_str()));
            }
        }
        let write = || {
            let changes = if changes.is_empty() { None } else { Some(serde_json::to_string(&changes)?) };
            Ok(Merged { attributes: serde_json::to_string(&attributes)?, changes, platform })
        };
        write().map_err(|error: serde_json::Error| unwritable(&error))
    }
}

fn too_much(bytes: usize) -> StoreError {
    let message = format!(
        "the user would have {bytes} bytes of attributes, and {USER_MAX_BYTES} are kept of one; unset some first, or send shorter ones"
    );
    StoreError::new(StoreErrorKind::Conflict, message)
}

fn unwritable(error: &serde_json::Error) -> StoreError {
    StoreError::new(StoreErrorKind::Io, format!("could not write the attributes as JSON: {error}"))
}
