//! The files of the signing keys.
//!
//! The first key stands in `signing-key` and its tokens name no key. Later ones stand in `signing-keys/`, each in a file
//! that is called by its id and the one algorithm that it is for.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use fanpass_model::Operation;
use fanpass_model::operations::{RETIRE_KEY, ROTATE_KEY};
use secrecy::SecretSlice;

use super::keys::FIRST;
use super::secret_file;
use crate::error::{ServiceError, ServiceErrorKind};
use crate::store::{StoreError, hashed};

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;
/// The file of the first key.
pub(crate) const FIRST_FILE: &str = "signing-key";
/// The folder of the later keys.
pub(crate) const FOLDER: &str = "signing-keys";
/// How the file of a key for HS256 ends.
const HS256: &str = "hs256";
/// How the file of a key ends that is not in use before the audit says that it was made; a dot stands before its name.
pub(super) const WAITING: &str = "waiting";
/// How the file of a key ends that is out of use once the audit says so; a dot stands before its name.
pub(super) const RETIRING: &str = "retiring";
/// Bytes of the hash that tells a key from others: all of it.
const THUMBPRINT_BYTES: usize = 32;
/// What is wrong with a file with another key in it.
pub(crate) const OTHER_KEY: &str = "it is not the key that service.db knows, by which its tokens were signed";
/// What to do about it.
pub(crate) const REPLACED: &str =
    "put that key back, which snapshots hold, or delete the file and issue its tokens anew";

/// Where a key stands.
pub(super) fn place(data: &Path, kid: Option<&str>) -> PathBuf {
    match kid {
        None => data.join(FIRST_FILE),
        Some(kid) => data.join(FOLDER).join(format!("{kid}.{HS256}")),
    }
}

/// As [`place`], by its name.
pub(crate) fn place_of(data: &Path, key: &str) -> PathBuf {
    place(data, (key != FIRST).then_some(key))
}

/// What tells a key from others, and tells nothing of it.
pub(crate) fn thumbprint(key: &[u8]) -> String {
    hashed("", key, THUMBPRINT_BYTES)
}

/// Where a key stands, by its name, that is being made or retired.
pub(super) fn hidden(data: &Path, key: &str, state: &str) -> PathBuf {
    data.join(FOLDER).join(format!(".{key}.{state}"))
}

/// Puts keys in their place that were made, or not retired, and deletes what else a crash left out of it.
pub(super) fn settle(
    data: &Path,
    was_done: impl Fn(&Operation, &str) -> Result<bool, StoreError>,
) -> Result<(), ServiceError> {
    let folder = data.join(FOLDER);
    for name in names(&folder).map_err(|error| failed("list", &folder, error))? {
        let Some(hidden) = name.strip_prefix('.') else { continue };
        let (key, state) = hidden.rsplit_once('.').unwrap_or((hidden, ""));
        let is_used = match state {
            WAITING => was_done(&ROTATE_KEY, key)?,
            RETIRING => !was_done(&RETIRE_KEY, key)?,
            _ => false,
        };
        let path = folder.join(&name);
        let place = place_of(data, key);
        let settled = if is_used { secret_file::rename(&path, &place) } else { secret_file::remove(&path) };
        settled.map_err(|error| failed("settle", &path, error))?;
    }
    Ok(())
}

/// The files of all keys, by their names in the data folder.
pub(crate) fn files(data: &Path) -> io::Result<Vec<String>> {
    let first = data.join(FIRST_FILE).is_file().then(|| FIRST_FILE.to_owned());
    let later = later(data)?.into_iter().map(|kid| format!("{FOLDER}/{kid}.{HS256}"));
    Ok(first.into_iter().chain(later).collect())
}

/// The ids of the keys in their folder. Whatever else stands there would be a key that is silently not used.
pub(super) fn later(data: &Path) -> io::Result<Vec<String>> {
    let folder = data.join(FOLDER);
    let mut kids = Vec::new();
    for name in names(&folder)? {
        // A name with a dot in front is that of a key that is not in use yet.
        if name.starts_with('.') {
            continue;
        }
        let Some(kid) = name.strip_suffix(HS256).and_then(|kid| kid.strip_suffix('.')) else {
            return Err(io::Error::other(format!(
                "`{}` is no key; take it away",
                folder.join(name).display()
            )));
        };
        kids.push(kid.to_owned());
    }
    Ok(kids)
}

/// The names in a folder, which need not be there.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

pub(super) fn failed(doing: &str, path: &Path, error: io::Error) -> ServiceError {
    let message = format!("could not {doing} the signing key `{}`: {error}", path.display());
    ServiceError::new(ServiceErrorKind::Key, message).with_source(error)
}

pub(super) fn read(path: &Path) -> Result<Option<SecretSlice<u8>>, ServiceError> {
    match secret_file::read(path).map_err(|error| failed("read", path, error))? {
        Some(key) if key.len() == KEY_BYTES => Ok(Some(key.into())),
        Some(key) => {
            let found = io::Error::other(format!(
                "it has {} bytes and not {KEY_BYTES}; restore it, or delete it to invalidate its tokens",
                key.len()
            ));
            Err(failed("use", path, found))
        }
        None => Ok(None),
    }
}

pub(super) fn make(path: &Path) -> Result<SecretSlice<u8>, ServiceError> {
    let mut key = vec![0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(|error| failed("make", path, io::Error::other(error)))?;
    secret_file::write(path, &key).map_err(|error| failed("keep", path, error))?;
    Ok(key.into())
}
