//! The runtime of a command, and work that blocks on it.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use tokio::task::block_in_place;

/// A runtime for a command that sends many small requests to another process: on one thread, where each answer wakes
/// nobody but its own request. Others get two threads, so that the service in this process goes on beside them.
pub fn new(is_bulk: bool) -> io::Result<Runtime> {
    let mut builder = if is_bulk { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.worker_threads(2).enable_all().build()
}

/// Does work that blocks, where nothing else on this thread has to go on meanwhile.
pub fn blocking<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => block_in_place(work),
        _ => work(),
    }
}
