//! The erasure of a user, as a fan may ask for it.

use std::collections::BTreeMap;

use fanpass_model::UserId;
use rusqlite::{Connection, OptionalExtension, params};

use super::touch;
use crate::store::error::{Fault, StoreError};
use crate::store::{Store, Trace, outbox};

/// Changes that one commit erases at most, so that nobody waits long behind it.
const CHANGES_PER_COMMIT: u32 = 1_000;

/// What was erased of a user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// Attributes that were set.
    pub attributes: u64,
    /// Changes of the history.
    pub changes: u64,
}

impl Store {
    /// Erases attributes and history of `user`, what is on its way to GA4, and what is kept under idempotency keys of its id, `pseudonym` being
    /// its name there. Audit records stay. Commits with the trace that is made of what was erased; an interruption leaves
    /// a user whose history is shorter.
    ///
    /// # Errors
    /// [`Busy`](crate::store::StoreErrorKind::Busy), [`Full`](crate::store::StoreErrorKind::Full),
    /// [`Io`](crate::store::StoreErrorKind::Io).
    pub async fn erase_user(
        &self,
        user: &UserId,
        pseudonym: &str,
        trace: impl FnOnce(Erased) -> Trace + Send + 'static,
    ) -> Result<Erased, StoreError> {
        let (now, mut trace) = (self.now(), Some(trace));
        let mut erased = Erased::default();
        loop {
            let (id, pseudonym, last) = (user.as_str().to_owned(), pseudonym.to_owned(), trace.take());
            let step = move |connection: &Connection| {
                let (changes, all) = erase_changes(connection, &id)?;
                erased.changes += changes;
                if !all {
                    return Ok((erased, last));
                }
                erased.attributes = erase_attributes(connection, &id)?;
                outbox::forget(connection, &id)?;
                connection
                    .prepare_cached(
                        "UPDATE idempotency SET answer = '{}' WHERE user = ?1 AND operation = 'updateUser'",
                    )?
                    .execute([&pseudonym])?;
                if let Some(trace) = last {
                    trace(erased).write(connection, now)?;
                }
                Ok((erased, None))
            };
            (erased, trace) = self.0.service.write("erase a user", step).await?;
            if trace.is_none() {
                self.0.service.cut_log();
                return Ok(erased);
            }
        }
    }
}

/// Erases the newest changes; gives back how many, and whether none is left.
fn erase_changes(connection: &Connection, id: &str) -> Result<(u64, bool), Fault> {
    let mut last: Option<i64> = connection
        .prepare_cached("SELECT last_change FROM users WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?
        .flatten();
    let mut erase =
        connection.prepare_cached("DELETE FROM user_changes WHERE sequence = ?1 RETURNING previous")?;
    let mut erased = 0;
    for _ in 0..CHANGES_PER_COMMIT {
        let Some(sequence) = last else { break };
        let previous: Option<Option<i64>> = erase.query_row([sequence], |row| row.get(0)).optional()?;
        erased += u64::from(previous.is_some());
        last = previous.flatten();
    }
    connection
        .prepare_cached("UPDATE users SET last_change = ?2 WHERE id = ?1")?
        .execute(params![id, last])?;
    Ok((erased, last.is_none()))
}

/// Erases the user's row; gives back how many attributes it held.
fn erase_attributes(connection: &Connection, id: &str) -> Result<u64, Fault> {
    let attributes: Option<String> = connection
        .prepare_cached("DELETE FROM users WHERE id = ?1 RETURNING attributes")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let Some(attributes) = attributes else { return Ok(0) };
    connection.prepare_cached("UPDATE totals SET users = users - 1")?.execute([])?;
    touch(connection, id)?;
    // Damaged ones are erased as well.
    let attributes: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(&attributes).unwrap_or_default();
    Ok(u64::try_from(attributes.len()).unwrap_or(u64::MAX))
}
