//! The columns of users: a copy of all users in `columns.db`, by column instead of by user, that targeting counts with.
//!
//! Users stand in blocks of some thousand, in byte order of their ids, and of each attribute that is carried there a block
//! has a column. Users that changed since wait in an overlay as rows, which every read merges, until there are many; then
//! they are folded into their blocks. What changed is told by `service.db`, and is taken over before each read, so that
//! an answer knows every update that was acknowledged before.
//!
//! The file is worthless without `service.db`: one that is missing or damaged is made anew.

mod block;
mod build;
mod column;
mod copy;
mod damage;
mod feed;
mod fold;
mod ids;
mod number;
mod overlay;
mod packer;
mod place;
mod progress;
mod reading;
mod record;
mod scan;
mod seal;
mod standing;
mod sums;
mod usage;
mod value;
mod verify;

#[cfg(test)]
mod tests;

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::database::{Database, Design};
use super::error::{StoreError, StoreErrorKind};
use super::folder::DataFolder;
use super::repeated::spawn;
use super::writer::Isolation;
use copy::Copy;
use damage::made_anew;
pub(super) use overlay::{Changed, Overlay};
use progress::Progress;
pub(super) use scan::{Key, UserBlock, View};
pub(super) use standing::Standing;
pub(super) use sums::{LeftOut, Sums, left_out};
pub use usage::AttributeUse;
pub(super) use verify::verify;

pub(super) static COLUMNS: Design = Design {
    file: "columns.db",
    page_size: 16_384,
    checkpoint_pages: 4_096,
    log_bytes: 64 << 20,
    isolation: Isolation::Each,
    // What is erased of a user is to be gone from here as well.
    overwrite: true,
    // It is opened beside the start, and once. Whoever counts by it would not see what is missing.
    verified: &["standing", "keys", "blocks", "ids", "columns", "overlay"],
    // No step leads from version 1: a file that has it is made anew.
    migrations: &["", include_str!("../schema/columns_2.sql")],
};

/// Users of one block at most; few in tests, so that there are many blocks.
pub(super) const USERS_MAX: usize = if cfg!(test) { 100 } else { 4_096 };
/// Reads at the same time at most; further ones wait.
const READS_MAX: usize = 4;
/// How often changes are taken over while nobody asks.
const INTERVAL: Duration = Duration::from_secs(1);
/// Steps of changes that are waited for as well.
const STEPS_WAITED_FOR: u32 = 20;
/// Between two steps of folding, in which whoever asks has his turn.
const BREATH: Duration = Duration::from_millis(2);

/// The copy and the thread that keeps it. Dropping it ends the thread.
#[derive(Debug)]
pub(super) struct Columns {
    kept: Arc<Kept>,
    /// Permits to read: each keeps a thread or two busy.
    reads: Semaphore,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread and whoever reads share.
#[derive(Debug)]
struct Kept {
    folder: Arc<DataFolder>,
    service: Arc<Database>,
    /// Held while it is changed, and while a read begins. Not there until it is first needed.
    copy: Mutex<Option<Copy>>,
    progress: Progress,
}

impl Columns {
    /// Starts the thread; the file is opened and brought up to date a moment later, or when it is first asked for.
    pub(super) fn start(folder: &Arc<DataFolder>, service: &Arc<Database>) -> Result<Self, StoreError> {
        let (folder, service) = (Arc::clone(folder), Arc::clone(service));
        let kept = Arc::new(Kept { folder, service, copy: Mutex::default(), progress: Progress::default() });
        let (stop, stopped) = channel();
        let keeping = Arc::clone(&kept);
        let thread = spawn("columns".to_owned(), move || {
            let pause = |time| stopped.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
            let mut wait = INTERVAL;
            while pause(wait) {
                match keeping.keep(pause) {
                    Ok(()) => wait = INTERVAL,
                    Err(error) if error.kind() == StoreErrorKind::Stopped => return,
                    Err(error) => {
                        tracing::warn!(%error, "the columns of users could not be brought up to date");
                        wait = wait.saturating_mul(2).min(INTERVAL * 60);
                    }
                }
            }
        })?;
        let reads = Semaphore::new(READS_MAX);
        Ok(Self { kept, reads, stop: Some(stop), thread: Some(thread) })
    }
}

impl Columns {
    /// Takes over what changed, before changes are forgotten; false while that is not to be, as a build will need them.
    pub(super) fn knows_changes(&self) -> bool {
        match self.kept.current() {
            Ok(_) => true,
            Err(error) => error.kind() != StoreErrorKind::Busy,
        }
    }
}

impl Drop for Columns {
    fn drop(&mut self) {
        self.kept.progress.stop();
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Kept {
    /// The copy, with all that was acknowledged before this call. It does not change until the guard is gone.
    fn current(&self) -> Result<MutexGuard<'_, Option<Copy>>, StoreError> {
        self.progress.refuse_while_building()?;
        let mut copy = self.lock();
        for _ in 0..STEPS_WAITED_FOR {
            if !self.bring_up(&mut copy, false)? {
                return Ok(copy);
            }
        }
        let behind =
            "the columns of users are being brought up to date after many changes; try again in a moment";
        Err(StoreError::new(StoreErrorKind::Busy, behind))
    }

    /// Takes over what changed, and folds what waits when it is much, with a pause between two steps that says whether to
    /// go on.
    fn keep(&self, pause: impl Fn(Duration) -> bool) -> Result<(), StoreError> {
        while self.bring_up(&mut self.lock(), true)? {
            if !pause(BREATH) {
                return Err(StoreError::stopped());
            }
        }
        while self.lock().as_mut().map_or(Ok(false), Copy::fold)? {
            if !pause(BREATH) {
                return Err(StoreError::stopped());
            }
        }
        Ok(())
    }

    /// Takes a step; true if there is more to take over.
    fn bring_up(&self, slot: &mut Option<Copy>, patient: bool) -> Result<bool, StoreError> {
        // Before the file of another service is opened, or removed.
        self.folder.check_place()?;
        // Once more where the copy turns out to be worthless.
        for _ in 0..2 {
            if slot.as_ref().is_some_and(Copy::is_damaged) {
                *slot = None;
                Copy::remove(&self.folder)?;
            }
            let copy = match slot {
                Some(copy) => copy,
                None => slot.insert(Copy::open(&self.folder)?),
            };
            if !copy.is_built() {
                self.build(copy, patient)?;
            }
            match copy.take_over(&self.service) {
                Err(_) if copy.is_damaged() => {}
                result => return result,
            }
        }
        Err(made_anew())
    }

    fn build(&self, copy: &mut Copy, patient: bool) -> Result<(), StoreError> {
        let total = self.service.read_blocking("count the users", |connection| {
            Ok(connection.prepare_cached("SELECT users FROM totals")?.query_row([], |row| row.get(0))?)
        })?;
        self.progress.begin(total);
        if !patient {
            self.progress.refuse_while_building()?;
        }
        let built = build::build(copy, &self.service, &self.folder, &self.progress);
        self.progress.end();
        built
    }

    fn lock(&self) -> MutexGuard<'_, Option<Copy>> {
        self.copy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
