//! What is known of the signing keys, which stand in files: a thumbprint of each, by which another key in its place is told.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::error::{Fault, StoreError};
use super::{Store, Trace};

/// The thumbprints of keys, by their names.
pub(crate) type Thumbprints = BTreeMap<String, String>;

impl Store {
    /// Those of the keys in use, as far as they are known. Blocks.
    pub(crate) fn known_keys(&self) -> Result<Thumbprints, StoreError> {
        self.0.service.read_blocking("read what is known of the keys", |connection| Ok(known(connection)?))
    }

    /// Makes these all that are known. Blocks.
    pub(crate) fn know_keys(&self, keys: Thumbprints) -> Result<(), StoreError> {
        self.0.service.write_blocking("write what is known of the keys", move |connection| {
            connection.execute("DELETE FROM keys", [])?;
            keys.iter().try_for_each(|(name, thumbprint)| know(connection, name, thumbprint))
        })
    }

    /// Keeps the record that a key was made, and its thumbprint with it.
    ///
    /// # Errors
    /// As [`append_audit`](Self::append_audit).
    pub(crate) async fn record_new_key(
        &self,
        trace: Trace,
        name: String,
        thumbprint: String,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let write = move |connection: &Connection| {
            know(connection, &name, &thumbprint)?;
            trace.write(connection, now).map(drop)
        };
        self.0.service.write("keep the record of a new key", write).await
    }

    /// Keeps the record that a key was retired, and knows nothing of it any more.
    ///
    /// # Errors
    /// As [`append_audit`](Self::append_audit).
    pub(crate) async fn record_retired_key(&self, trace: Trace, name: String) -> Result<(), StoreError> {
        let now = self.now();
        let write = move |connection: &Connection| {
            connection.execute("DELETE FROM keys WHERE name = ?1", [name])?;
            trace.write(connection, now).map(drop)
        };
        self.0.service.write("keep the record of a retired key", write).await
    }
}

pub(super) fn known(connection: &Connection) -> rusqlite::Result<Thumbprints> {
    let mut statement = connection.prepare("SELECT name, thumbprint FROM keys")?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

fn know(connection: &Connection, name: &str, thumbprint: &str) -> Result<(), Fault> {
    let sql = "INSERT OR REPLACE INTO keys (name, thumbprint) VALUES (?1, ?2)";
    connection.execute(sql, params![name, thumbprint])?;
    Ok(())
}
