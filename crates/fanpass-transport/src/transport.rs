//! The transport trait: one request in, one answer or one error out.

use std::fmt;
use std::sync::Arc;

use futures_core::future::BoxFuture;

use crate::{RequestBody, ResponseBody, TransportError};

/// A request as a transport takes it: an absolute URI, headers and a [`RequestBody`].
pub type Request = http::Request<RequestBody>;

/// An answer as a transport gives it: the head has arrived, the [`ResponseBody`] is still to be read.
pub type Response = http::Response<ResponseBody>;

/// Sends requests. Adapters implement it over an HTTP stack, middleware around another transport; both by an
/// `async fn send`.
///
/// Nothing is sent before the returned future is polled. Dropping it cancels the attempt and leaves the transport
/// usable.
pub trait Transport: fmt::Debug + Send + Sync + Sized + 'static {
    /// Sends one request and waits for the head of its answer. Any HTTP status is `Ok`; an adapter neither
    /// follows redirects nor retries.
    ///
    /// # Errors
    /// A [`TransportError`] if there is no answer; [`TransportError::sent`] says whether the request may have
    /// reached the other side all the same.
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send;

    /// The transport behind a handle that does not name its type.
    fn into_dyn(self) -> DynTransport {
        DynTransport(Arc::new(self))
    }
}

/// A transport of any kind behind one cheap handle; cloning it shares its connections.
#[derive(Clone)]
pub struct DynTransport(Arc<dyn Erased>);

impl Transport for DynTransport {
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send {
        self.0.send_boxed(request)
    }

    fn into_dyn(self) -> DynTransport {
        self
    }
}

impl fmt::Debug for DynTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Transport> Transport for Arc<T> {
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send {
        (**self).send(request)
    }
}

/// A transport without the type of its future.
trait Erased: fmt::Debug + Send + Sync {
    fn send_boxed(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>>;
}

impl<T: Transport> Erased for T {
    fn send_boxed(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(self.send(request))
    }
}
