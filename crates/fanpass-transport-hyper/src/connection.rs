//! The transport of one worker: one connection, one request at a time.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use fanpass_transport::{Request, ResponseBody, Transport, TransportError};
use http::Response;
use http_body::{Body, Frame};
use hyper::body::Incoming;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::connector::{Connector, connector};
use crate::link::{Failed, Link, Taken};

/// HTTP/1.1 over one connection that is opened when it is needed and kept as long as it can be used.
///
/// Requests are sent one at a time: the next waits until the answer before it has been read to its end or
/// dropped; an answer dropped early costs the connection. With one of these for each worker, pushing small requests
/// is faster than through a pool, which has to wake a second task for each request.
pub struct HyperConnection {
    connector: Connector,
    link: Arc<Mutex<Option<Box<Link>>>>,
}

impl HyperConnection {
    /// A transport that has not connected yet.
    ///
    /// # Errors
    /// [`TransportErrorKind::Tls`](fanpass_transport::TransportErrorKind::Tls) if the platform's certificate
    /// store cannot be used.
    pub fn new() -> Result<Self, TransportError> {
        connector().map(Self::over)
    }

    pub(crate) fn over(connector: Connector) -> Self {
        Self { connector, link: Arc::default() }
    }

    /// Another transport like this one, with a connection of its own. Cheaper than [`new`](Self::new), as the
    /// certificate store is shared.
    #[must_use]
    pub fn sibling(&self) -> Self {
        Self::over(self.connector.clone())
    }

    /// Sends a request on a new connection.
    async fn exchange(&self, request: Request) -> Result<(Response<Incoming>, Box<Link>), TransportError> {
        let link = Box::new(Link::connect(&self.connector, request.uri()).await?);
        link.exchange(request).await.map_err(|failed| failed.error)
    }
}

impl Transport for HyperConnection {
    async fn send(&self, request: Request) -> Result<Response<ResponseBody>, TransportError> {
        // Free, unless callers share the connection.
        let mut slot = match Arc::clone(&self.link).try_lock_owned() {
            Ok(slot) => slot,
            Err(_) => Arc::clone(&self.link).lock_owned().await,
        };
        // Taken out while it is in use, so that an exchange which is given up closes the connection.
        let (answer, mut link) = match slot.take().filter(|link| link.leads_to(request.uri())) {
            Some(link) => match link.exchange(request).await {
                // The other side had hung up meanwhile: nothing of the request was written.
                Err(Failed { unsent: Some(request), .. }) => Box::pin(self.exchange(*request)).await?,
                outcome => outcome.map_err(|failed| failed.error)?,
            },
            // Boxed, so that a future which need not connect does not carry the room for it.
            None => Box::pin(self.exchange(request)).await?,
        };
        let (parts, mut body) = answer.into_parts();
        let taken = poll_fn(|context| Poll::Ready(link.take_ready(&mut body, context))).await;
        let body = if matches!(taken.end, Some(Ok(()))) {
            *slot = Some(link);
            ResponseBody::from(taken.bytes)
        } else {
            ResponseBody::new(Arriving { taken, rest: Some(Rest { body, link, slot }) })
        };
        Ok(Response::from_parts(parts, body))
    }
}

/// A body that is still arriving: what was taken of it, then the rest, which drives the connection.
struct Arriving {
    taken: Taken,
    rest: Option<Rest>,
}

struct Rest {
    body: Incoming,
    link: Box<Link>,
    slot: OwnedMutexGuard<Option<Box<Link>>>,
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let this = self.get_mut();
        if !this.taken.bytes.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.taken.bytes)))));
        }
        if let Some(Err(error)) = this.taken.end.take() {
            this.rest = None;
            return Poll::Ready(Some(Err(error)));
        }
        let Some(rest) = &mut this.rest else { return Poll::Ready(None) };
        let frame = ready!(rest.link.poll_body(&mut rest.body, context));
        match &frame {
            Some(Ok(_)) => {}
            Some(Err(_)) => this.rest = None,
            None => {
                if let Some(Rest { link, mut slot, .. }) = this.rest.take() {
                    *slot = Some(link);
                }
            }
        }
        Poll::Ready(frame)
    }
}

impl fmt::Debug for HyperConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperConnection").finish_non_exhaustive()
    }
}
