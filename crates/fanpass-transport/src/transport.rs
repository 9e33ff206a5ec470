//! The transport trait: one request in, one answer or one error out.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures_core::future::BoxFuture;

use crate::{RequestBody, ResponseBody, TransportError};

/// A request as a transport takes it: an absolute URI, headers and a [`RequestBody`].
pub type Request = http::Request<RequestBody>;

/// An answer as a transport gives it: the head has arrived, the [`ResponseBody`] is still to be read.
pub type Response = http::Response<ResponseBody>;

/// A transport behind one cheap handle; cloning it shares its connections.
pub type DynTransport = Arc<dyn Transport>;

/// What [`Transport::send`] gives.
pub(crate) type Sending<'a> = BoxFuture<'a, Result<Response, TransportError>>;

/// Sends requests. Adapters implement it over an HTTP stack, middleware around another transport.
///
/// Dropping the returned future cancels the attempt and leaves the transport usable.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends one request and waits for the head of its answer. Any HTTP status is `Ok`; an adapter neither
    /// follows redirects nor retries.
    ///
    /// # Errors
    /// A [`TransportError`] if there is no answer; [`TransportError::sent`] says whether the request may have
    /// reached the other side all the same.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    // What `async_trait` makes of `send`, without a box of its own around the inner one.
    fn send<'life0, 'async_trait>(&'life0 self, request: Request) -> Sending<'async_trait>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        (**self).send(request)
    }
}
