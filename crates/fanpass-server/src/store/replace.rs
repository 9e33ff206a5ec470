//! Makes another data folder of one: a snapshot's, or an empty one. What stands is untouched until the other is whole.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path};

use zip::ZipArchive;

use super::check::{Severity, check};
use super::contents::{holds_something, is_data_folder, lost, refuse_foreign};
use super::database::{open_at_rest, open_writer};
use super::error::{Fault, StoreError, StoreErrorKind};
use super::folder::{DEVELOPMENT_TOKEN, DataFolder, SPOOL, make_private, open_private, refuse_used};
use super::fresh::Fresh;
use super::identity::{self, Identity};
use super::snapshot::{CATALOGUE, FORMAT, GA4_SECRET, MANIFEST, Manifest, copy_hashed};
use super::{SEGMENTS, SERVICE, log};
use crate::auth::key_files;

/// Makes what the snapshot in `file` holds the data folder at `data`. With `replace` it takes the place of what is there, in
/// one step; without, the folder must be empty or not there. It keeps its owner and is nobody else's to look into. Blocks.
///
/// # Errors
/// [`StoreErrorKind::Conflict`] when the folder holds something, or something else than a service's data,
/// [`StoreErrorKind::Locked`] when a service runs on it, [`StoreErrorKind::Corrupt`] when the snapshot is damaged,
/// [`StoreErrorKind::TooNew`] when a newer FanPass made it, [`StoreErrorKind::Full`], [`StoreErrorKind::Io`]. The folder is as it
/// was before.
pub fn restore(file: &Path, data: &Path, replace: bool) -> Result<Manifest, StoreError> {
    may_restore(file, data, replace)?;
    let fresh = Fresh::beside(data)?;
    let manifest = unpack(file, fresh.path())?;
    if let Some(why) = damage_in(fresh.path())? {
        return Err(damaged(file, &why));
    }
    identity::renew(&DataFolder::open(fresh.path())?)?;
    fresh.put_in_place()?;
    Ok(manifest)
}

/// What is wrong with a folder that a snapshot was unpacked into, if anything is.
pub(super) fn damage_in(folder: &Path) -> Result<Option<String>, StoreError> {
    drop(DataFolder::open(folder)?);
    // Before both are brought up to date: an older file looks as if it had yet to get its id then.
    match Identity::read(folder, |design| open_at_rest(folder, design)) {
        Err(error) if error.kind() == StoreErrorKind::Corrupt => return Ok(Some(error.to_string())),
        identity => {
            if let Some(what) = identity?.mixture() {
                return Ok(Some(what));
            }
        }
    }
    for design in [&SEGMENTS, &SERVICE] {
        // Brought up to date, as what is checked has to be.
        match open_writer(design, &folder.join(design.file)) {
            Err(error) if error.kind() == StoreErrorKind::Corrupt => return Ok(Some(error.to_string())),
            opened => drop(opened?),
        }
    }
    let found = check(folder)?;
    let damage = found.findings.iter().find(|finding| finding.severity == Severity::Damage);
    Ok(damage.map(|damage| {
        format!("{}: {} (findings of that kind: {})", damage.place, damage.what, found.damages)
    }))
}

/// Whether [`restore`] would be refused, as far as the folder and what the snapshot says of itself tell; nothing is changed.
/// Blocks.
///
/// # Errors
/// Those of [`restore`].
pub fn may_restore(file: &Path, data: &Path, replace: bool) -> Result<Manifest, StoreError> {
    if holds_something(data)? {
        let conflict = |why| StoreError::new(StoreErrorKind::Conflict, format!("`{}` {why}", data.display()));
        if !replace {
            return Err(conflict("holds data; restore into another folder, or replace it with --replace"));
        }
        if !is_data_folder(data) {
            return Err(conflict("is no data folder; it is not replaced"));
        }
        refuse_foreign(data)?;
    }
    refuse_used(data)?;
    open_snapshot(file).map(|(_, manifest)| manifest)
}

