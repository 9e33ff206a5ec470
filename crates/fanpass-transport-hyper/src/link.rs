//! One connection together with what drives it.

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use fanpass_transport::{Request, RequestBody, Sent, TransportError, TransportErrorKind};
use http::header::{HOST, HeaderValue};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Response, Uri};
use http_body::{Body as _, Frame};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, Connection, SendRequest};
use tokio::task::unconstrained;
use tower::ServiceExt as _;

use crate::connector::{Connector, Stream};
use crate::error::classify;

/// How much of a body may be taken over before an answer is handed out.
const READY_LIMIT: usize = 64 * 1024;

/// A connection to one origin. Nothing moves on it unless a request or an answer's body drives it, in the task of
/// whoever waits for them: that saves a second task and its wake-ups.
///
/// Only the driver can make a request or a body progress, and it runs in the same task; so these are polled with
/// a waker that does nothing, and the task is woken by the socket alone.
pub(crate) struct Link {
    scheme: Scheme,
    authority: Authority,
    host: HeaderValue,
    sender: SendRequest<RequestBody>,
    driver: Pin<Box<Connection<Stream, RequestBody>>>,
}

/// An exchange without an answer.
pub(crate) struct Failed {
    pub(crate) error: TransportError,
    /// The request, if nothing of it was written.
    pub(crate) unsent: Option<Box<Request>>,
}

/// A request of which only the path is left, with its whole URI again.
fn addressed(mut request: Request, scheme: Scheme, authority: Authority) -> Request {
    let mut parts = mem::take(request.uri_mut()).into_parts();
    (parts.scheme, parts.authority) = (Some(scheme), Some(authority));
    // It had all three before.
    *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    request
}

/// What is there of a body without waiting for more.
#[derive(Default)]
pub(crate) struct Taken {
    pub(crate) bytes: Bytes,
    /// How the body ended; `None` if there is more to come.
    pub(crate) end: Option<Result<(), TransportError>>,
}

