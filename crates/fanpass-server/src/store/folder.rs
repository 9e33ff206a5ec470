//! The data folder: what lies in it, and the lock that keeps a second process out.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tempfile::TempDir;

use super::error::{StoreError, StoreErrorKind};

/// The folder of uploads.
pub(super) const SPOOL: &str = "spool";
/// The folder of sorted runs.
pub(super) const TEMPORARY: &str = "temporary";
/// The file that is locked.
pub(super) const LOCK: &str = "lock";
/// The file of the token that whoever reads the folder has.
pub(crate) const DEVELOPMENT_TOKEN: &str = "dev-token";

/// One service's files, owned by one process for as long as this lives.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    lock_path: PathBuf,
    /// What tells the file that is locked from others.
    locked: FileId,
    opened: Instant,
    /// The millisecond since then in which the folder was last seen in its place.
    seen: AtomicU64,
    _lock: File,
}

/// What tells a file from others, whatever it is called: its device and its number there.
type FileId = (u64, u64);

impl DataFolder {
    /// Opens the folder, made when it is not there, and takes its lock.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        make_private(path).map_err(|error| StoreError::io("make the data folder", path, error))?;
        let lock = lock(path)?;
        let lock_path = path.join(LOCK);
        let locked = lock.metadata().map(|file| identity(&file));
        let locked = locked.map_err(|error| StoreError::io("look at", &lock_path, error))?;
        let folder = Self {
            path: path.to_owned(),
            lock_path,
            locked,
            opened: Instant::now(),
            seen: AtomicU64::new(u64::MAX),
            _lock: lock,
        };
        for part in [folder.spool(), folder.temporary()] {
            make_private(&part).map_err(|error| StoreError::io("make the folder", &part, error))?;
        }
        folder.empty_temporary()?;
        Ok(folder)
    }

    /// Refuses to go on where the path leads to another folder by now, or to none: what is opened by its path would not be that of
    /// this service. The system is asked once a millisecond at most: each call and each commit asks here.
    pub(crate) fn check_place(&self) -> Result<(), StoreError> {
        let now = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or_default();
        if self.seen.load(Ordering::Relaxed) == now {
            return Ok(());
        }
        let is_there = match fs::metadata(&self.lock_path) {
            Ok(found) => identity(&found) == self.locked,
            // What cannot be looked at for another reason is told by whoever needs it.
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        };
        if is_there {
            self.seen.store(now, Ordering::Relaxed);
            return Ok(());
        }
        let message = format!(
            "the data folder was moved or replaced while the service runs: the `{LOCK}` file in `{}` is not the one that it holds; \
             stop the service, put the folder back or name its new place, and start it again",
            self.path.display()
        );
        Err(StoreError::new(StoreErrorKind::Moved, message))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The same file, made empty where it is not there yet, so that it is never open to others: the folder may be.
    pub(crate) fn private_file(&self, name: &str) -> Result<PathBuf, StoreError> {
        let path = self.file(name);
        open_private(&path).map_err(|error| StoreError::io("make the file", &path, error))?;
        Ok(path)
    }

    /// Uploads that were received and wait for their import.
    pub(crate) fn spool(&self) -> PathBuf {
        self.path.join(SPOOL)
    }

    /// Sorted runs of imports under way; worthless after a restart.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.path.join(TEMPORARY)
    }

    fn empty_temporary(&self) -> Result<(), StoreError> {
        let folder = self.temporary();
        let clear = || -> io::Result<()> {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    fs::remove_dir_all(entry.path())?;
                } else {
                    fs::remove_file(entry.path())?;
                }
            }
            Ok(())
        };
        clear().map_err(|error| StoreError::io("empty the folder", &folder, error))
    }
}

/// Keeps services from starting on a folder for as long as it lives, unless one runs on it already.
pub(super) struct Hold {
    /// Whether one does.
    pub(super) in_use: bool,
    _lock: Option<File>,
}

impl Hold {
    /// Takes the lock, if there is one, and changes nothing.
    pub(super) fn take(data: &Path) -> Result<Self, StoreError> {
        let path = data.join(LOCK);
        let Ok(lock) = File::open(&path) else { return Ok(Self { in_use: false, _lock: None }) };
        match lock.try_lock() {
            Ok(()) => Ok(Self { in_use: false, _lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => Ok(Self { in_use: true, _lock: None }),
            Err(TryLockError::Error(error)) => Err(StoreError::io("lock", &path, error)),
        }
    }
}

/// Makes a folder, unless it is there, that only its owner can look into, where the system knows owners.
pub(crate) fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Makes a folder as [`make_private`] does, under a new name in `parent`. It vanishes with what is given back.
pub(crate) fn temporary_folder(prefix: &str, parent: &Path) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.prefix(prefix).tempdir_in(parent)
}

/// Opens a file to write, made if it is not there, which its owner alone can read, where the system knows owners.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    private().create(true).truncate(false).open(path)
}

/// How a file is opened to write which, if that makes it, its owner alone can read.
pub(crate) fn private() -> OpenOptions {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true);
    options
}

#[cfg(unix)]
fn identity(file: &fs::Metadata) -> FileId {
    use std::os::unix::fs::MetadataExt as _;

    (file.dev(), file.ino())
}

/// Elsewhere a folder with an open file in it stays where it is.
#[cfg(not(unix))]
fn identity(_: &fs::Metadata) -> FileId {
    FileId::default()
}

fn lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join(LOCK);
    let file = open_private(&path).map_err(|error| StoreError::io("open the lock file", &path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(in_use(folder)),
        Err(TryLockError::Error(error)) => Err(StoreError::io("lock", &path, error)),
    }
}

fn in_use(folder: &Path) -> StoreError {
    StoreError::new(
        StoreErrorKind::Locked,
        format!(
            "the data folder `{}` is in use by another FanPass process; stop that process or choose another folder",
            folder.display()
        ),
    )
}

/// Refuses a folder that a service runs on, and changes nothing.
pub(super) fn refuse_used(data: &Path) -> Result<(), StoreError> {
    if Hold::take(data)?.in_use { Err(in_use(data)) } else { Ok(()) }
}

/// Makes the names in a folder durable, where the system can.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| StoreError::io("write the folder", folder, error))?;
    }
    Ok(())
}
