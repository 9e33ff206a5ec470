//! The one thread that writes a database: work that waits at the same time shares one durable commit.

mod commit;
mod task;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::commits::Commits;
use super::error::{Fault, StoreError, StoreErrorKind};
use super::repeated::spawn;
use super::turn::Turn;
use crate::metrics::WriterMeter;
use commit::Commit;
pub(super) use commit::Isolation;
pub(super) use task::{Answer, Durable};
use task::{Place, Task, task};

/// Work that shares one commit at most; bounds how long the first of them waits.
const BATCH_MAX: usize = 512;
/// Commits in a row that are left to be made durable later; bounds how long the one waits that makes them so.
pub(super) const UNSYNCED_MAX: u64 = 16;

/// Hands work to the writing thread, which runs it in order. Dropping it finishes what was taken.
#[derive(Debug)]
pub(super) struct Writer {
    file: &'static str,
    queue: Option<SyncSender<Box<dyn Task>>>,
    thread: Option<JoinHandle<()>>,
    standing: Standing,
    meter: WriterMeter,
}

/// What whoever reads, or looks after the log, shares with the writer.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    /// The last commit failed, or found no room on the disk.
    pub(super) failed: Arc<AtomicBool>,
    pub(super) turn: Arc<Turn>,
    pub(super) commits: Arc<Commits>,
}

/// What each commit begins with, before the work that waits; its failure is that of the commit.
pub(super) type Opening = Box<dyn Fn(&Connection) -> Result<(), Fault> + Send>;

impl Writer {
    /// Starts the thread. `capacity` bounds the work that waits.
    pub(super) fn start(
        file: &'static str,
        connection: Connection,
        capacity: usize,
        isolation: Isolation,
        opening: Option<Opening>,
    ) -> Result<Self, StoreError> {
        let no_meter =
            |error| StoreError::new(StoreErrorKind::Io, format!("could not measure {file}: {error}"));
        let meter = WriterMeter::new(file).map_err(no_meter)?;
        let (queue, work) = sync_channel(capacity);
        let standing = Standing::default();
        let (shared, metered) = (standing.clone(), meter.clone());
        let mut synced = Synced::default();
        let thread = spawn(format!("write {file}"), move || {
            let (opening, commits) = (opening.as_ref(), &*shared.commits);
            let commit = Commit { file, connection: &connection, isolation, opening, commits };
            write_all(commit, &work, &mut synced, &shared, &metered);
        })?;
        Ok(Self { file, queue: Some(queue), thread: Some(thread), standing, meter })
    }

    /// The figures of this writer.
    pub(super) fn meter(&self) -> &WriterMeter {
        &self.meter
    }

    /// Whether the last commit failed, and what lets others have a turn.
    pub(super) const fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Takes work, or refuses it as busy when too much waits. `then` runs in the writing thread right after the commit.
    pub(super) fn submit<R: Send + 'static>(
        &self,
        doing: &'static str,
        durable: Durable,
        work: impl FnOnce(&Connection) -> Result<R, Fault> + Send + 'static,
        then: impl FnOnce(&R) + Send + 'static,
    ) -> Result<Answer<R>, StoreError> {
        let (task, answer) = task(self.place(doing), durable, work, then);
        let queue = self.queue.as_ref().ok_or_else(StoreError::stopped)?;
        self.meter.waiting.inc();
        queue.try_send(task).map_err(|error| {
            self.meter.waiting.dec();
            match error {
                TrySendError::Full(_) => StoreError::new(
                    StoreErrorKind::Busy,
                    format!("too many writes are waiting for {}; try again in a moment", self.file),
                ),
                TrySendError::Disconnected(_) => StoreError::stopped(),
            }
        })?;
        Ok(answer)
    }

    /// Takes work from a thread that may block, waiting for room and not for the answer.
    pub(super) fn submit_blocking<R: Send + 'static>(
        &self,
        doing: &'static str,
        durable: Durable,
        work: impl FnOnce(&Connection) -> Result<R, Fault> + Send + 'static,
    ) -> Result<Answer<R>, StoreError> {
        let (task, answer) = task(self.place(doing), durable, work, |_| {});
        let queue = self.queue.as_ref().ok_or_else(StoreError::stopped)?;
        self.meter.waiting.inc();
        queue.send(task).map_err(|_| {
            self.meter.waiting.dec();
            StoreError::stopped()
        })?;
        Ok(answer)
    }

    const fn place(&self, doing: &'static str) -> Place {
        Place { file: self.file, doing }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What is durable of what was committed; outlives work that panics.
struct Synced {
    /// Whether the next commit is durable when it ends, as the connection stands.
    next: bool,
    /// Commits in a row that are not.
    behind: u64,
}

impl Default for Synced {
    /// As the connection was opened.
    fn default() -> Self {
        Self { next: true, behind: 0 }
    }
}

fn write_all(
    commit: Commit<'_>,
    work: &Receiver<Box<dyn Task>>,
    synced: &mut Synced,
    standing: &Standing,
    meter: &WriterMeter,
) {
    let mut batch: Vec<Box<dyn Task>> = Vec::with_capacity(BATCH_MAX);
    // Of work that panicked.
    commit.abandon();
    while let Ok(first) = work.recv() {
        batch.push(first);
        batch.extend(work.try_iter().take(BATCH_MAX - 1));
        meter.waiting.sub(i64::try_from(batch.len()).unwrap_or_default());
        meter.batch.observe(u32::try_from(batch.len()).map_or(f64::MAX, f64::from));
        let timer = meter.seconds.start_timer();
        let turn = standing.turn.commit();
        let now = synced.behind >= UNSYNCED_MAX || batch.iter().any(|task| task.durable() == Durable::Now);
        // A commit makes those before it durable by what it writes, and its own work may have nothing to write.
        let owes = now && synced.behind > 0;
        let mut full = false;
        let done = commit.sync(now, &mut synced.next).and_then(|()| commit.run(&mut batch, owes, &mut full));
        synced.behind = if now && done.is_ok() { 0 } else { synced.behind + 1 };
        let failure = done.err();
        timer.observe_duration();
        standing.failed.store(full || failure.is_some(), Ordering::Relaxed);
        if failure.is_some() {
            commit.abandon();
        }
        drop(turn);
        for task in batch.drain(..) {
            task.settle(failure.as_ref());
        }
    }
}

#[cfg(test)]
mod tests;
