//! The service as a transport: requests go to its router in this process, with no socket between.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use fanpass_transport::{
    Request, RequestBody, Response, ResponseBody, Sent, Transport, TransportError, TransportErrorKind,
};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::faults::{Cut, is_cut};

/// A [`Transport`] into a [`Service`](crate::Service) of this process. Bodies stream in both directions; the host in
/// a request's URI is of no account. Cheap to clone.
#[derive(Clone)]
pub struct InProcessTransport {
    router: Router,
}

impl InProcessTransport {
    pub(crate) const fn new(router: Router) -> Self {
        Self { router }
    }
}

impl fmt::Debug for InProcessTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcessTransport")
    }
}

impl Transport for InProcessTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let fault = Fault::default();
        let request = request.map(|body| Body::new(Watched { body, fault: fault.clone() }));
        let Ok(response) = self.router.clone().oneshot(request).await;
        // To the service a body that failed looks truncated; whoever sent it learns the reason.
        if let Some(error) = fault.take() {
            return Err(error);
        }
        if is_cut(&response) {
            let message = "the connection ended before the answer";
            return Err(
                TransportError::new(TransportErrorKind::Interrupted, Sent::Unknown, message).with_source(Cut)
            );
        }
        Ok(response.map(|body| ResponseBody::new(body.map_err(interrupted))))
    }
}

fn interrupted(error: axum::Error) -> TransportError {
    TransportError::new(TransportErrorKind::Interrupted, Sent::Yes, "the service's answer ended early")
        .with_source(error)
}

/// Where the error of a request body is left for the sender.
#[derive(Clone, Default)]
struct Fault(Arc<Mutex<Option<TransportError>>>);

impl Fault {
    fn put(&self, error: TransportError) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    fn take(&self) -> Option<TransportError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

struct Watched {
    body: RequestBody,
    fault: Fault,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(frame.map(|frame| {
            frame.map_err(|error| {
                self.fault.put(error);
                std::io::ErrorKind::UnexpectedEof.into()
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::extract::Request;
    use fanpass_testkit::conformance::{self, Service};
    use fanpass_transport::{DynTransport, Transport as _};

    use super::InProcessTransport;

    #[tokio::test]
    async fn it_does_what_every_transport_has_to_do() {
        let service = Service::default();
        let answering = service.clone();
        let router = Router::new().fallback(move |request: Request| {
            let service = answering.clone();
            async move { service.call(request).await.map(Body::new) }
        });
        let transport: DynTransport = InProcessTransport::new(router).into_dyn();
        conformance::semantics(&transport, "http://local", &service).await;
    }
}
