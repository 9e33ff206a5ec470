//! Users: one row each with their attributes as a JSON object, and the changes that led there.

mod erase;
mod history;
mod update;

use std::collections::BTreeMap;
use std::sync::Arc;

use fanpass_model::{AttributeKey, UserId, UserProperties};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::error::{Fault, StoreError, StoreErrorKind};
use super::outbox::{self, DeadLetter};
use super::{Store, Trace, time};
pub use erase::Erased;
pub use history::{AttributeChange, UserChange, UserChangePage};
use update::Update;

/// What is stored of one user.
#[derive(Debug, Clone, PartialEq)]
pub struct UserRecord {
    /// The attributes that are set.
    pub attributes: UserProperties,
    /// When an attribute was last written.
    pub updated_at: Timestamp,
}

/// All that is kept of a user beside segments and audit.
#[derive(Debug)]
pub(crate) struct UserFile {
    pub(crate) stored: Option<UserRecord>,
    pub(crate) history: UserChangePage,
    /// What is on its way to GA4, with the times of the changes.
    pub(crate) waiting: BTreeMap<AttributeKey, Timestamp>,
    /// What did not reach it, newest first.
    pub(crate) dead: Vec<DeadLetter>,
}

/// A page of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    /// The users' ids in byte order, each with the time of its last update.
    pub users: Vec<(UserId, Timestamp)>,
    /// How many users there are in all.
    pub total: u64,
}

impl Store {
    /// Sets and unsets attributes of `user`, created when new; attributes not named stay. Commits with its trace and with
    /// what it changed.
    ///
    /// Updates of one user take effect in the order of these calls' first poll.
    ///
    /// # Errors
    /// [`StoreErrorKind::Conflict`] when the user would have more than 1 MiB of attributes; [`StoreErrorKind::Busy`] when too
    /// many updates wait: try again in a moment; [`StoreErrorKind::Full`], [`StoreErrorKind::Io`].
    pub async fn upsert_user(
        &self,
        user: &UserId,
        changes: &UserProperties,
        trace: impl Into<Trace>,
    ) -> Result<(), StoreError> {
        let (trace, update) = (trace.into(), Update::new(user, changes)?);
        let outbox = Arc::clone(&self.0.outbox);
        let (clock, noted) = (self.0.clock.clone(), outbox.is_kept());
        // By the writer's time: that of the call may lie before a change that was committed, and sent, meanwhile.
        let run = move |connection: &Connection| {
            update.run(connection, clock.now().as_microsecond(), &trace, noted)
        };
        let then = move |noted: &bool| {
            if *noted {
                outbox.ring();
            }
        };
        self.0.service.write_then("update a user", run, then).await.map(drop)
    }

    /// What is stored of `user`, if anything is.
    ///
    /// # Errors
    /// [`StoreErrorKind::Corrupt`], [`StoreErrorKind::Io`].
    #[expect(
        clippy::unused_async,
        reason = "as all reads; that it does not wait for another thread may change"
    )]
    pub async fn user(&self, user: &UserId) -> Result<Option<UserRecord>, StoreError> {
        self.0.service.look_up("read a user", |connection| find(connection, user))
    }

    /// What is kept of `user` beside segments and audit, as it stood together at one moment: of the changes the newest `limit`.
    ///
    /// # Errors
    /// [`StoreErrorKind::Corrupt`], [`StoreErrorKind::Io`].
    pub(crate) async fn user_file(&self, user: &UserId, limit: u32) -> Result<UserFile, StoreError> {
        let user = user.clone();
        let read = move |connection: &Connection| {
            let stored = find(connection, &user)?;
            let history = history::page(connection, &user, None, limit)?;
            let (waiting, dead) = outbox::forwarding_of(connection, &user)?;
            Ok(UserFile { stored, history, waiting, dead })
        };
        self.0.service.read("read all of a user", read).await
    }

    /// Users in byte order of their ids, behind `after`, at most `limit`.
    ///
    /// # Errors
    /// [`StoreErrorKind::Corrupt`], [`StoreErrorKind::Io`].
    pub async fn users(&self, after: Option<&UserId>, limit: u32) -> Result<UserPage, StoreError> {
        let after = after.map_or_else(String::new, ToString::to_string);
        let list = move |connection: &Connection| {
            let total =
                connection.prepare_cached("SELECT users FROM totals")?.query_row([], |row| row.get(0))?;
            let mut statement = connection
                .prepare_cached("SELECT id, updated_at FROM users WHERE id > ?1 ORDER BY id LIMIT ?2")?;
            let mut rows = statement.query(params![after, limit])?;
            let mut users = Vec::new();
            while let Some(row) = rows.next()? {
                let id = UserId::new(row.get::<_, String>(0)?).map_err(|_| damaged("id of a user"))?;
                users.push((id, time(row.get(1)?)));
            }
            Ok(UserPage { users, total })
        };
        self.0.service.read("list the users", list).await
    }
}

fn find(connection: &Connection, user: &UserId) -> Result<Option<UserRecord>, Fault> {
    let row = connection
        .prepare_cached("SELECT attributes, updated_at FROM users WHERE id = ?1")?
        .query_row([user.as_str()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))
        .optional()?;
    let Some((attributes, updated_at)) = row else { return Ok(None) };
    Ok(Some(UserRecord { attributes: parse(&attributes)?, updated_at: time(updated_at) }))
}

/// The attributes of a stored user.
pub(super) fn parse(attributes: &str) -> Result<UserProperties, StoreError> {
    let attributes: BTreeMap<AttributeKey, _> =
        serde_json::from_str(attributes).map_err(|_| damaged("user's attributes"))?;
    Ok(attributes.into_iter().collect())
}

/// Leaves word for the columns of users, which are kept by the changes of users, of a user that has none.
fn touch(connection: &Connection, id: &str) -> rusqlite::Result<()> {
    connection.prepare_cached("INSERT INTO touched (id) VALUES (?1)")?.execute([id]).map(drop)
}

pub(super) fn damaged(what: &str) -> StoreError {
    let message = format!("service.db is damaged: a stored {what} cannot be read; restore it from a backup");
    StoreError::new(StoreErrorKind::Corrupt, message)
}
