//! Which configuration file the list of a feed is of: several may share a ledger, and have feeds of one name.

use std::path::{Path, PathBuf};

use rusqlite::OptionalExtension as _;

use super::{Ledger, folder};
use crate::SyncError;
use crate::seen::seen_from;

impl Ledger {
    /// The configuration file that the list of that name is of, as [`keep_list`](Self::keep_list) noted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger).
    pub fn keeper(&self, list: &str) -> Result<Option<PathBuf>, SyncError> {
        let query = "SELECT file FROM keepers WHERE name = ?1";
        let file: Option<String> = self.connection.query_row(query, [list], |row| row.get(0)).optional()?;
        Ok(file.map(|file| self.folder().join(file)))
    }

    /// The lists that are kept for configuration files, each with the one that it is of, by their names.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger).
    pub fn kept_lists(&self) -> Result<Vec<(String, PathBuf)>, SyncError> {
        let folder = self.folder();
        let mut statement = self.connection.prepare("SELECT name, file FROM keepers ORDER BY name")?;
        let kept = statement.query_map([], |row| Ok((row.get(0)?, folder.join(row.get::<_, String>(1)?))))?;
        Ok(kept.collect::<Result<_, _>>()?)
    }

    /// Notes that the list of that name is of a configuration file, in the place of another one. Both may be moved together
    /// with the ledger.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger).
    pub fn keep_list(&mut self, list: &str, file: &Path) -> Result<(), SyncError> {
        let file = seen_from(&self.folder(), file);
        let insert = "INSERT OR REPLACE INTO keepers (name, file) VALUES (?1, ?2)";
        self.connection.execute(insert, (list, file.to_string_lossy()))?;
        Ok(())
    }

    fn folder(&self) -> PathBuf {
        folder(Path::new(self.connection.path().unwrap_or_default()))
    }
}
