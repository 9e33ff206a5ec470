//! Sorted lists of ids under a name: what a segment holds, and which users a feed has written.

use rusqlite::{OptionalExtension, Row, Transaction};

use super::{
    Ledger,
    blocks::{ListReader, ListWriter},
};
use crate::SyncError;

/// A list that was written and has no name yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListId(pub(super) i64);

/// What is known of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListState {
    /// How many ids it holds.
    pub ids: u64,
    /// Whether a change of what it stands for was begun and not heard of again: the service may hold that or this.
    pub in_doubt: bool,
    /// What made it as it is, if that is known.
    pub origin: Option<String>,
}

impl Ledger {
    /// The list of that name, as it was published last; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`Ledger`](crate::ErrorKind::Ledger).
    pub fn list(&self, name: &str) -> Result<Option<ListState>, SyncError> {
        let query = "SELECT ids, EXISTS (SELECT 1 FROM doubts WHERE doubts.name = lists.name), \
                     (SELECT origin FROM origins WHERE origins.name = lists.name) FROM lists WHERE name = ?1";
        let state = |row: &Row<'_>| {
            let ids = row.get::<_, i64>(0)?.unsigned_abs();
            Ok(ListState { ids, in_doubt: row.get(1)?, origin: row.get(2)? })
        };
        Ok(self.connection.query_row(query, [name], state).optional()?)
    }

    /// Reads the list of that name; one that is not there is empty.
    ///
    /// # Errors
    ///
    /// [`Ledger`](crate::ErrorKind::Ledger).
    pub fn read_list(&self, name: &str) -> Result<ListReader<'_>, SyncError> {
        let query = "SELECT list FROM lists WHERE name = ?1";
        let list: Option<i64> = self.connection.query_row(query, [name], |row| row.get(0)).optional()?;
        Ok(ListReader::new(self, list.map(ListId)))
    }

    /// Reads a list that has no name yet.
    pub fn read_unnamed_list(&self, list: ListId) -> ListReader<'_> {
        ListReader::new(self, Some(list))
    }

    /// Begins a list that nobody sees until it is [published](Self::publish_lists).
    ///
    /// # Errors
    ///
    /// [`Ledger`](crate::ErrorKind::Ledger).
    pub fn write_list(&self) -> Result<ListWriter<'_>, SyncError> {
        let insert = "INSERT INTO lists (ids) VALUES (0) RETURNING list";
        let list = self.connection.query_row(insert, [], |row| row.get(0))?;
        Ok(ListWriter::new(self, ListId(list)))
    }

    /// Gives lists their names in one commit, in the place of those that had them. Nothing is known of their origin then.
    ///
    /// # Errors
    ///
    /// [`Ledger`](crate::ErrorKind::Ledger); all names are as they were then.
    pub fn publish_lists(&mut self, lists: &[(&str, ListId)]) -> Result<(), SyncError> {
        let writing = self.connection.transaction()?;
        for (name, list) in lists {
            give_name(&writing, name, *list, None)?;
            writing.execute("DELETE FROM doubts WHERE name = ?1", [name])?;
        }
        Ok(writing.commit()?)
    }

    /// Gives a list its name, in the place of one that turned out to be outdated, and notes what made what it stands for as
    /// it is. Whether a change is under way remains [in doubt](Self::doubt_list), if it was.
    ///
    /// # Errors
    ///
    /// [`Ledger`](crate::ErrorKind::Ledger); the name is as it was then.
    pub fn correct_list(&mut self, name: &str, list: ListId, origin: Option<&str>) -> Result<(), SyncError> {
        let writing = self.connection.transaction()?;
        give_name(&writing, name, list, origin)?;
        Ok(writing.commit()?)
    }

    /// Notes what made the published list of that name as it is.
    ///
    /// # Errors
    ///
    /// [`Ledger`](crate::ErrorKind::Ledger).
    pub fn note_origin(&mut self, name: &str, origin: &str) -> Result<(), SyncError> {
        self.connection
            .execute("INSERT OR REPLACE INTO origins (name, origin) VALUES (?1, ?2)", [name, origin])?;
        Ok(())
    }

    /// Deletes the lists that have no name: those that were replaced, and those that were never published.
    ///
    /// # Errors
    ///
    /// [`Ledger`](crate::ErrorKind::Ledger).
    pub fn sweep_lists(&mut self) -> Result<(), SyncError> {
        let writing = self.connection.transaction()?;
        writing
            .execute("DELETE FROM blocks WHERE list IN (SELECT list FROM lists WHERE name IS NULL)", [])?;
        writing.execute("DELETE FROM lists WHERE name IS NULL", [])?;
        Ok(writing.commit()?)
    }
}

pub(super) fn give_name(
    writing: &Transaction<'_>,
    name: &str,
    list: ListId,
    origin: Option<&str>,
) -> rusqlite::Result<()> {
    take_name(writing, name)?;
    writing.execute("UPDATE lists SET name = ?1 WHERE list = ?2", (name, list.0))?;
    if let Some(origin) = origin {
        writing.execute("INSERT INTO origins (name, origin) VALUES (?1, ?2)", [name, origin])?;
    }
    Ok(())
}

/// Lets there be no list of that name.
pub(super) fn take_name(writing: &Transaction<'_>, name: &str) -> rusqlite::Result<()> {
    writing.execute("UPDATE lists SET name = NULL WHERE name = ?1", [name])?;
    writing.execute("DELETE FROM origins WHERE name = ?1", [name]).map(drop)
}
