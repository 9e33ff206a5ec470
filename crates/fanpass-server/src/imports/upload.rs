//! An upload on its way into the spool folder: what has arrived is hashed, written and made durable while more arrives.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use fanpass_model::ImportId;
use sha2::{Digest, Sha256};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::store::folder::{private, sync_folder};
use crate::store::{SpooledFile, StoreError};

/// Bytes that are hashed and written together.
const PIECE_BYTES: usize = 1 << 20;
/// Bytes that are made durable together, so that little is left to wait for at the end.
const SYNC_BYTES: usize = 32 << 20;

type Background<T> = JoinHandle<io::Result<T>>;

/// A file that is being received; dropped, it is removed.
#[derive(Debug)]
pub struct Upload {
    id: ImportId,
    file: Arc<File>,
    place: Spooled,
    length: u64,
    /// What has arrived and is not written yet.
    piece: Vec<u8>,
    /// The piece before, which gives back its memory and the digest up to there.
    writing: Option<Background<(Vec<u8>, Sha256)>>,
    /// Memory and digest while nothing is being written.
    written: (Vec<u8>, Sha256),
    syncing: Option<Background<()>>,
    unsynced: usize,
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
        let file = tokio::fs::OpenOptions::from(private())
            .create_new(true)
            .open(&path)
            .await
            .map_err(|error| StoreError::io("make the file", &path, error))?;
        Ok(Self {
            id,
            file: Arc::new(file.into_std().await),
            place: Spooled { path, keep: false },
            length: 0,
            piece: Vec::new(),
            writing: None,
            written: (Vec::new(), Sha256::new()),
            syncing: None,
            unsynced: 0,
        })
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
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub(crate) async fn digest(&mut self) -> Result<[u8; 32], StoreError> {
        self.flush().await?;
        let (_, sha256) = &self.written;
        Ok(sha256.clone().finalize().into())
    }

    /// Where the file stands with all bytes received so far, to look into before it is submitted.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub(crate) async fn path(&mut self) -> Result<&Path, StoreError> {
        self.flush().await?;
        Ok(&self.place.path)
    }

    /// Takes the next bytes of the file. What becomes of them, a later call may tell.
    ///
    /// # Errors
    /// [`Full`](crate::store::StoreErrorKind::Full), [`Io`](crate::store::StoreErrorKind::Io). Nothing more can be written
    /// then.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.length += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.piece.extend_from_slice(bytes);
        if self.piece.len() < PIECE_BYTES { Ok(()) } else { self.write_piece().await }
    }

    /// Waits until all bytes are handed to the system, and nearly all of a long file are durable.
    pub(super) async fn flush(&mut self) -> Result<(), StoreError> {
        if !self.piece.is_empty() {
            self.write_piece().await?;
        }
        self.finish_writing().await?;
        self.finish_syncing().await
    }

    /// Has the piece at hand written in the background, behind the one before.
    async fn write_piece(&mut self) -> Result<(), StoreError> {
        self.finish_writing().await?;
        if self.unsynced >= SYNC_BYTES && self.syncing.as_ref().is_none_or(JoinHandle::is_finished) {
            self.finish_syncing().await?;
            let file = Arc::clone(&self.file);
            self.syncing = Some(spawn_blocking(move || file.sync_data()));
            self.unsynced = 0;
        }
        let (empty, mut sha256) = mem::take(&mut self.written);
        let mut piece = mem::replace(&mut self.piece, empty);
        self.unsynced += piece.len();
        let file = Arc::clone(&self.file);
        self.writing = Some(spawn_blocking(move || {
            sha256.update(&piece);
            (&*file).write_all(&piece)?;
            piece.clear();
            Ok((piece, sha256))
        }));
        Ok(())
    }

    async fn finish_writing(&mut self) -> Result<(), StoreError> {
        if let Some(writing) = self.writing.take() {
            self.written = self.place.outcome(writing).await?;
        }
        Ok(())
    }

    async fn finish_syncing(&mut self) -> Result<(), StoreError> {
        match self.syncing.take() {
            Some(syncing) => self.place.outcome(syncing).await,
            None => Ok(()),
        }
    }

    /// Makes the [flushed](Self::flush) file durable; blocks.
    pub(super) fn sync(self, file_name: Option<String>) -> Result<(SpooledFile, Spooled), StoreError> {
        let Self { id, file, place, written: (_, sha256), .. } = self;
        file.sync_all().map_err(|error| place.failed(error))?;
        if let Some(spool) = place.path.parent() {
            sync_folder(spool)?;
        }
        let sha256 = format!("{:x}", Bytes::copy_from_slice(&sha256.finalize()));
        Ok((SpooledFile { spool: id.into(), file_name, sha256 }, place))
    }
}

impl Spooled {
    async fn outcome<T>(&self, task: Background<T>) -> Result<T, StoreError> {
        task.await.map_err(|_| StoreError::stopped())?.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: io::Error) -> StoreError {
        StoreError::io("write the file", &self.path, error)
    }

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
