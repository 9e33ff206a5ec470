//! An upload on its way into the spool folder.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use fanpass_model::ImportId;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use crate::store::folder::sync_folder;
use crate::store::{SpooledFile, StoreError};

/// A file that is being received; dropped, it is removed.
#[derive(Debug)]
pub struct Upload {
    id: ImportId,
    file: File,
    place: Spooled,
    sha256: Sha256,
    length: u64,
}

/// A file in the spool folder that is removed with this, unless it is kept.
#[derive(Debug)]
pub(super) struct Spooled {
    path: PathBuf,
    keep: bool,
}

impl Upload {
    pub(super) async fn begin(id: ImportId, spool: &Path) -> Result<Self, StoreError> {
        let path = spool.join(id.as_str());
        let file =
            File::create_new(&path).await.map_err(|error| StoreError::io("make the file", &path, error))?;
        Ok(Self { id, file, place: Spooled { path, keep: false }, sha256: Sha256::new(), length: 0 })
    }

    /// The id of the import that the upload becomes.
    pub const fn id(&self) -> &ImportId {
        &self.id
    }

    /// Bytes received so far.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// SHA-256 of all bytes received so far.
    pub(crate) fn digest(&self) -> [u8; 32] {
        self.sha256.clone().finalize().into()
    }

    /// Where the file stands with all bytes received so far, to look into before it is submitted.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub(crate) async fn path(&mut self) -> Result<&Path, StoreError> {
        self.flush().await?;
        Ok(&self.place.path)
    }

    /// Takes the next bytes of the file. Large pieces (256 KiB and more) are the fastest.
    ///
    /// # Errors
    /// [`Full`](crate::store::StoreErrorKind::Full), [`Io`](crate::store::StoreErrorKind::Io).
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.sha256.update(bytes);
        self.length += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.file
            .write_all(bytes)
            .await
            .map_err(|error| StoreError::io("write the file", &self.place.path, error))
    }

    /// Waits until all bytes are handed to the system, so that [`sync`](Self::sync) has nothing to wait for.
    pub(super) async fn flush(&mut self) -> Result<(), StoreError> {
        self.file.flush().await.map_err(|error| StoreError::io("write the file", &self.place.path, error))
    }

    /// Makes the [flushed](Self::flush) file durable; blocks.
    pub(super) fn sync(self, file_name: Option<String>) -> Result<(SpooledFile, Spooled), StoreError> {
        let Self { id, file, place, sha256, .. } = self;
        let failed = |error| StoreError::io("write the file", &place.path, error);
        let file =
            file.try_into_std().map_err(|_| failed(std::io::Error::other("it is still being written")))?;
        file.sync_all().map_err(failed)?;
        if let Some(spool) = place.path.parent() {
            sync_folder(spool)?;
        }
        let sha256 = format!("{:x}", Bytes::copy_from_slice(&sha256.finalize()));
        Ok((SpooledFile { spool: id.into(), file_name, sha256 }, place))
    }
}

impl Spooled {
    /// Leaves the file where it is.
    pub(super) fn keep(mut self) {
        self.keep = true;
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        if !self.keep {
            // What cannot be removed now is at the next start.
            let _ = fs::remove_file(&self.path);
        }
    }
}
