//! Work for the writing thread, and the answer to it.

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::store::error::{Fault, StoreError};

/// The answer to work that was taken; it arrives after the commit.
pub(in crate::store) type Answer<R> = oneshot::Receiver<Result<R, StoreError>>;

/// When work has to be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Durable {
    /// Before it is answered.
    Now,
    /// With the next commit of work that is: nobody is told of it before.
    Later,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) file: &'static str,
    pub(super) doing: &'static str,
}

/// Work of any result type, as the thread sees it.
pub(super) trait Task: Send {
    fn durable(&self) -> Durable;
    /// Runs inside the transaction; an error undoes this work alone.
    fn run(&mut self, connection: &Connection) -> Result<(), StoreError>;
    /// Answers the caller once the fate of the transaction is known.
    fn settle(self: Box<Self>, failure: Option<&StoreError>);
}

/// Work as the thread takes it, and where its answer will come.
pub(super) fn task<R: Send + 'static>(
    place: Place,
    durable: Durable,
    work: impl FnOnce(&Connection) -> Result<R, Fault> + Send + 'static,
    then: impl FnOnce(&R) + Send + 'static,
) -> (Box<dyn Task>, Answer<R>) {
    let (reply, answer) = oneshot::channel();
    (Box::new(Typed { place, durable, work: Some(work), then, result: None, reply }), answer)
}

struct Typed<R, W, T> {
    place: Place,
    durable: Durable,
    work: Option<W>,
    then: T,
    result: Option<Result<R, StoreError>>,
    reply: oneshot::Sender<Result<R, StoreError>>,
}

impl<R, W, T> Task for Typed<R, W, T>
where
    R: Send,
    W: FnOnce(&Connection) -> Result<R, Fault> + Send,
    T: FnOnce(&R) + Send,
{
    fn durable(&self) -> Durable {
        self.durable
    }

    fn run(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let Some(work) = self.work.take() else { return Ok(()) };
        let Place { file, doing } = self.place;
        let result = work(connection).map_err(|fault| fault.at_write(connection, file, doing));
        let seen = result.as_ref().map(|_| ()).map_err(Clone::clone);
        self.result = Some(result);
        seen
    }

    fn settle(self: Box<Self>, failure: Option<&StoreError>) {
        let result = match (failure, self.result) {
            (Some(error), _) => Err(error.clone()),
            (None, Some(result)) => result,
            (None, None) => Err(StoreError::stopped()),
        };
        if let Ok(value) = &result {
            (self.then)(value);
        }
        // A caller that no longer waits is no failure: the work is durable all the same.
        let _ = self.reply.send(result);
    }
}
