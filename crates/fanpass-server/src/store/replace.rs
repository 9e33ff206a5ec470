//! Puts another data folder in the place of one: a snapshot's, or an empty one. What stands is untouched until the other is
//! whole.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use tempfile::TempDir;
use zip::ZipArchive;

use super::contents::{is_data_folder, lost};
use super::database::open_writer;
use super::error::{Fault, StoreError, StoreErrorKind};
use super::folder::{DataFolder, make_private, sync_folder};
use super::snapshot::{CATALOGUE, FORMAT, GA4_SECRET, MANIFEST, Manifest, copy_hashed};
use super::{SEGMENTS, SERVICE};
use crate::auth::keys;

/// The folder of uploads, in a snapshot as in a data folder.
const SPOOL: &str = "spool";
/// The file of the token that whoever reads the folder has.
const DEVELOPMENT_TOKEN: &str = "dev-token";

/// Makes what the snapshot in `file` holds the data folder at `data`. With `replace` it takes the place of what is there, in
/// one step; without, the folder must be empty or not there. Blocks.
///
/// # Errors
/// [`StoreErrorKind::Conflict`] when the folder holds something, [`StoreErrorKind::Locked`] when a service runs on it,
/// [`StoreErrorKind::Corrupt`] when the snapshot is damaged, [`StoreErrorKind::TooNew`] when a newer FanPass made it,
/// [`StoreErrorKind::Full`], [`StoreErrorKind::Io`]. The folder is as it was before.
pub fn restore(file: &Path, data: &Path, replace: bool) -> Result<Manifest, StoreError> {
    if replace && holds_something(data)? && !is_data_folder(data) {
        let message = format!("`{}` is no data folder; it is not replaced", data.display());
        return Err(StoreError::new(StoreErrorKind::Conflict, message));
    }
    if !replace && holds_something(data)? {
        let message = format!(
            "`{}` holds data; restore into another folder, or replace it with --replace",
            data.display()
        );
        return Err(StoreError::new(StoreErrorKind::Conflict, message));
    }
    let fresh = Fresh::beside(data)?;
    let manifest = unpack(file, fresh.path())?;
    drop(DataFolder::open(fresh.path())?);
    for design in [&SEGMENTS, &SERVICE] {
        let path = fresh.path().join(design.file);
        let connection = open_writer(design, &path)?;
        let verdict: String = connection
            .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
            .map_err(|error| Fault::from(error).at(design.file, "check the database"))?;
        if verdict != "ok" {
            return Err(damaged(file, &format!("{}: {verdict}", design.file)));
        }
    }
    fresh.put_in_place(data)?;
    Ok(manifest)
}

/// Deletes everything in the data folder at `data` but the operator's catalogue; tokens and the signing keys are kept if
/// `keep_tokens`. Blocks.
///
/// # Errors
/// [`StoreErrorKind::Locked`] when a service runs on the folder, [`StoreErrorKind::NotFound`] when there is none,
/// [`StoreErrorKind::Corrupt`] when the tokens that are to be kept are lost, [`StoreErrorKind::Full`], [`StoreErrorKind::Io`]. The folder is as it was before.
pub fn reset(data: &Path, keep_tokens: bool) -> Result<(), StoreError> {
    if !is_data_folder(data) {
        let message = format!("`{}` is no data folder; name one with --data", data.display());
        return Err(StoreError::new(StoreErrorKind::NotFound, message));
    }
    if let Some(how) = lost(data, &SERVICE).filter(|_| keep_tokens) {
        let message = format!(
            "the tokens stood in {} of `{}`, which is {how}; restore a snapshot, or reset without --keep-tokens",
            SERVICE.file,
            data.display()
        );
        return Err(StoreError::new(StoreErrorKind::Corrupt, message));
    }
    let fresh = Fresh::beside(data)?;
    let folder = DataFolder::open(fresh.path())?;
    open_writer(&SEGMENTS, &folder.private_file(SEGMENTS.file)?)?;
    let service = open_writer(&SERVICE, &folder.private_file(SERVICE.file)?)?;
    if keep_tokens {
        // Brought up to date first, so that both have the same columns.
        let old = data.join(SERVICE.file);
        drop(open_writer(&SERVICE, &old)?);
        let copy = || -> rusqlite::Result<()> {
            service.execute("ATTACH ?1 AS old", [old.to_string_lossy()])?;
            service.execute("INSERT INTO tokens SELECT * FROM old.tokens", [])?;
            service.execute_batch("DETACH old")
        };
        copy().map_err(|error| Fault::from(error).at(SERVICE.file, "keep the tokens"))?;
    }
    let mut kept = vec![CATALOGUE.to_owned(), GA4_SECRET.to_owned()];
    if keep_tokens {
        let later = fresh.path().join(keys::FOLDER);
        make_private(&later).map_err(|error| StoreError::io("make the folder", &later, error))?;
        kept.push(DEVELOPMENT_TOKEN.to_owned());
        kept.extend(keys::files(data).map_err(|error| StoreError::io("list the keys in", data, error))?);
    }
    for name in kept {
        match fs::copy(data.join(&name), fresh.path().join(&name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::io("copy", &data.join(&name), error));
            }
            _ => {}
        }
    }
    drop((service, folder));
    fresh.put_in_place(data)
}

