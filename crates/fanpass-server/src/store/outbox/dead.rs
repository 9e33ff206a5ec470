//! Dead letters: attributes that GA4 did not take or would not keep, until they change or are tried again.

use std::collections::BTreeMap;

use fanpass_model::{AttributeKey, UserId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Rows, params};

use super::{damaged, note};
use crate::store::error::{Fault, StoreError};
use crate::store::{Store, Trace, time};

/// Dead letters that one commit puts back at most, so that nobody waits long behind it.
const RETRIED_PER_COMMIT: u32 = 1_000;

/// An attribute of a user that GA4 does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeadLetter {
    pub(crate) sequence: u64,
    pub(crate) user: UserId,
    pub(crate) key: AttributeKey,
    pub(crate) at: Timestamp,
    pub(crate) reason: String,
}

/// Where a retry has come to.
#[derive(Debug, Clone, Copy, Default)]
struct Retried {
    count: u64,
    /// The newest that there was when it began: what dies again meanwhile is not tried for ever.
    newest: Option<i64>,
    /// The last one that was put back.
    last: i64,
}

impl Store {
    /// Dead letters before the one numbered `before` (the newest ones when absent), newest first, at most `limit`.
    pub(crate) async fn dead_letters(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let before = before.unwrap_or(i64::MAX);
        let read = move |connection: &Connection| {
            let mut statement = connection.prepare_cached(
                "SELECT sequence, user, key, at, reason FROM dead_letters WHERE sequence < ?1 \
                 ORDER BY sequence DESC LIMIT ?2",
            )?;
            read_all(statement.query(params![before, limit])?)
        };
        self.0.service.read("list the dead letters", read).await
    }

    /// Puts dead letters, of all users or of one, back into the outbox, and commits the last of them with the trace that is
    /// made of their number. An interruption leaves the others as they were.
    pub(crate) async fn retry_dead_letters(
        &self,
        user: Option<&UserId>,
        trace: impl FnOnce(u64) -> Trace + Send + 'static,
    ) -> Result<u64, StoreError> {
        let (now, mut trace, mut retried) = (self.now(), Some(trace), Retried::default());
        loop {
            let (user, last_word) = (user.map(ToString::to_string), trace.take());
            let step = move |connection: &Connection| {
                let (retried, all) = retry_some(connection, user.as_deref(), retried, now)?;
                match last_word {
                    Some(trace) if all => {
                        trace(retried.count).write(connection, now).map(|_| (retried, None))
                    }
                    trace => Ok((retried, trace)),
                }
            };
            (retried, trace) = self.0.service.write("try dead letters again", step).await?;
            if trace.is_none() {
                self.0.outbox.ring();
                return Ok(retried.count);
            }
        }
    }
}

/// What is on its way to GA4 of `user`, each attribute with the time of its change, and his dead letters, newest first.
pub(in crate::store) fn forwarding_of(
    connection: &Connection,
    user: &UserId,
) -> Result<(BTreeMap<AttributeKey, Timestamp>, Vec<DeadLetter>), Fault> {
    let waiting: Option<String> = connection
        .prepare_cached("SELECT changed FROM outbox WHERE user = ?1")?
        .query_row([user.as_str()], |row| row.get(0))
        .optional()?;
    let waiting: BTreeMap<_, i64> =
        serde_json::from_str(waiting.as_deref().unwrap_or("{}")).map_err(|_| damaged())?;
    let mut statement = connection.prepare_cached(
        "SELECT sequence, user, key, at, reason FROM dead_letters WHERE user = ?1 ORDER BY sequence DESC",
    )?;
    let dead = read_all(statement.query([user.as_str()])?)?;
    Ok((waiting.into_iter().map(|(key, at)| (key, time(at))).collect(), dead))
}

fn read_all(mut rows: Rows<'_>) -> Result<Vec<DeadLetter>, Fault> {
    let mut letters = Vec::new();
    while let Some(row) = rows.next()? {
        letters.push(DeadLetter {
            sequence: row.get(0)?,
            user: UserId::new(row.get::<_, String>(1)?).map_err(|_| damaged())?,
            key: AttributeKey::new(row.get::<_, String>(2)?).map_err(|_| damaged())?,
            at: time(row.get(3)?),
            reason: row.get(4)?,
        });
    }
    Ok(letters)
}

/// Puts some back, oldest first; says whether that was all.
fn retry_some(
    connection: &Connection,
    user: Option<&str>,
    mut retried: Retried,
    now: i64,
) -> Result<(Retried, bool), Fault> {
    let newest = match retried.newest {
        Some(newest) => newest,
        None => connection
            .prepare_cached("SELECT coalesce(max(sequence), 0) FROM dead_letters")?
            .query_row([], |row| row.get(0))?,
    };
    retried.newest = Some(newest);
    let mut statement = connection.prepare_cached(
        "SELECT sequence, user, key FROM dead_letters WHERE sequence > ?1 AND sequence <= ?2 \
         AND (?3 IS NULL OR user = ?3) ORDER BY sequence LIMIT ?4",
    )?;
    let found: Vec<(i64, String, String)> = statement
        .query_map(params![retried.last, newest, user, RETRIED_PER_COMMIT], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let all = u32::try_from(found.len()).is_ok_and(|found| found < RETRIED_PER_COMMIT);
    for (sequence, user, key) in found {
        note(connection, &user, &[&key], now)?;
        retried.count += 1;
        retried.last = sequence;
    }
    Ok((retried, all))
}
