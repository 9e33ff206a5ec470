//! Deletes what nobody names any more, lists and the records of old imports, a little at a time, so that nobody waits for
//! it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::database::Database;
use super::error::{Fault, StoreError};
use super::jobs::forget_some;
use super::lists::{List, delete_some, orphans};
use super::repeated::spawn;

#[derive(Debug)]
pub(super) struct Sweeper {
    orders: Option<Sender<Order>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
enum Order {
    Delete(List),
    /// Forget imports that ended before this time, in microseconds since 1970.
    Forget(i64),
    Tell(oneshot::Sender<()>),
}

impl Sweeper {
    /// Starts with the lists that a crash left behind.
    pub(super) fn start(segments: &Arc<Database>) -> Result<Self, StoreError> {
        let (orders, received) = channel();
        for list in segments.read_blocking("find abandoned lists", orphans)? {
            let _ = orders.send(Order::Delete(list));
        }
        let stop = Arc::new(AtomicBool::new(false));
        let (database, stopped) = (Arc::clone(segments), Arc::clone(&stop));
        let thread = spawn("sweep".to_owned(), move || sweep(&database, &received, &stopped))?;
        Ok(Self { orders: Some(orders), stop, thread: Some(thread) })
    }

    /// Takes a list that no version names and no import writes.
    pub(super) fn delete(&self, list: List) {
        self.order(Order::Delete(list));
    }

    /// Takes the records of imports that ended before `time`, in microseconds since 1970, with their refused rows.
    pub(super) fn forget(&self, time: i64) {
        self.order(Order::Forget(time));
    }

    /// Answers when everything ordered so far is deleted.
    pub(super) fn swept(&self) -> oneshot::Receiver<()> {
        let (tell, told) = oneshot::channel();
        self.order(Order::Tell(tell));
        told
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // With the thread gone it waits for the next start.
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
            Order::Delete(list) => repeat(segments, stop, move |connection| delete_some(connection, list)),
            Order::Forget(time) => repeat(segments, stop, move |connection| forget_some(connection, time)),
            Order::Tell(tell) => drop(tell.send(())),
        }
    }
}

/// Takes one step after another until one says that it was the last.
fn repeat(
    segments: &Database,
    stop: &AtomicBool,
    work: impl Fn(&Connection) -> Result<bool, Fault> + Send + Copy + 'static,
) {
    while !stop.load(Ordering::Relaxed) {
        match segments.write_blocking("clean up", work) {
            Ok(false) => {}
            Ok(true) => return,
            Err(error) => {
                tracing::warn!(%error, "what nobody needs any more stays until the next start");
                return;
            }
        }
    }
}
