//! The signing keys of a data folder: the newest signs, the older ones verify until they are retired.
//!
//! The first one stands in `signing-key` and its tokens name no key. Later ones stand in `signing-keys/`, each in a file
//! that is called by its id and the one algorithm that it is for.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use tempfile::TempPath;

use super::claims::{Claims, Signer, key_id};
use super::{Refusal, secret_file};
use crate::error::{ServiceError, ServiceErrorKind};
use crate::store::folder::make_private;
use crate::store::{StoreError, TokenRecord};

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;
/// The file of the first key.
pub(crate) const FIRST_FILE: &str = "signing-key";
/// The folder of the later keys.
pub(crate) const FOLDER: &str = "signing-keys";
/// How the file of a key for HS256 ends.
const HS256: &str = "hs256";
/// How the file of a key ends that is not in use before the audit says that it was made; a dot stands before its name.
const WAITING: &str = "waiting";
/// The name of the key that tokens do not name.
pub(crate) const FIRST: &str = "first";
pub(crate) const ALGORITHM: &str = "HS256";

/// All keys, oldest first.
pub(super) struct Keys {
    data: PathBuf,
    all: Vec<Key>,
}

struct Key {
    /// None: the first.
    kid: Option<String>,
    signer: Signer,
}

/// A key that nothing is signed with yet. Dropped, its file is deleted.
pub(crate) struct NewKey {
    kid: String,
    key: SecretSlice<u8>,
    file: TempPath,
}

impl Keys {
    /// Reads the keys of the data folder; makes the first one where there is none. `was_made` says of keys that a crash left
    /// waiting whether they were answered for; the others are deleted.
    pub(super) fn open(
        data: &Path,
        was_made: impl Fn(&str) -> Result<bool, StoreError>,
    ) -> Result<Self, ServiceError> {
        let mut keys = Self { data: data.to_owned(), all: Vec::new() };
        keys.settle(was_made)?;
        let later = later(data).map_err(|error| failed("list", &data.join(FOLDER), error))?;
        let first = data.join(FIRST_FILE);
        match read(&first)? {
            Some(key) => keys.add(None, &key),
            None if later.is_empty() => keys.add(None, &make(&first)?),
            None => {}
        }
        for kid in later {
            let path = keys.path(Some(&kid));
            let key = read(&path)?.ok_or_else(|| failed("read", &path, io::ErrorKind::NotFound.into()))?;
            keys.add(Some(kid), &key);
        }
        Ok(keys)
    }

    /// Puts keys in use that wait and were answered for, and deletes what else a crash left of new ones.
    fn settle(&self, was_made: impl Fn(&str) -> Result<bool, StoreError>) -> Result<(), ServiceError> {
        let folder = self.data.join(FOLDER);
        for name in names(&folder).map_err(|error| failed("list", &folder, error))? {
            let Some(hidden) = name.strip_prefix('.') else { continue };
            let path = folder.join(&name);
            let kid = hidden.strip_suffix(WAITING).and_then(|kid| kid.strip_suffix('.'));
            let settled = match kid {
                Some(kid) if was_made(kid)? => fs::rename(&path, self.path(Some(kid))),
                _ => secret_file::remove(&path),
            };
            settled.map_err(|error| failed("settle", &path, error))?;
        }
        Ok(())
    }

    fn add(&mut self, kid: Option<String>, key: &SecretSlice<u8>) {
        let signer = Signer::new(key.expose_secret(), kid.clone());
        self.all.push(Key { kid, signer });
        // By age, whichever of two was made ready first: ids ascend with time.
        self.all.sort_by(|one, other| one.kid.cmp(&other.kid));
    }

    fn path(&self, kid: Option<&str>) -> PathBuf {
        match kid {
            None => self.data.join(FIRST_FILE),
            Some(kid) => self.data.join(FOLDER).join(format!("{kid}.{HS256}")),
        }
    }

