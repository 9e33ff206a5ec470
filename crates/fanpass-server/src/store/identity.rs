//! The id of a data folder, which both of its databases hold: files of two folders are told by it.
//!
//! No commit spans both files, so each of them first gets the table for it, then `segments.db` the id, then `service.db`. Thus
//! a start that was cut short is told from a file that was put there: what it leaves is `segments.db` with an id beside a
//! `service.db` that has room for one.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};

use super::contents::is_made;
use super::database::{Design, open_writer};
use super::environment::Ids;
use super::error::{Fault, StoreError, StoreErrorKind};
use super::folder::DataFolder;
use super::{SEGMENTS, SERVICE};

/// What to do about files of two folders.
pub(super) const PUT_BACK: &str = "put the file back that belongs here, with its log if there was one, or restore a snapshot \
                                   (fanpass restore FILE --replace), or give up what both hold (fanpass reset)";

/// What a database says of the folder that it is of.
#[derive(Debug, PartialEq)]
enum Told {
    /// It was not made yet.
    Nothing,
    /// It is from before folders had ids.
    Older,
    /// It has room for an id.
    Room,
    Id(String),
}

/// What both databases of a folder say.
#[derive(Debug)]
pub(super) struct Identity {
    segments: Told,
    service: Told,
}

impl Identity {
    /// Reads it; `open` opens one of the databases.
    pub(super) fn read(
        data: &Path,
        open: impl Fn(&Design) -> rusqlite::Result<Connection>,
    ) -> Result<Self, StoreError> {
        let told = |design: &Design| {
            let read =
                || if is_made(&data.join(design.file)) { told(&open(design)?) } else { Ok(Told::Nothing) };
            read().map_err(|error| Fault::from(error).at(design.file, "read which data folder it is of"))
        };
        Ok(Self { segments: told(&SEGMENTS)?, service: told(&SERVICE)? })
    }

    /// Refuses databases of two folders, before anything is written to them.
    pub(super) fn refuse_mixture(self, data: &Path) -> Result<Self, StoreError> {
        let Some(what) = self.mixture() else { return Ok(self) };
        let message = format!("in `{}` {what}; {PUT_BACK}", data.display());
        Err(StoreError::new(StoreErrorKind::Corrupt, message))
    }

    /// Sees to it that both databases have the folder's id. What it gives back is kept until the service has them open: whoever closes a
    /// database last moves its log into it, and a copy without its log is to be [told](super::contents::refuse_lost).
    pub(super) fn settle(self, folder: &DataFolder) -> Result<Vec<Connection>, StoreError> {
        match self {
            Self { segments: Told::Id(_), service: Told::Id(_) } => Ok(Vec::new()),
            Self { segments: Told::Id(id), .. } => give(folder, &id),
            _ => give(folder, &draw()),
        }
    }

    /// In what the files belong to two folders, if they do.
    pub(super) fn mixture(&self) -> Option<String> {
        let Self { segments, service } = self;
        let are_mixed = match (segments, service) {
            (Told::Id(segments), Told::Id(service)) => segments != service,
            (Told::Id(_), Told::Older) | (Told::Older | Told::Room, Told::Id(_)) => true,
            _ => false,
        };
        let [segments, service] = [segments, service].map(Told::words);
        are_mixed.then(|| {
            format!(
                "{} and {} belong to different data folders: the first is {segments}, the second {service}",
                SEGMENTS.file, SERVICE.file
            )
        })
    }

    /// Whether a start that gave the folder its id was cut short.
    pub(super) fn is_unfinished(&self) -> bool {
        matches!(self, Self { segments: Told::Id(_), service: Told::Room })
    }
}

impl Told {
    fn words(&self) -> String {
        match self {
            Self::Nothing => "not made yet".to_owned(),
            Self::Older => "from before folders had ids".to_owned(),
            Self::Room => "of one that has no id yet".to_owned(),
            Self::Id(id) => format!("of the folder {id}"),
        }
    }
}

fn told(connection: &Connection) -> rusqlite::Result<Told> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'folder')";
    if !connection.query_row(sql, [], |row| row.get(0))? {
        return Ok(Told::Older);
    }
    let id = connection.query_row("SELECT id FROM folder", [], |row| row.get(0)).optional()?;
    Ok(id.map_or(Told::Room, Told::Id))
}

/// Gives a folder that no service has an id of its own, whatever its databases were made of.
pub(super) fn renew(folder: &DataFolder) -> Result<(), StoreError> {
    give(folder, &draw()).map(drop)
}

/// An id that no other folder has, wherever other ids come from.
fn draw() -> String {
    Ids::random().next()
}

fn give(folder: &DataFolder, id: &str) -> Result<Vec<Connection>, StoreError> {
    let open = |design: &Design| open_writer(design, &folder.private_file(design.file)?);
    // Both have room for it before one has it.
    let databases = vec![open(&SEGMENTS)?, open(&SERVICE)?];
    for database in &databases {
        let write = || -> rusqlite::Result<()> {
            let transaction = database.unchecked_transaction()?;
            transaction.execute("DELETE FROM folder", [])?;
            transaction.execute("INSERT INTO folder (id) VALUES (?1)", [id])?;
            transaction.commit()
        };
        write().map_err(|error| {
            let file = database.path().unwrap_or_default();
            Fault::from(error).at_write(database, file, "write which data folder it is of")
        })?;
    }
    Ok(databases)
}
