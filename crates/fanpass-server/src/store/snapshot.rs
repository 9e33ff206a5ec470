//! Snapshots: a data folder as it stood at one moment, in one file, made while the service runs.
//!
//! The file is a ZIP without compression: both databases, the uploads that their unfinished imports need, the signing keys,
//! the operator's catalogue and GA4 secret, and a manifest with the digest of each.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::contents::refuse_lost;
use super::database::{Design, open_at_rest, open_reader};
use super::error::{Fault, StoreError, StoreErrorKind};
use super::folder::{Hold, SPOOL, open_private, sync_folder, temporary_folder};
use super::log::refuse_damaged;
use super::pack::Pack;
use super::replace::{damage_in, open_snapshot, unpack};
use super::scratch::{Scratch, parent};
use super::{SEGMENTS, SERVICE};
use crate::auth::key_files;

/// The manifest's name in the file.
pub(super) const MANIFEST: &str = "manifest.json";
/// The form of the file that this FanPass writes, and the only one it reads.
pub(super) const FORMAT: u32 = 1;
/// The operator's own file, which a snapshot holds where it is there.
pub(super) const CATALOGUE: &str = "platform-attributes.toml";
/// The operator's API secret of GA4, as above.
pub(super) const GA4_SECRET: &str = "ga4-secret";
/// Beginnings over when an import ended while its upload was looked for.
const ATTEMPTS_MAX: u32 = 5;
const BUFFER_BYTES: usize = 256 << 10;

/// What a snapshot says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The form of the file.
    pub format: u32,
    /// The version of the FanPass that made it.
    pub service: String,
    /// When it was begun, as RFC 3339 has it.
    pub made_at: String,
    /// The files it holds, by their names in the data folder.
    pub files: Vec<ManifestFile>,
}

/// One file of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// Its name in the data folder, such as `segments.db` or `spool/0197…`.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its content, lower-case hexadecimal.
    pub sha256: String,
}

/// Writes what the data folder at `data` holds into `file`; a service may be running on it. An earlier snapshot of that name
/// stands until the new one is whole, and was verified as [`restore`](super::restore) does. Blocks.
///
/// # Errors
/// [`StoreErrorKind::NotFound`] when there is no such folder, [`StoreErrorKind::Conflict`] when `file` would lie in it, or is
/// there and is no snapshot,
/// [`StoreErrorKind::Corrupt`], [`StoreErrorKind::Full`], [`StoreErrorKind::Io`].
pub fn snapshot(data: &Path, file: &Path) -> Result<Manifest, StoreError> {
    may_snapshot(data, file)?;
    let made_at = Timestamp::now().to_string();
    let failed = |error| StoreError::io("write the snapshot", file, error);
    // All in it vanishes when anything fails.
    let copies = Scratch::beside(file)?;
    let written = NamedTempFile::new_in(copies.path()).map_err(failed)?;
    let uploads = copy_segments(data, copies.path())?;
    copy_database(&SERVICE, data, copies.path())?;

    let mut pack = Pack::new(written.as_file());
    for design in [&SEGMENTS, &SERVICE] {
        let mut copy = File::open(copies.path().join(design.file)).map_err(failed)?;
        pack.add(design.file, &mut copy).map_err(failed)?;
    }
    for (name, mut upload) in uploads {
        pack.add(&format!("spool/{name}"), &mut upload).map_err(failed)?;
    }
    let keys = key_files::files(data).map_err(|error| StoreError::io("list the keys in", data, error))?;
    for name in keys.into_iter().chain([CATALOGUE, GA4_SECRET].map(str::to_owned)) {
        match File::open(data.join(&name)) {
            Ok(mut kept) => pack.add(&name, &mut kept).map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(StoreError::io("read", &data.join(&name), error)),
        }
    }
    let manifest = pack.finish(made_at).map_err(failed)?;
    written.as_file().sync_all().map_err(failed)?;
    for design in [&SEGMENTS, &SERVICE] {
        let copy = copies.path().join(design.file);
        fs::remove_file(&copy).map_err(|error| StoreError::io("remove", &copy, error))?;
    }
    verify(written.path(), copies.path(), data)?;
    written.persist(file).map_err(|error| failed(error.error))?;
    sync_folder(copies.parent())?;
    copies.close()?;
    Ok(manifest)
}

/// Refuses a snapshot that could not be restored, as that of a damaged folder: it would take the place of a good one.
fn verify(written: &Path, scratch: &Path, data: &Path) -> Result<(), StoreError> {
    let unpacked = temporary_folder("verified-", scratch)
        .map_err(|error| StoreError::io("make a folder in", scratch, error))?;
    unpack(written, unpacked.path())?;
    let Some(why) = damage_in(unpacked.path())? else { return Ok(()) };
    let message = format!(
        "`{}` is damaged, so no snapshot was written: {why}; `fanpass fsck` tells all that is",
        data.display()
    );
    Err(StoreError::new(StoreErrorKind::Corrupt, message))
}

/// Whether [`snapshot`] would be refused; nothing is written. Blocks.
///
/// # Errors
/// Those of [`snapshot`].
pub fn may_snapshot(data: &Path, file: &Path) -> Result<(), StoreError> {
    refuse_damaged_at_rest(data)?;
    refuse_lost(data)?;
    if !data.join(SEGMENTS.file).is_file() || !data.join(SERVICE.file).is_file() {
        let message = format!("`{}` is no data folder; name one with --data", data.display());
        return Err(StoreError::new(StoreErrorKind::NotFound, message));
    }
    refuse_inside(data, file)?;
    refuse_replacing(file)
}