impl Link {
    /// Connects to the origin of a URI.
    pub(crate) async fn connect(connector: &Connector, uri: &Uri) -> Result<Self, TransportError> {
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            let message = "the request's URI names no scheme and host";
            return Err(TransportError::new(TransportErrorKind::InvalidRequest, Sent::Never, message));
        };
        let failed = |error| classify(error, Sent::Never, authority.as_str());
        let stream = connector.clone().oneshot(uri.clone()).await.map_err(failed)?;
        // Head and body in one buffer: for small requests a plain write costs less than one of several parts.
        let handshake = http1::Builder::new().writev(false).handshake(stream);
        let (sender, connection) = handshake.await.map_err(|error| failed(error.into()))?;
        Ok(Self {
            scheme: scheme.clone(),
            authority: authority.clone(),
            host: host_header(uri)?,
            sender,
            driver: Box::pin(connection),
        })
    }

    /// Whether the connection leads to the origin of a URI.
    pub(crate) fn leads_to(&self, uri: &Uri) -> bool {
        uri.scheme() == Some(&self.scheme) && uri.authority() == Some(&self.authority)
    }

    /// Sends a request and waits for the head of its answer. The connection comes back with it.
    pub(crate) fn exchange(
        mut self: Box<Self>,
        mut request: Request,
    ) -> impl Future<Output = Result<(Response<Incoming>, Box<Self>), Failed>> + Send {
        request.headers_mut().entry(HOST).or_insert_with(|| self.host.clone());
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = path.unwrap_or_else(|| PathAndQuery::from_static("/")).into();
        // Handed over at once, so that the future does not carry the room for it.
        let answer = self.sender.try_send_request(request);
        self.receive(answer)
    }

    /// Drives the connection until the head of an answer has come.
    async fn receive(
        mut self: Box<Self>,
        answer: impl Future<Output = Result<Response<Incoming>, TrySendError<Request>>>,
    ) -> Result<(Response<Incoming>, Box<Self>), Failed> {
        // Outside of the runtime's budget, as running out of that would wake the waker that does nothing.
        let mut answer = pin!(unconstrained(answer));
        let driver = &mut self.driver;
        let mut advance = |context: &mut Context<'_>| {
            let ended = driver.as_mut().poll(context).is_ready();
            let answer = answer.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            // The driver settles the answer before it ends, so that polling it again would not help.
            if ended && answer.is_pending() { Poll::Ready(None) } else { answer.map(Some) }
        };
        let mut written = false;
        let settled = poll_fn(|context| {
            // What has arrived is taken in without the task's waker: left behind in the driver, it would be woken
            // when the body is read, and wake nobody but its own task.
            if mem::replace(&mut written, true) {
                let arrived = advance(&mut Context::from_waker(Waker::noop()));
                if arrived.is_ready() {
                    return arrived;
                }
            }
            advance(context)
        })
        .await;
        let (settled, Self { scheme, authority, driver, .. }) = match settled {
            Some(Ok(answer)) => return Ok((answer, self)),
            Some(Err(error)) => (Some(error), *self),
            None => (None, *self),
        };
        // A driver that ended without an answer gives the request back when it goes, unless it was written.
        drop(driver);
        let ended = settled.is_none();
        let mut error = if ended { answer.await.err() } else { settled };
        let unsent = error.as_mut().and_then(TrySendError::take_message);
        let sent = if unsent.is_some() { Sent::Never } else { Sent::Unknown };
        let error = match error {
            Some(error) if !ended || unsent.is_some() => {
                classify(error.into_error(), sent, authority.as_str())
            }
            _ => TransportError::about(TransportErrorKind::Interrupted, sent, authority.as_str()),
        };
        Err(Failed { error, unsent: unsent.map(|request| Box::new(addressed(request, scheme, authority))) })
    }

    /// Takes what has arrived of a body already, which is all of it for most small answers.
    pub(crate) fn take_ready(&mut self, body: &mut Incoming, context: &mut Context<'_>) -> Taken {
        let mut taken = Taken::default();
        while taken.bytes.len() < READY_LIMIT {
            if body.is_end_stream() {
                taken.end = Some(Ok(()));
                break;
            }
            match self.poll_body(body, context) {
                Poll::Ready(Some(Ok(frame))) => taken.add(frame),
                Poll::Ready(Some(Err(error))) => taken.end = Some(Err(error)),
                Poll::Ready(None) => taken.end = Some(Ok(())),
                Poll::Pending => break,
            }
            if taken.end.is_some() {
                break;
            }
        }
        taken
    }

    /// The next frame of a body that belongs to this connection.
    pub(crate) fn poll_body(
        &mut self,
        body: &mut Incoming,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let mut idle = Context::from_waker(Waker::noop());
        // The first poll tells the driver that more is wanted, the second takes what it brought.
        let mut frame = Pin::new(&mut *body).poll_frame(&mut idle);
        if frame.is_pending() {
            let ended = self.driver.as_mut().poll(context).is_ready();
            frame = Pin::new(body).poll_frame(&mut idle);
            if ended && frame.is_pending() {
                return Poll::Ready(Some(Err(self.ended(Sent::Yes))));
            }
        }
        frame.map_err(|error| classify(error, Sent::Yes, self.authority.as_str()))
    }

    fn ended(&self, sent: Sent) -> TransportError {
        TransportError::about(TransportErrorKind::Interrupted, sent, self.authority.as_str())
    }
}

impl Taken {
    fn add(&mut self, frame: Frame<Bytes>) {
        let Ok(data) = frame.into_data() else { return };
        self.bytes = if self.bytes.is_empty() { data } else { [&self.bytes[..], &data].concat().into() };
    }
}

/// The `Host` header of a URI: its host, and its port unless it is the scheme's own (RFC 9110, section 7.2).
fn host_header(uri: &Uri) -> Result<HeaderValue, TransportError> {
    let host = uri.host().unwrap_or_default();
    let usual = if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
    let value = match uri.port_u16() {
        Some(port) if port != usual => HeaderValue::try_from(format!("{host}:{port}")),
        _ => HeaderValue::from_str(host),
    };
    value.map_err(|error| {
        TransportError::about(TransportErrorKind::InvalidRequest, Sent::Never, host).with_source(error)
    })
}
