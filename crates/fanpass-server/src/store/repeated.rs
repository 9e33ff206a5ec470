//! Work of the storage that comes again after a pause, on a thread of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
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
        mut last: impl FnMut() + Send + 'static,
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

/// Starts a thread under a name. Work that panics is begun again, with what it had taken up lost to it: a service without that
/// thread would look as if it lived.
pub(crate) fn spawn(
    name: String,
    mut work: impl FnMut() + Send + 'static,
) -> Result<JoinHandle<()>, StoreError> {
    let again = name.clone();
    std::thread::Builder::new()
        .name(name)
        .spawn(move || {
            while catch_unwind(AssertUnwindSafe(&mut work)).is_err() {
                tracing::error!(thread = again, "a thread of the service panicked; it begins again");
            }
        })
        .map_err(|error| StoreError::new(StoreErrorKind::Io, format!("could not start a thread: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_goes_on_after_a_panic() {
        let (tell, told) = channel();
        let mut times = 0;
        let work = move || {
            times += 1;
            assert!(times > 1, "a fault of ours");
            let _ = tell.send(times);
        };
        let repeated = Repeated::start("test", Duration::ZERO, work, || {}).unwrap();
        assert_eq!(told.recv(), Ok(2));
        drop(repeated);
    }
}