/// Refuses to take the place of anything but a snapshot. What is no file, a device say, is not opened.
fn refuse_replacing(file: &Path) -> Result<(), StoreError> {
    let is_snapshot = || {
        file.is_file()
            && open_snapshot(file).map_or_else(|error| error.kind() == StoreErrorKind::TooNew, |_| true)
    };
    if !file.exists() || is_snapshot() {
        return Ok(());
    }
    let message = format!(
        "`{}` is there and is no whole snapshot, so it is not replaced; choose another name, or remove it first",
        file.display()
    );
    Err(StoreError::new(StoreErrorKind::Conflict, message))
}

/// Refuses a snapshot that would be a part of what it saves, and go with it.
fn refuse_inside(data: &Path, file: &Path) -> Result<(), StoreError> {
    if let (Ok(inside), Ok(data)) = (fs::canonicalize(parent(file)), fs::canonicalize(data))
        && inside.starts_with(&data)
    {
        let message = format!(
            "`{}` lies in the data folder that it would save; write it elsewhere, best to another disk",
            file.display()
        );
        return Err(StoreError::new(StoreErrorKind::Conflict, message));
    }
    Ok(())
}

/// Refuses a folder without a service whose logs lack commits, as the snapshot would. A service that runs reads its log by an index
/// of all of it.
fn refuse_damaged_at_rest(data: &Path) -> Result<(), StoreError> {
    let hold = Hold::take(data)?;
    if hold.in_use { Ok(()) } else { refuse_damaged(data, &[&SEGMENTS, &SERVICE]) }
}

/// Copies `segments.db`, and opens the uploads that the copy's unfinished imports need.
///
/// An upload that two copies in a row need and that is not there is gone for good: its import has failed, and its end waits to be
/// written. The next start writes it, also that of what is restored.
fn copy_segments(data: &Path, copies: &Path) -> Result<Vec<(String, File)>, StoreError> {
    let mut missed: Vec<String> = Vec::new();
    for _ in 0..ATTEMPTS_MAX {
        // Open before the copy is made: what an import needs may be gone afterwards.
        let mut open = open_uploads(&data.join(SPOOL))?;
        copy_database(&SEGMENTS, data, copies)?;
        let copy = copies.join(SEGMENTS.file);
        let needed = needed_uploads(&copy)?;
        for name in &needed {
            if !open.iter().any(|(known, _)| known == name)
                && let Ok(late) = File::open(data.join(SPOOL).join(name))
            {
                open.push((name.clone(), late));
            }
        }
        open.retain(|(name, _)| needed.contains(name));
        let missing = |name: &String| !open.iter().any(|(known, _)| known == name);
        let missing: Vec<String> = needed.into_iter().filter(missing).collect();
        if missing.iter().all(|name| missed.contains(name)) {
            return Ok(open);
        }
        missed = missing;
        fs::remove_file(&copy).map_err(|error| StoreError::io("remove", &copy, error))?;
    }
    let message = "imports ended as fast as they were copied; try again in a moment";
    Err(StoreError::new(StoreErrorKind::Busy, message))
}

fn open_uploads(spool: &Path) -> Result<Vec<(String, File)>, StoreError> {
    let failed = |error| StoreError::io("read the folder", spool, error);
    let mut open = Vec::new();
    let entries = match fs::read_dir(spool) {
        // As none was ever uploaded, or whoever needs one will tell.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(open),
        entries => entries.map_err(failed)?,
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if let (Ok(name), Ok(file)) = (entry.file_name().into_string(), File::open(entry.path())) {
            open.push((name, file));
        }
    }
    Ok(open)
}

/// The spooled files of imports that are not ended.
fn needed_uploads(copy: &Path) -> Result<Vec<String>, StoreError> {
    let read = || -> rusqlite::Result<Vec<String>> {
        let connection = Connection::open(copy)?;
        let mut statement = connection
            .prepare("SELECT spool FROM imports WHERE completed_at IS NULL AND spool IS NOT NULL")?;
        statement.query_map([], |row| row.get(0))?.collect()
    };
    read().map_err(|error| Fault::from(error).at(SEGMENTS.file, "find unfinished imports"))
}

/// Copies a database as it stands at one moment, whoever writes to it meanwhile.
fn copy_database(design: &Design, data: &Path, copies: &Path) -> Result<(), StoreError> {
    let into = copies.join(design.file);
    // SQLite takes an empty file for one that is not there, and leaves its mode alone.
    open_private(&into).map_err(|error| StoreError::io("make the file", &into, error))?;
    let copy =
        |connection: Connection| connection.execute("VACUUM INTO ?1", [into.to_string_lossy()]).map(drop);
    let outcome = open_reader(&data.join(design.file)).and_then(copy);
    let outcome = match outcome {
        // SQLite can make no index beside it. Nobody can start a service there either.
        Err(error)
            if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) && !Hold::take(data)?.in_use =>
        {
            open_at_rest(data, design).and_then(copy)
        }
        outcome => outcome,
    };
    outcome.map_err(|error| Fault::from(error).at(design.file, "copy the database"))
}

/// Copies all of `from`; gives back how much it was and its SHA-256.
pub(super) fn copy_hashed(from: &mut impl Read, to: &mut impl Write) -> io::Result<(u64, String)> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let (mut bytes, mut digest) = (0, Sha256::new());
    loop {
        let read = from.read(&mut buffer)?;
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else { break };
        digest.update(piece);
        to.write_all(piece)?;
        bytes += u64::try_from(read).unwrap_or_default();
    }
    Ok((bytes, format!("{:x}", bytes::Bytes::copy_from_slice(&digest.finalize()))))
}
