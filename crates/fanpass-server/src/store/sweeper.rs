//! Deletes lists that nobody names any more, a little at a time, so that nobody waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::database::Database;
use super::error::{StoreError, StoreErrorKind};
use super::versions::{Version, delete_some, orphans};

#[derive(Debug)]
pub(super) struct Sweeper {
    orders: Option<Sender<Order>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
enum Order {
    Delete(Version),
    Tell(oneshot::Sender<()>),
}

impl Sweeper {
    /// Starts with the versions that a crash left behind.
    pub(super) fn start(segments: &Arc<Database>) -> Result<Self, StoreError> {
        let (orders, received) = channel();
        for version in segments.read_blocking("find abandoned lists", orphans)? {
            let _ = orders.send(Order::Delete(version));
        }
        let stop = Arc::new(AtomicBool::new(false));
        let (database, stopped) = (Arc::clone(segments), Arc::clone(&stop));
        let thread = std::thread::Builder::new()
            .name("sweep".to_owned())
            .spawn(move || sweep(&database, &received, &stopped))
            .map_err(|error| {
                StoreError::new(StoreErrorKind::Io, format!("could not start a thread: {error}"))
            })?;
        Ok(Self { orders: Some(orders), stop, thread: Some(thread) })
    }

    /// Takes a version that no segment names and no import writes.
    pub(super) fn delete(&self, version: Version) {
        self.order(Order::Delete(version));
    }

    /// Answers when everything ordered so far is deleted.
    pub(super) fn swept(&self) -> oneshot::Receiver<()> {
        let (tell, told) = oneshot::channel();
        self.order(Order::Tell(tell));
        told
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // With the thread gone the version waits for the next start.
            let _ = orders.send(order);
        }
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(self.orders.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn sweep(segments: &Database, orders: &Receiver<Order>, stop: &AtomicBool) {
    while let Ok(order) = orders.recv() {
        match order {
            Order::Delete(version) => delete(segments, version, stop),
            Order::Tell(tell) => drop(tell.send(())),
        }
    }
}

fn delete(segments: &Database, version: Version, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let done = segments
            .write_blocking("delete a replaced list", move |connection| delete_some(connection, version));
        match done {
            Ok(false) => {}
            Ok(true) => return,
            Err(error) => {
                tracing::warn!(%error, "a replaced list stays until the next start");
                return;
            }
        }
    }
}
