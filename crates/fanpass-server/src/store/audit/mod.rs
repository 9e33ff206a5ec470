//! Audit: who did what, when, to what, from which file, with what result.
//!
//! The record of a change is a row of its own, in the commit of the change. Those of calls that changed nothing come by a
//! [journal], many to a row. A page shows both, in the order of their calls.

mod batch;
mod growing;
mod journal;
mod page;

use bytes::Bytes;
use fanpass_model::{Operation, UserId, operations};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::task::spawn_blocking;

use super::error::{Fault, StoreError};
use super::{Store, Trace};
pub(super) use batch::records;
pub(super) use journal::{Journal, is_journal, waiting};
pub use page::{AuditFilter, AuditPage};

/// Calls that are none of the contract's operations.
const OTHERS: [&str; 2] = ["developmentToken", "portalSignIn"];

/// What the hash of a user's id begins with.
const USER: &str = "user:";
/// Bytes of a hash that stand for what calls are about; each is two characters.
const HASH_BYTES: usize = 12;
/// Bytes of the longest name of anything that calls are about.
const NAME_MAX_BYTES: usize = 128;

/// The operations of which there are records.
pub(crate) fn audited_operations() -> impl Iterator<Item = &'static str> {
    operations::ALL.iter().map(|operation| operation.id).chain(OTHERS)
}

/// One call, as the audit keeps it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// The call's request id.
    pub request_id: String,
    /// Who the token was made for; absent for a call without a valid one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The token's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// The operation's id, such as `updateUser`.
    pub operation: String,
    /// The HTTP status that was answered.
    pub status: u16,
    /// What it was about: a segment's name, a hashed user id, an attribute key, a token's id; what is not there, under a hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// SHA-256 of an uploaded file, lower-case hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_sha256: Option<String>,
    /// Figures of the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<serde_json::Value>,
}

impl AuditEntry {
    /// Keeps but a hash of what is not there, or too long to be the name of anything: whatever a caller has put in the wrong
    /// place, a token perhaps.
    pub(crate) fn hide_unknown(&mut self) {
        let Some(target) = self.target.as_deref() else { return };
        let of_a_user = target.starts_with(USER) && target.len() == USER.len() + 2 * HASH_BYTES;
        if (self.status == 404 && !of_a_user) || target.len() > NAME_MAX_BYTES {
            self.hide();
        }
    }

    /// Keeps but a hash of what it was about.
    pub(crate) fn hide(&mut self) {
        self.target = self.target.as_deref().map(|target| hashed("unknown:", target, HASH_BYTES));
    }
}

/// The user as audit and logs name it: the same one always by the same name, without its id.
pub(crate) fn pseudonym(user: &UserId) -> String {
    hashed(USER, user.as_str(), HASH_BYTES)
}

/// What stands for a text that is not to be read: the first bytes of its SHA-256 behind what it is.
pub(crate) fn hashed(kind: &str, text: impl AsRef<[u8]>, bytes: usize) -> String {
    let digest = Bytes::copy_from_slice(&Sha256::digest(text));
    format!("{kind}{:x}", digest.slice(..bytes.min(digest.len())))
}

/// An [`AuditEntry`] with its place and time.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRecord {
    /// Rises with each record, without meaning gaps.
    pub sequence: i64,
    /// When it was stored.
    pub at: Timestamp,
    /// The call.
    pub entry: AuditEntry,
}

impl Store {
    /// Keeps a record by itself: it is on the disk when this returns.
    ///
    /// # Errors
    /// [`Busy`](super::StoreErrorKind::Busy) when too many writes wait, [`Full`](super::StoreErrorKind::Full),
    /// [`Io`](super::StoreErrorKind::Io).
    pub async fn append_audit(&self, entry: impl Into<Trace>) -> Result<(), StoreError> {
        let (now, trace) = (self.now(), entry.into());
        let write = move |connection: &Connection| trace.write(connection, now).map(drop);
        self.0.service.write("write an audit record", write).await
    }

    /// Keeps the record of a change that another file holds, or none. It was made already, so this waits for room in the line of
    /// writes in the place of being refused. Of a record that is [set aside](Self::set_audit_aside) the answer alone is kept.
    ///
    /// # Errors
    /// [`Full`](super::StoreErrorKind::Full), [`Io`](super::StoreErrorKind::Io).
    pub(crate) async fn append_audit_at_last(&self, trace: Trace, is_aside: bool) -> Result<(), StoreError> {
        let (store, now) = (self.clone(), self.now());
        let write = move |connection: &Connection| {
            if is_aside { trace.keep_answer(connection, now) } else { trace.write(connection, now).map(drop) }
        };
        let task = spawn_blocking(move || store.0.service.write_blocking("write an audit record", write));
        task.await.map_err(|_| StoreError::stopped())?
    }

    /// Puts the record of a change that the database cannot take into the journal, which has room for it. It is on the disk when this
    /// returns, and in the database once that takes something again.
    ///
    /// # Errors
    /// [`Full`](super::StoreErrorKind::Full) where that room is used up, [`Io`](super::StoreErrorKind::Io).
    pub(crate) async fn set_audit_aside(&self, entry: AuditEntry) -> Result<(), StoreError> {
        let (store, now) = (self.clone(), self.now());
        let task = spawn_blocking(move || store.0.journal.append_at_last(now, &entry));
        task.await.map_err(|_| StoreError::stopped())?
    }

    /// Whether the operation was answered with success about `target`. Blocks, and looks through the audit, as nothing but a crash
    /// asks for it.
    pub(crate) fn was_done(&self, operation: &Operation, target: &str) -> Result<bool, StoreError> {
        self.0.service.read_blocking("look for a record", |connection| {
            let sql =
                "SELECT EXISTS (SELECT 1 FROM audit WHERE operation = ?1 AND target = ?2 AND status = ?3)";
            let call = params![operation.id, target, operation.success];
            Ok(connection.query_row(sql, call, |row| row.get(0))?)
        })
    }

    /// Keeps the record of a call that changed nothing. It outlives this process from here on, and is on the disk soon: a
    /// failure of the machine may take those of the last quarter of a second.
    ///
    /// # Errors
    /// [`Busy`](super::StoreErrorKind::Busy) when too many records wait for the disk, [`Full`](super::StoreErrorKind::Full),
    /// [`Io`](super::StoreErrorKind::Io).
    pub fn append_audit_soon(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        if self.0.journal.append(self.now(), entry)? {
            self.0.service.commit_soon("keep audit records");
        }
        Ok(())
    }
}

/// Writes a record and gives back its sequence.
pub(super) fn append(connection: &Connection, at: i64, entry: &AuditEntry) -> Result<i64, Fault> {
    connection
        .prepare_cached(
            "INSERT INTO audit \
             (at, request_id, subject, jti, operation, status, target, file_sha256, outcome) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            at,
            entry.request_id,
            entry.subject,
            entry.jti,
            entry.operation,
            entry.status,
            entry.target,
            entry.file_sha256,
            entry.outcome.as_ref().map(ToString::to_string),
        ])?;
    Ok(connection.last_insert_rowid())
}