    /// Makes a key and puts it on the disk, where it waits: a start after a crash asks whether it was answered for.
    pub(super) fn make_new(&self, kid: String) -> Result<NewKey, ServiceError> {
        let folder = self.data.join(FOLDER);
        let path = folder.join(format!(".{kid}.{WAITING}"));
        make_private(&folder).map_err(|error| failed("make the folder of", &path, error))?;
        let key = make(&path)?;
        let file = TempPath::try_from_path(&path).map_err(|error| failed("keep", &path, error))?;
        Ok(NewKey { kid, key, file })
    }

    /// Signs with a new key from now on. It was answered for, so nothing can undo that any more.
    pub(super) fn take_up(&mut self, new: NewKey) {
        let NewKey { kid, key, file } = new;
        if let Err(failed) = file.persist(self.path(Some(&kid))) {
            tracing::warn!(error = %failed.error, kid, "a signing key is in use and its file not in its place yet; the next start puts it there");
            let _ = failed.path.keep();
        }
        self.add(Some(kid), &key);
    }

    /// Deletes a key; false when it is the one that signs, which is not done.
    pub(super) fn retire(&mut self, kid: Option<&str>) -> Result<bool, ServiceError> {
        if self.signing() == kid {
            return Ok(false);
        }
        let path = self.path(kid);
        secret_file::remove(&path).map_err(|error| failed("delete", &path, error))?;
        self.all.retain(|key| key.kid.as_deref() != kid);
        Ok(true)
    }

    /// The ids, oldest first.
    pub(super) fn kids(&self) -> impl Iterator<Item = Option<&str>> {
        self.all.iter().map(|key| key.kid.as_deref())
    }

    /// The id of the key that signs.
    pub(super) fn signing(&self) -> Option<&str> {
        self.all.last().and_then(|key| key.kid.as_deref())
    }

    /// Signs with the key that the record names; the same token each time.
    pub(super) fn sign(&self, record: &TokenRecord) -> Result<SecretString, io::Error> {
        let key = self.all.iter().find(|key| key.kid == record.kid);
        let key = key.ok_or_else(|| io::Error::other("its signing key was retired"))?;
        key.signer.sign(record).map_err(io::Error::other)
    }

    /// The claims of a token that one of the keys signed; when it is in force is not looked at.
    pub(super) fn verify(&self, token: &str) -> Result<Claims, Refusal> {
        let kid = key_id(token)?;
        let key = self.all.iter().find(|key| key.kid == kid).ok_or(Refusal::Signature)?;
        key.signer.verify(token)
    }
}

/// The files of all keys, by their names in the data folder.
pub(crate) fn files(data: &Path) -> io::Result<Vec<String>> {
    let first = data.join(FIRST_FILE).is_file().then(|| FIRST_FILE.to_owned());
    let later = later(data)?.into_iter().map(|kid| format!("{FOLDER}/{kid}.{HS256}"));
    Ok(first.into_iter().chain(later).collect())
}

/// The ids of the keys in their folder. Whatever else stands there would be a key that is silently not used.
fn later(data: &Path) -> io::Result<Vec<String>> {
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

/// A key's name where people see it.
pub(crate) fn name_of(kid: Option<&str>) -> &str {
    kid.unwrap_or(FIRST)
}

fn failed(doing: &str, path: &Path, error: io::Error) -> ServiceError {
    let message = format!("could not {doing} the signing key `{}`: {error}", path.display());
    ServiceError::new(ServiceErrorKind::Key, message).with_source(error)
}

fn read(path: &Path) -> Result<Option<SecretSlice<u8>>, ServiceError> {
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

fn make(path: &Path) -> Result<SecretSlice<u8>, ServiceError> {
    let mut key = vec![0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(|error| failed("make", path, io::Error::other(error)))?;
    secret_file::write(path, &key).map_err(|error| failed("keep", path, error))?;
    Ok(key.into())
}
