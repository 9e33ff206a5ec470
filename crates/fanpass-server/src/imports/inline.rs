//! Lists given inline: they are answered when they are published, so they do not wait in line for a worker.

use std::sync::Arc;

use fanpass_model::{SegmentName, UserId};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::store::{Counts, Ended, Mode, NewJob, RowReject, Stage, Store, StoreError, StoreErrorKind};

use super::ImportOptions;
use super::endings::{Ending, Endings};
use super::failure::{Failure, guarded};
use super::import::Import;
use super::queue::{Halt, Ticket};
use super::workers::Workers;

/// Lists given inline that are sorted and published at the same time; each may hold a chunk in memory.
pub(super) const INLINE_MAX: usize = 4;

impl Workers {
    /// Keeps the import, waits for its turn, and runs it.
    pub(super) async fn publish<I, R>(
        self: Arc<Self>,
        job: NewJob,
        list: InlineList<R>,
    ) -> Result<(), StoreError>
    where
        I: AsRef<str> + 'static,
        R: Iterator<Item = Result<I, RowReject>> + Send + 'static,
    {
        let (workers, segment) = (Arc::clone(&self), job.segment.to_string());
        let entered = spawn_blocking(move || {
            let _order = workers.order();
            let sequence = workers.store.create_job(job)?;
            Ok::<_, StoreError>(workers.queue.enter(sequence, segment))
        });
        let ticket = entered.await.map_err(|_| StoreError::stopped())??;
        if list.mode.builds_on() && timeout(self.options.turn, ticket.turn()).await.is_err() {
            return Err(self.give_up(ticket, &list.segment).await);
        }
        let permit = Arc::clone(&self.inline).acquire_owned().await.map_err(|_| StoreError::stopped())?;
        let task = spawn_blocking(move || {
            let _permit = permit;
            run_inline(&self.store, &self.endings, &ticket, list, &self.options)
        });
        task.await.map_err(|_| StoreError::stopped())?
    }

    /// Ends an import whose turn did not come in time.
    async fn give_up(self: &Arc<Self>, ticket: Ticket, segment: &SegmentName) -> StoreError {
        let message = format!(
            "imports of segment `{segment}` that were received earlier are still under way; wait for them, or send the \
             ids as a file, which waits in their line"
        );
        let error = StoreError::new(StoreErrorKind::Busy, message.clone());
        let workers = Arc::clone(self);
        let counts = Counts::default();
        let ended =
            Ended { stage: Stage::Failed, message: Some(message), counts, kept: 0, rejects: Vec::new() };
        let ending = Ending { sequence: ticket.sequence, ended };
        let _ = spawn_blocking(move || workers.endings.end(&workers.store, ending)).await;
        error
    }
}

/// Runs an import of rows at hand, whose turn it is.
fn run_inline<R, I>(
    store: &Store,
    endings: &Endings,
    ticket: &Ticket,
    list: InlineList<R>,
    options: &ImportOptions,
) -> Result<(), StoreError>
where
    R: Iterator<Item = Result<I, RowReject>>,
    I: AsRef<str>,
{
    let InlineList { segment, mode, rows } = list;
    let mut import = Import::new(store, ticket, options, segment.as_str(), mode);
    let outcome = guarded(|| match store.begin_job(ticket.sequence)? {
        Some(_) => import.run(|import| read_rows(rows, import)),
        None => Err(Failure::Halted(Halt::Cancelled)),
    });
    let ending = outcome.as_ref().err().and_then(|failure| import.ending(failure));
    let ended = ending.map_or(Ok(()), |ending| endings.end(store, ending));
    match outcome {
        // What is answered is read from the import, and not there yet where its end is not.
        Ok(()) | Err(Failure::Refused(_) | Failure::Halted(Halt::Cancelled)) => ended,
        Err(failure) => Err(failure.into()),
    }
}

/// Rows that do not come from a file.
#[derive(Debug)]
pub(super) struct InlineList<R> {
    pub(super) segment: SegmentName,
    pub(super) mode: Mode,
    pub(super) rows: R,
}

fn read_rows<R, I>(rows: R, import: &mut Import<'_>) -> Result<(), Failure>
where
    R: Iterator<Item = Result<I, RowReject>>,
    I: AsRef<str>,
{
    for (number, row) in (1..).zip(rows) {
        match row {
            Ok(id) => match UserId::validate(id.as_ref()) {
                Ok(()) => import.accept(id.as_ref())?,
                Err(error) => import.reject(|| RowReject {
                    row: number,
                    code: error.kind().code().to_owned(),
                    message: error.to_string(),
                    location: None,
                })?,
            },
            Err(reject) => import.reject(|| reject)?,
        }
    }
    Ok(())
}
