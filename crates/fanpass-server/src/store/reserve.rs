//! Room that is held for the moment when the disk has none left: to move a log into its database takes some, and gives back
//! more.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::folder::private;
use crate::disk;

/// The file's name in the data folder.
pub(super) const RESERVE: &str = "reserve";
/// Its bytes: what databases grow by between two looks at their logs is less, but for long lists.
const BYTES: u64 = 1 << 20;

/// The file that takes the room up, there while the service runs and the disk has as much again.
#[derive(Debug)]
pub(super) struct Reserve(PathBuf);

impl Reserve {
    /// The one in the folder of a database.
    pub(super) fn beside(database: &Path) -> Self {
        Self(database.with_file_name(RESERVE))
    }

    /// Makes it, unless it is there or would take more than half of what is free.
    pub(super) fn keep(&self) {
        let folder = self.0.parent().unwrap_or(&self.0);
        let has_room = || disk::free(folder).ok().flatten().is_some_and(|free| free / 2 >= BYTES);
        if self.0.exists() || !has_room() {
            return;
        }
        let make = || -> io::Result<()> {
            let mut file = private().create_new(true).open(&self.0)?;
            // A file without content would take no room.
            io::copy(&mut io::repeat(0).take(BYTES), &mut file).map(drop)
        };
        match make() {
            // Whoever looks after another log was first.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                tracing::debug!(%error, "there is no room for a reserve");
                self.give_up();
            }
            Ok(()) => {}
        }
    }

    /// Gives the room back; false where none was held.
    pub(super) fn give_up(&self) -> bool {
        fs::remove_file(&self.0).is_ok()
    }
}
