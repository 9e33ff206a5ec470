//! What is on its way to GA4: users whose platform attributes have changed, noted down in the commit of the change.
//!
//! A note names the attributes; their values are read when they are sent. So a user has at most one, a newer value takes
//! the place of one that was not sent, and nothing older is ever sent after it.

mod dead;
mod settle;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use fanpass_model::{AttributeKey, UserId, UserProperties};
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use tokio::sync::Notify;

use super::error::{Fault, StoreError, StoreErrorKind};
use super::{Store, time, users};
pub(crate) use dead::DeadLetter;
pub(super) use dead::forwarding_of;
pub(crate) use settle::Fate;

/// Whether changes are noted down, and the bell that rings when one was.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    kept: AtomicBool,
    bell: Notify,
}

impl Outbox {
    pub(super) fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Relaxed)
    }

    pub(super) fn ring(&self) {
        self.bell.notify_one();
    }
}

/// What is to be said of one user.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Letter {
    /// The note it was made of.
    pub(super) id: i64,
    pub(crate) user: UserId,
    /// The attributes that have changed, each with the time of its last change in microseconds since 1970.
    pub(crate) changed: BTreeMap<AttributeKey, i64>,
    /// The attributes that the user has now.
    pub(crate) attributes: UserProperties,
    /// When the oldest change was made.
    pub(crate) since: i64,
    /// Attempts that failed.
    pub(crate) attempts: u32,
}

/// How far the outbox has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct OutboxFigures {
    /// Users with changes that wait.
    pub(crate) waiting: u64,
    /// When the oldest change was made.
    pub(crate) oldest: Option<Timestamp>,
    /// Dead letters.
    pub(crate) dead: u64,
}

impl OutboxFigures {
    /// How long ago the oldest change was made.
    pub(crate) fn lag_seconds(self, now: Timestamp) -> u64 {
        let lag = self.oldest.map_or(0, |oldest| now.duration_since(oldest).as_secs());
        u64::try_from(lag).unwrap_or_default()
    }
}

impl Store {
    /// From now on updates note down which platform attributes they change.
    pub(crate) fn keep_outbox(&self) {
        self.0.outbox.kept.store(true, Ordering::Relaxed);
    }

    /// Completes when something was noted down since it last did.
    pub(crate) async fn noted(&self) {
        self.0.outbox.bell.notified().await;
    }

    /// The letters that are due, at most `limit`, and whether others wait for their time. Due is also what would wait for longer
    /// than `longest`, in microseconds: the clock was ahead when it was put off.
    pub(crate) async fn letters(
        &self,
        limit: usize,
        longest: i64,
    ) -> Result<(Vec<Letter>, bool), StoreError> {
        let now = self.now();
        let read = move |connection: &Connection| {
            let mut statement = connection.prepare_cached(
                "SELECT outbox.id, user, changed, since, attempts, coalesce(attributes, '{}') \
                 FROM outbox LEFT JOIN users ON users.id = user WHERE due > ?1 AND due <= ?2 ORDER BY due LIMIT ?3",
            )?;
            let mut letters = Vec::new();
            for (from, until) in [(i64::MIN, now), (now.saturating_add(longest), i64::MAX)] {
                let left = i64::try_from(limit - letters.len()).unwrap_or(i64::MAX);
                let mut rows = statement.query(params![from, until, left])?;
                while let Some(row) = rows.next()? {
                    letters.push(letter(row)?);
                }
            }
            let mut wait =
                connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM outbox WHERE due > ?1)")?;
            Ok((letters, wait.query_row([now], |row| row.get(0))?))
        };
        self.0.service.read("look for what is due", read).await
    }

    /// How far the outbox has come.
    pub(crate) async fn outbox_figures(&self) -> Result<OutboxFigures, StoreError> {
        let read = |connection: &Connection| {
            let mut statement = connection.prepare_cached(
                "SELECT count(*), min(since), (SELECT count(*) FROM dead_letters) FROM outbox",
            )?;
            let figures = |row: &Row<'_>| {
                let oldest = row.get::<_, Option<i64>>(1)?.map(time);
                Ok(OutboxFigures { waiting: row.get(0)?, oldest, dead: row.get(2)? })
            };
            Ok(statement.query_row([], figures)?)
        };
        self.0.service.read("look into the outbox", read).await
    }
}

fn letter(row: &Row<'_>) -> Result<Letter, Fault> {
    let user = UserId::new(row.get::<_, String>(1)?).map_err(|_| damaged())?;
    let changed = serde_json::from_str(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?);
    let attributes = users::parse(row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?)?;
    Ok(Letter {
        id: row.get(0)?,
        user,
        changed: changed.map_err(|_| damaged())?,
        attributes,
        since: row.get(3)?,
        attempts: row.get(4)?,
    })
}

/// Notes down that attributes of a user have changed; what is noted of it already stays. Those that were dead letters are no
/// more: they have another value now, or are tried again.
pub(super) fn note(connection: &Connection, user: &str, keys: &[&str], now: i64) -> Result<(), Fault> {
    let changed: BTreeMap<_, _> = keys.iter().map(|key| (key, now)).collect();
    let changed = serde_json::to_string(&changed).map_err(|_| damaged())?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO outbox (user, changed, since, due, attempts) \
             SELECT ?1, json_patch(coalesce(changed, '{}'), ?2), coalesce(since, ?3), coalesce(due, ?3), \
             coalesce(attempts, 0) FROM (SELECT 1) LEFT JOIN outbox ON user = ?1",
        )?
        .execute(params![user, changed, now])?;
    connection
        .prepare_cached(
            "DELETE FROM dead_letters WHERE user = ?1 AND key IN (SELECT key FROM json_each(?2))",
        )?
        .execute(params![user, changed])?;
    Ok(())
}

/// Forgets all that is to be said of a user, dead letters included.
pub(super) fn forget(connection: &Connection, user: &str) -> Result<(), Fault> {
    connection.prepare_cached("DELETE FROM outbox WHERE user = ?1")?.execute([user])?;
    connection.prepare_cached("DELETE FROM dead_letters WHERE user = ?1")?.execute([user])?;
    Ok(())
}

fn damaged() -> StoreError {
    let message = "service.db is damaged: a note in the outbox cannot be read; restore it from a backup";
    StoreError::new(StoreErrorKind::Corrupt, message)
}
