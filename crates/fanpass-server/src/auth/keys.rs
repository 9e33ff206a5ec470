//! The signing keys of a data folder: the newest signs, the older ones verify until they are retired.

use std::io;
use std::path::{Path, PathBuf};

use fanpass_model::Operation;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use tempfile::TempPath;

use super::claims::{Claims, Signer, key_id};
use super::key_files::{
    FOLDER, OTHER_KEY, REPLACED, RETIRING, WAITING, failed, hidden, later, make, place, read, settle,
    thumbprint,
};
use super::{Refusal, secret_file};
use crate::error::ServiceError;
use crate::store::folder::make_private;
use crate::store::{StoreError, Thumbprints, TokenRecord};

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
    thumbprint: String,
    signer: Signer,
}

/// A key that nothing is signed with yet. Dropped, its file is deleted.
pub(crate) struct NewKey {
    kid: String,
    key: SecretSlice<u8>,
    file: TempPath,
}

/// A key that is to be retired, out of its place. Dropped, it is put back.
pub(crate) struct RetiringKey {
    kid: Option<String>,
    place: PathBuf,
    /// Where it is meanwhile.
    aside: Option<PathBuf>,
}

impl Keys {
    /// Reads the keys of the data folder, and refuses one that is not the key that is `known`. `was_done` says of an operation on a
    /// key that a crash may have cut short whether it was recorded: then it is brought to its end, and else undone.
    pub(super) fn open(
        data: &Path,
        was_done: impl Fn(&Operation, &str) -> Result<bool, StoreError>,
        known: &Thumbprints,
    ) -> Result<Self, ServiceError> {
        let mut keys = Self { data: data.to_owned(), all: Vec::new() };
        settle(data, was_done)?;
        let later = later(data).map_err(|error| failed("list", &data.join(FOLDER), error))?;
        if let Some(key) = read(&place(data, None))? {
            keys.add(None, &key);
        }
        for kid in later {
            let path = place(data, Some(&kid));
            let key = read(&path)?.ok_or_else(|| failed("read", &path, io::ErrorKind::NotFound.into()))?;
            keys.add(Some(kid), &key);
        }
        let other = |key: &&Key| known.get(key.name()).is_some_and(|known| *known != key.thumbprint);
        match keys.all.iter().find(other) {
            Some(key) => {
                let found = format!("{OTHER_KEY}; {REPLACED}");
                Err(failed("use", &place(data, key.kid.as_deref()), io::Error::other(found)))
            }
            None => Ok(keys),
        }
    }

    /// Makes the first key.
    pub(super) fn make_first(&mut self) -> Result<(), ServiceError> {
        let key = make(&place(&self.data, None))?;
        self.add(None, &key);
        Ok(())
    }

    fn add(&mut self, kid: Option<String>, key: &SecretSlice<u8>) {
        let (thumbprint, signer) =
            (thumbprint(key.expose_secret()), Signer::new(key.expose_secret(), kid.clone()));
        self.all.push(Key { kid, thumbprint, signer });
        // By age, whichever of two was made ready first: ids ascend with time.
        self.all.sort_by(|one, other| one.kid.cmp(&other.kid));
    }

    /// Makes a key and puts it on the disk, where it waits: a start after a crash asks whether it was answered for.
    pub(super) fn make_new(&self, kid: String) -> Result<NewKey, ServiceError> {
        let path = hidden(&self.data, &kid, WAITING);
        make_private(&self.data.join(FOLDER)).map_err(|error| failed("make the folder of", &path, error))?;
        let key = make(&path)?;
        let file = TempPath::try_from_path(&path).map_err(|error| failed("keep", &path, error))?;
        Ok(NewKey { kid, key, file })
    }

    /// Signs with a new key from now on. It was answered for, so nothing can undo that any more.
    pub(super) fn take_up(&mut self, new: NewKey) {
        let NewKey { kid, key, file } = new;
        if let Err(failed) = file.persist(place(&self.data, Some(&kid))) {
            tracing::warn!(error = %failed.error, kid, "a signing key is in use and its file not in its place yet; the next start puts it there");
            let _ = failed.path.keep();
        }
        self.add(Some(kid), &key);
    }

    /// Puts a key out of its place, where a start after a crash asks whether it was retired; `None` where another call has done so.
    pub(super) fn set_aside(&self, kid: Option<String>) -> Result<Option<RetiringKey>, ServiceError> {
        let name = name_of(kid.as_deref());
        let (place, aside) = (place(&self.data, kid.as_deref()), hidden(&self.data, name, RETIRING));
        let moved = secret_file::rename(&place, &aside).or_else(|error| match error.kind() {
            // It is in use, and still waits for its place.
            io::ErrorKind::NotFound => secret_file::rename(&hidden(&self.data, name, WAITING), &aside),
            _ => Err(error),
        });
        match moved {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("set aside", &place, error)),
            Ok(()) => Ok(Some(RetiringKey { kid, place, aside: Some(aside) })),
        }
    }

    /// Deletes a key that was set aside. It was answered for, so nothing can undo that any more.
    pub(super) fn retire(&mut self, mut key: RetiringKey) {
        self.all.retain(|other| other.kid != key.kid);
        let removed = key.aside.take().map_or(Ok(()), |aside| secret_file::remove(&aside));
        if let Err(error) = removed {
            let key = name_of(key.kid.as_deref());
            tracing::warn!(%error, key, "a signing key is retired and its file not deleted yet; the next start does it");
        }
    }

    /// The thumbprints of all, by their names.
    pub(super) fn thumbprints(&self) -> Thumbprints {
        self.all.iter().map(|key| (key.name().to_owned(), key.thumbprint.clone())).collect()
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

impl Key {
    fn name(&self) -> &str {
        name_of(self.kid.as_deref())
    }
}

impl NewKey {
    /// What tells it from others.
    pub(crate) fn thumbprint(&self) -> String {
        thumbprint(self.key.expose_secret())
    }
}

impl Drop for RetiringKey {
    fn drop(&mut self) {
        if let Some(aside) = &self.aside
            && let Err(error) = secret_file::rename(aside, &self.place)
        {
            tracing::warn!(%error, "a signing key is in use and its file not in its place; the next start puts it there");
        }
    }
}

/// A key's name where people see it.
pub(crate) fn name_of(kid: Option<&str>) -> &str {
    kid.unwrap_or(FIRST)
}