fn holds_something(data: &Path) -> Result<bool, StoreError> {
    match fs::read_dir(data) {
        Ok(mut entries) => Ok(entries.any(|entry| entry.is_ok_and(|entry| entry.file_name() != "lock"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::io("read the folder", data, error)),
    }
}

/// Writes the files of a snapshot into `folder`, each held against the manifest.
fn unpack(file: &Path, folder: &Path) -> Result<Manifest, StoreError> {
    let opened = File::open(file).map_err(|error| StoreError::io("open the snapshot", file, error))?;
    let mut zip = ZipArchive::new(opened).map_err(|error| damaged(file, &error.to_string()))?;
    let manifest = zip.by_name(MANIFEST).map_err(|error| damaged(file, &error.to_string()))?;
    let manifest: Manifest =
        serde_json::from_reader(manifest).map_err(|error| damaged(file, &error.to_string()))?;
    if manifest.format != FORMAT {
        let message = format!(
            "`{}` has the form {} and this FanPass reads {FORMAT}; use the one that made it, {}",
            file.display(),
            manifest.format,
            manifest.service
        );
        return Err(StoreError::new(StoreErrorKind::TooNew, message));
    }
    for part in [SPOOL, keys::FOLDER] {
        let part = folder.join(part);
        make_private(&part).map_err(|error| StoreError::io("make the folder", &part, error))?;
    }
    for wanted in &manifest.files {
        if !is_ours(&wanted.name) {
            return Err(damaged(file, &format!("it holds `{}`", wanted.name)));
        }
        let mut packed = zip.by_name(&wanted.name).map_err(|error| damaged(file, &error.to_string()))?;
        let path = folder.join(&wanted.name);
        let failed = |error| StoreError::io("restore", &path, error);
        let mut written = super::folder::open_private(&path).map_err(failed)?;
        let (bytes, sha256) = copy_hashed(&mut packed, &mut written).map_err(failed)?;
        if (bytes, &sha256) != (wanted.bytes, &wanted.sha256) {
            return Err(damaged(file, &format!("`{}` is not what was written", wanted.name)));
        }
        written.sync_all().map_err(failed)?;
    }
    for design in [&SEGMENTS, &SERVICE] {
        if !manifest.files.iter().any(|held| held.name == design.file) {
            return Err(damaged(file, &format!("it holds no {}", design.file)));
        }
    }
    Ok(manifest)
}

/// Whether a name in a snapshot is one that a data folder has, and leads nowhere else.
fn is_ours(name: &str) -> bool {
    let plain = |name: &str| {
        let mut steps = Path::new(name).components();
        matches!((steps.next(), steps.next()), (Some(Component::Normal(_)), None))
            && !name.contains(['/', '\\'])
    };
    [SEGMENTS.file, SERVICE.file].contains(&name)
        || [keys::FIRST_FILE, CATALOGUE, GA4_SECRET].contains(&name)
        || [SPOOL, keys::FOLDER].iter().any(|folder| {
            name.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')).is_some_and(plain)
        })
}

fn damaged(file: &Path, why: &str) -> StoreError {
    let message = format!("the snapshot `{}` is damaged: {why}; use another one", file.display());
    StoreError::new(StoreErrorKind::Corrupt, message)
}

/// A folder that is to take the place of a data folder; it vanishes unless it does.
struct Fresh {
    folder: TempDir,
    parent: PathBuf,
}

impl Fresh {
    fn beside(data: &Path) -> Result<Self, StoreError> {
        let parent = match data.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let failed = |error| StoreError::io("make a folder in", &parent, error);
        fs::create_dir_all(&parent).map_err(failed)?;
        let folder = tempfile::Builder::new().prefix(".fanpass-").tempdir_in(&parent).map_err(failed)?;
        Ok(Self { folder, parent })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts it in the place of `data`, if nobody uses that.
    fn put_in_place(self, data: &Path) -> Result<(), StoreError> {
        let failed = |error| {
            let mut error = StoreError::io("put another folder in the place of", data, error);
            error.advise("is it the root of a file system? then restore beside it and move the files");
            error
        };
        sync_folder(self.path())?;
        let _lock = data.exists().then(|| DataFolder::open(data)).transpose()?;
        if data.exists() {
            // What stood there has the temporary name afterwards, and is deleted with it.
            exchange(self.path(), data).map_err(failed)?;
        } else {
            fs::rename(self.path(), data).map_err(failed)?;
        }
        sync_folder(&self.parent)?;
        self.folder.close().or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(StoreError::io("remove what was replaced in", &self.parent, error)),
        })
    }
}

/// Exchanges two folders in one step.
#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};

    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

/// Exchanges two folders; between two of the steps `other` is not there.
#[cfg(not(target_os = "linux"))]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    let aside = one.with_extension("replaced");
    fs::rename(other, &aside)?;
    fs::rename(one, other)?;
    fs::rename(aside, one)
}
