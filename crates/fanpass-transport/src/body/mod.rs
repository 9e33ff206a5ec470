//! Bodies: what a request sends, and what an answer streams back.

mod content;
mod file;
mod request;
mod response;

use std::pin::Pin;
use std::sync::Mutex;

use bytes::Bytes;
use futures_core::Stream;

use crate::TransportError;

pub(crate) use content::CHUNK;
pub use request::RequestBody;
pub use response::ResponseBody;

type BoxStream = Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>;

/// A value that is only ever reached through `&mut`, which makes it `Sync` without a lock being taken.
struct Exclusive<T>(Mutex<T>);

impl<T> Exclusive<T> {
    fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
