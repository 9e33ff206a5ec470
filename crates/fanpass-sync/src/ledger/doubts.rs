//! Changes of what lists stand for, from the first word until it is known what came of them.

use rusqlite::OptionalExtension as _;

use super::lists::{give_name, take_name};
use super::{Ledger, ListId};
use crate::SyncError;

/// A change that was begun, and what the ledger held before it.
#[derive(Debug)]
pub struct Doubt {
    name: String,
    /// Whether an earlier change was in doubt already.
    doubted: bool,
    /// The lists that were widened.
    before: Vec<(String, Option<ListId>)>,
}

impl Ledger {
    /// Notes, durably, that what the list stands for is about to be changed, and gives `wider` lists their names, which
    /// hold whatever may be true from here on. The doubt is over when a list of that name is
    /// [published](Self::publish_lists).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger); nothing is noted then.
    pub fn doubt_list(&mut self, name: &str, wider: &[(&str, ListId)]) -> Result<Doubt, SyncError> {
        let writing = self.connection.transaction()?;
        let doubted = writing.execute("INSERT OR IGNORE INTO doubts (name) VALUES (?1)", [name])? == 0;
        let mut before = Vec::new();
        for (wider, list) in wider {
            let query = "SELECT list FROM lists WHERE name = ?1";
            let held = writing.query_row(query, [wider], |row| row.get(0)).optional()?;
            before.push(((*wider).to_owned(), held.map(ListId)));
            give_name(&writing, wider, *list, None)?;
        }
        writing.commit()?;
        Ok(Doubt { name: name.to_owned(), doubted, before })
    }

    /// Takes a doubt back, as the change surely did not come about: all is as it was before it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger); it is in doubt then.
    pub fn withdraw_doubt(&mut self, doubt: Doubt) -> Result<(), SyncError> {
        let writing = self.connection.transaction()?;
        if !doubt.doubted {
            writing.execute("DELETE FROM doubts WHERE name = ?1", [&doubt.name])?;
        }
        for (name, list) in doubt.before {
            match list {
                Some(list) => give_name(&writing, &name, list, None)?,
                None => take_name(&writing, &name)?,
            }
        }
        Ok(writing.commit()?)
    }
}