/// Deletes everything in the data folder at `data` but the operator's catalogue; tokens and the signing keys are kept if
/// `keep_tokens`. Blocks.
///
/// # Errors
/// [`StoreErrorKind::Locked`] when a service runs on the folder, [`StoreErrorKind::NotFound`] when there is none,
/// [`StoreErrorKind::Conflict`] when it holds something else than a service's data, [`StoreErrorKind::Corrupt`] when the tokens
/// that are to be kept are lost or may be, [`StoreErrorKind::Full`], [`StoreErrorKind::Io`]. The folder is as it was before.
pub fn reset(data: &Path, keep_tokens: bool) -> Result<(), StoreError> {
    may_reset(data, keep_tokens)?;
    let fresh = Fresh::beside(data)?;
    let folder = DataFolder::open(fresh.path())?;
    identity::renew(&folder)?;
    let service = open_writer(&SERVICE, &folder.private_file(SERVICE.file)?)?;
    if keep_tokens {
        // Brought up to date first, so that both have the same columns.
        let old = data.join(SERVICE.file);
        drop(open_writer(&SERVICE, &old)?);
        let copy = || -> rusqlite::Result<()> {
            service.execute("ATTACH ?1 AS old", [old.to_string_lossy()])?;
            service.execute("INSERT INTO tokens SELECT * FROM old.tokens", [])?;
            service.execute("INSERT INTO keys SELECT * FROM old.keys", [])?;
            service.execute_batch("DETACH old")
        };
        copy().map_err(|error| Fault::from(error).at(SERVICE.file, "keep the tokens"))?;
    }
    let mut kept = vec![CATALOGUE.to_owned(), GA4_SECRET.to_owned()];
    if keep_tokens {
        let later = fresh.path().join(key_files::FOLDER);
        make_private(&later).map_err(|error| StoreError::io("make the folder", &later, error))?;
        kept.push(DEVELOPMENT_TOKEN.to_owned());
        kept.extend(key_files::files(data).map_err(|error| StoreError::io("list the keys in", data, error))?);
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
    fresh.put_in_place()
}

/// Whether [`reset`] would be refused; nothing is changed. Blocks.
///
/// # Errors
/// Those of [`reset`].
pub fn may_reset(data: &Path, keep_tokens: bool) -> Result<(), StoreError> {
    if !is_data_folder(data) {
        let message = format!("`{}` is no data folder; name one with --data", data.display());
        return Err(StoreError::new(StoreErrorKind::NotFound, message));
    }
    refuse_foreign(data)?;
    if keep_tokens {
        log::refuse_damaged(data, &[&SERVICE])?;
    }
    if let Some(how) = lost(data, &SERVICE).filter(|_| keep_tokens) {
        let message = format!(
            "the tokens stood in {} of `{}`, which is {how}; restore a snapshot, or reset without --keep-tokens",
            SERVICE.file,
            data.display()
        );
        return Err(StoreError::new(StoreErrorKind::Corrupt, message));
    }
    refuse_used(data)
}

/// Writes the files of a snapshot into `folder`, each held against the manifest.
pub(super) fn unpack(file: &Path, folder: &Path) -> Result<Manifest, StoreError> {
    let (mut zip, manifest) = open_snapshot(file)?;
    for part in [SPOOL, key_files::FOLDER] {
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
        let mut written = open_private(&path).map_err(failed)?;
        let (bytes, sha256) = copy_hashed(&mut packed, &mut written).map_err(|error| {
            // What no call to the system failed with is what the archive was found to be.
            let is_found = error.raw_os_error().is_none();
            if is_found { damaged(file, &format!("`{}`: {error}", wanted.name)) } else { failed(error) }
        })?;
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

/// A snapshot's archive, and what it says of itself, in a form that this FanPass reads.
pub(super) fn open_snapshot(file: &Path) -> Result<(ZipArchive<File>, Manifest), StoreError> {
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
    Ok((zip, manifest))
}

/// Whether a name in a snapshot is one that a data folder has, and leads nowhere else.
fn is_ours(name: &str) -> bool {
    let plain = |name: &str| {
        let mut steps = Path::new(name).components();
        matches!((steps.next(), steps.next()), (Some(Component::Normal(_)), None))
            && !name.contains(['/', '\\'])
    };
    [SEGMENTS.file, SERVICE.file].contains(&name)
        || [key_files::FIRST_FILE, CATALOGUE, GA4_SECRET].contains(&name)
        || [SPOOL, key_files::FOLDER].iter().any(|folder| {
            name.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')).is_some_and(plain)
        })
}

fn damaged(file: &Path, why: &str) -> StoreError {
    let message = format!("the snapshot `{}` is damaged: {why}; use another one", file.display());
    StoreError::new(StoreErrorKind::Corrupt, message)
}
