//! What updates changed of a user, when and by whom: a chain from the newest change to the oldest that is kept.

use std::collections::BTreeMap;

use fanpass_model::{AttributeKey, AttributeValue, UserId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use tokio::task::spawn_blocking;

use super::damaged;
use crate::store::error::{Fault, StoreError};
use crate::store::{PageRoom, Store, time};

/// Changes that one commit forgets at most.
const FORGOTTEN_PER_COMMIT: u32 = 1_000;
/// Changes made while the clock was ahead at most that are looked past for one that is due.
const AHEAD_MAX: u32 = 100;

/// What one update changed.
#[derive(Debug, Clone, PartialEq)]
pub struct UserChange {
    /// The sequence of the update's audit record.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// Whose token it was.
    pub subject: Option<String>,
    /// The token's id.
    pub jti: Option<String>,
    /// The id of the call.
    pub request_id: Option<String>,
    /// The attributes whose values it changed, by key.
    pub attributes: Vec<AttributeChange>,
}

/// What an update did to one attribute; [`AttributeValue::Unset`] stands for none.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeChange {
    /// The attribute's key.
    pub key: AttributeKey,
    /// Its value before.
    pub before: AttributeValue,
    /// Its value since.
    pub after: AttributeValue,
}

/// A page of what was changed of a user.
#[derive(Debug, Clone, PartialEq)]
pub struct UserChangePage {
    /// The changes, newest first.
    pub changes: Vec<UserChange>,
    /// Where the next page begins; absent on the last one.
    pub next: Option<i64>,
}

impl Store {
    /// Changes of `user` older than the one numbered `before` (the newest ones when absent), newest first: at most `limit`,
    /// and no more once they are 4 MiB.
    ///
    /// # Errors
    /// [`Corrupt`](crate::store::StoreErrorKind::Corrupt), [`Io`](crate::store::StoreErrorKind::Io).
    pub async fn user_changes(
        &self,
        user: &UserId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<UserChangePage, StoreError> {
        let user = user.clone();
        let read = move |connection: &Connection| page(connection, &user, before, limit);
        self.0.service.read("read a user's changes", read).await
    }

    /// Forgets changes from before `until`, some at a time; true once none is left.
    ///
    /// # Errors
    /// [`Busy`](crate::store::StoreErrorKind::Busy), [`Full`](crate::store::StoreErrorKind::Full),
    /// [`Io`](crate::store::StoreErrorKind::Io).
    pub async fn forget_changes(&self, until: Timestamp) -> Result<bool, StoreError> {
        let (until, now) = (until.as_microsecond(), self.now());
        let due = move |connection: &Connection| {
            let mut oldest = connection.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM (SELECT at FROM user_changes ORDER BY sequence LIMIT ?2) WHERE at < ?1)",
            )?;
            Ok(oldest.query_row(params![until, AHEAD_MAX], |row| row.get(0))?)
        };
        // Asked for often, and mostly for nothing: a write would be a commit each time.
        if !self.0.service.read("look for old changes", due).await? {
            return Ok(true);
        }
        let store = self.clone();
        let known = spawn_blocking(move || store.0.columns.knows_changes()).await;
        if !known.map_err(|_| StoreError::stopped())? {
            return Ok(true);
        }
        let forget = move |connection: &Connection| {
            // The oldest ones only: to look for others would read them all. One from the future, when a clock was ahead, is as old as
            // the next that is not.
            let mut delete = connection.prepare_cached(
                "WITH oldest AS (SELECT sequence, at FROM user_changes ORDER BY sequence LIMIT ?2) \
                 DELETE FROM user_changes WHERE sequence IN (SELECT sequence FROM oldest WHERE at < ?1 OR \
                 (at > ?3 AND sequence < (SELECT max(sequence) FROM oldest WHERE at < ?1))) RETURNING sequence",
            )?;
            let mut newest: i64 = 0;
            let mut rows = delete.query(params![until, FORGOTTEN_PER_COMMIT, now])?;
            while let Some(row) = rows.next()? {
                newest = newest.max(row.get(0)?);
            }
            connection
                .prepare_cached("UPDATE totals SET forgotten = max(forgotten, ?1)")?
                .execute([newest])?;
            Ok(false)
        };
        self.0.service.write("forget old changes", forget).await
    }
}

/// As [`Store::user_changes`].
pub(super) fn page(
    connection: &Connection,
    user: &UserId,
    before: Option<i64>,
    limit: u32,
) -> Result<UserChangePage, Fault> {
    let (before, mut room) = (before.unwrap_or(i64::MAX), PageRoom::new(limit));
    let mut step = connection.prepare_cached(
        "SELECT previous, user_changes.at, changes, subject, jti, request_id \
         FROM user_changes LEFT JOIN audit USING (sequence) WHERE sequence = ?1",
    )?;
    let mut next: Option<i64> = connection
        .prepare_cached("SELECT last_change FROM users WHERE id = ?1")?
        .query_row([user.as_str()], |row| row.get(0))
        .optional()?
        .flatten();
    let mut page = UserChangePage { changes: Vec::new(), next: None };
    while let Some(sequence) = next {
        let mut rows = step.query([sequence])?;
        // The chain ends where older changes were forgotten.
        let Some(row) = rows.next()? else { break };
        next = row.get(0)?;
        if sequence >= before {
            continue;
        }
        let text = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
        if !room.take(text.len()) {
            page.next = page.changes.last().map(|last: &UserChange| last.sequence);
            break;
        }
        page.changes.push(change(sequence, row, text)?);
    }
    Ok(page)
}

fn change(sequence: i64, row: &Row<'_>, changes: &str) -> Result<UserChange, Fault> {
    let changes: BTreeMap<AttributeKey, (AttributeValue, AttributeValue)> =
        serde_json::from_str(changes).map_err(|_| damaged("change of a user"))?;
    let attributes =
        changes.into_iter().map(|(key, (before, after))| AttributeChange { key, before, after }).collect();
    Ok(UserChange {
        sequence,
        at: time(row.get(1)?),
        subject: row.get(3)?,
        jti: row.get(4)?,
        request_id: row.get(5)?,
        attributes,
    })
}
