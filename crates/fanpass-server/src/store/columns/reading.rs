//! Reads of the copy: each knows what was acknowledged before it began, and sees one moment, on however many threads.

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::channel;

use tokio::sync::SemaphorePermit;
use tokio::task::spawn_blocking;

use super::scan::View;
use super::{COLUMNS, Columns};
use crate::store::Store;
use crate::store::error::{Fault, StoreError};

impl Store {
    /// Reads all users on a blocking thread. `doing` completes "could not …".
    pub(crate) async fn read_columns<R: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl Fn(&View<'_>) -> Result<R, Fault> + Send + Sync + 'static,
    ) -> Result<R, StoreError> {
        let store = self.clone();
        let _permit = self.0.columns.permit().await?;
        let read = spawn_blocking(move || {
            let mut whole = store.0.columns.read(doing, ("", usize::MAX), 1, |view, _| work(view))?;
            whole.pop().ok_or_else(StoreError::stopped)
        });
        read.await.map_err(|_| StoreError::stopped())?
    }
}

impl Columns {
    /// Leave to read, once few enough others do.
    pub(in crate::store) async fn permit(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        self.reads.acquire().await.map_err(|_| StoreError::stopped())
    }

    /// Reads the users from the block on that holds `from`, or would, `most` blocks of them at most, on as many threads as there
    /// are to be `parts`. Each part is given its blocks. Blocks.
    pub(in crate::store) fn read<R: Send>(
        &self,
        doing: &'static str,
        (from, most): (&str, usize),
        parts: usize,
        work: impl Fn(&View<'_>, Range<usize>) -> Result<R, Fault> + Sync,
    ) -> Result<Vec<R>, StoreError> {
        let copy = self.kept.current()?;
        let Some(held) = copy.as_ref() else { return Err(StoreError::stopped()) };
        let (database, keys, judge) = (Arc::clone(&held.database), held.keys.numbers(), held.judge());
        let read = |part: usize, begun: &dyn Fn()| {
            let read = database.read_blocking(doing, |connection| {
                let view = View::open(connection, Arc::clone(&keys), from, most)?;
                begun();
                let blocks = view.blocks();
                let result = work(&view, blocks * part / parts..blocks * (part + 1) / parts);
                // An error that says where it comes from is not of this file.
                Ok(result.map_err(|fault| match fault {
                    Fault::Sqlite(_) => judge(fault.at(COLUMNS.file, doing)),
                    Fault::Store(error) => error,
                }))
            });
            read.map_err(&judge).flatten()
        };
        // Nothing is changed until all parts see the same.
        let copy = Cell::new(Some(copy));
        let (begun, all_begun) = channel();
        let results: Vec<_> = std::thread::scope(|scope| {
            let start = |part| {
                let begun = begun.clone();
                let read = &read;
                scope.spawn(move || {
                    read(part, &|| {
                        let _ = begun.send(());
                    })
                })
            };
            let others: Vec<_> = (1..parts).map(start).collect();
            drop(begun);
            let first = read(0, &|| {
                // Of one that failed nothing comes.
                for _ in 1..parts {
                    let _ = all_begun.recv();
                }
                drop(copy.take());
            });
            let joined =
                others.into_iter().map(|part| part.join().unwrap_or_else(|_| Err(StoreError::stopped())));
            std::iter::once(first).chain(joined).collect()
        });
        results.into_iter().collect()
    }
}
