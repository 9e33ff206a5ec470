//! Work of the storage that comes again after a pause, on a thread of its own.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::error::{StoreError, StoreErrorKind};

/// A thread that repeats its work until this is dropped, which waits for the end of it.
#[derive(Debug)]
pub(super) struct Repeated {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Repeated {
    /// Starts a thread of that name: it does `work` after each `pause`, and `last` at the end.
    pub(super) fn start(
        name: &str,
        pause: Duration,
        mut work: impl FnMut() + Send + 'static,
        last: impl FnOnce() + Send + 'static,
    ) -> Result<Self, StoreError> {
        let (stop, stopped) = channel();
        let thread = spawn(name.to_owned(), move || {
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                work();
            }
            last();
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Repeated {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Starts a thread under a name.
pub(crate) fn spawn(
    name: String,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, StoreError> {
    std::thread::Builder::new()
        .name(name)
        .spawn(work)
        .map_err(|error| StoreError::new(StoreErrorKind::Io, format!("could not start a thread: {error}")))
}
