//! One id for all attempts of a call, by which both sides can find it in their logs.

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt as _;
use http::HeaderName;
use http::header::Entry;

use crate::{Request, RequestId, Response, Transport, TransportError};

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sets `x-request-id` on requests that have none, and names the id on the answer (as the same header, unless the other
/// side answers with an id of its own) or the error ([`TransportError::request_id`]).
pub struct RequestIds<T> {
    inner: T,
    source: Arc<dyn Fn() -> RequestId + Send + Sync>,
}

impl<T: Transport> RequestIds<T> {
    /// Gives out ids from `source`; [`RequestId::random`] is the usual one.
    pub fn new(inner: T, source: impl Fn() -> RequestId + Send + Sync + 'static) -> Self {
        Self { inner, source: Arc::new(source) }
    }
}

impl<T: Transport> Transport for RequestIds<T> {
    fn send(&self, mut request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send {
        let chosen = request.extensions_mut().remove::<RequestId>();
        let id = match request.headers_mut().entry(X_REQUEST_ID) {
            Entry::Occupied(entry) => RequestId::from_header(entry.get()),
            Entry::Vacant(entry) => {
                let id = chosen.unwrap_or_else(|| (self.source)());
                entry.insert(id.header_value().clone());
                Some(id)
            }
        };
        // No async block, which would hold the inner future twice.
        self.inner.send(request).map(|outcome| match (outcome, id) {
            (outcome, None) => outcome,
            (Ok(mut response), Some(id)) => {
                response.headers_mut().entry(X_REQUEST_ID).or_insert_with(|| id.into_header_value());
                Ok(response)
            }
            (Err(error), Some(id)) => Err(error.with_request_id(id)),
        })
    }
}

impl<T: fmt::Debug> fmt::Debug for RequestIds<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestIds").field("inner", &self.inner).finish_non_exhaustive()
    }
}
