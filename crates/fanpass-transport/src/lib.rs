#![doc = include_str!("../README.md")]
//! The crate's modules: the trait, the bodies, the error, what travels in extensions, and the middleware.

mod body;
mod classify;
mod error;
mod extensions;
pub mod middleware;
mod transport;

pub use body::{RequestBody, ResponseBody};
pub use error::{Sent, TransportError, TransportErrorKind};
pub use extensions::{Attempts, Idempotent, OperationName, RequestId};
pub use transport::{DynTransport, Request, Response, Transport};
