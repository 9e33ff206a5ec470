//! A transport that fails on purpose, by a script or at random from a seed.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use fanpass_transport::{
    Request, Response, ResponseBody, Sent, Transport, TransportError, TransportErrorKind,
};
use http::header::{HeaderValue, RETRY_AFTER};
use http_body::{Body, Frame};

use crate::{Chance, answer};

/// One way to fail.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The connection is refused: nothing is sent.
    Refused,
    /// The request arrives and is acted upon, then the connection breaks.
    Lost,
    /// An answer of this status instead of the real one; the request has no effect.
    Status(u16),
    /// 429 with `Retry-After` in seconds.
    Limited(u64),
    /// The real answer after this much of the runtime's time, which tests can pause.
    Delay(Duration),
    /// The real answer, cut off half-way through its body.
    Truncated,
}

/// Puts faults between a caller and another transport.
pub struct FaultTransport<T> {
    inner: T,
    next: Mutex<Box<dyn FnMut() -> Option<Fault> + Send>>,
}

impl<T: Transport> FaultTransport<T> {
    /// Meets the requests with these in turn (`None`: no fault), and leaves all later ones alone.
    pub fn scripted(inner: T, script: impl IntoIterator<Item = Option<Fault>>) -> Self {
        let mut script: VecDeque<_> = script.into_iter().collect();
        Self::deciding(inner, move || script.pop_front().flatten())
    }

    /// Meets each request with what `next` gives.
    pub fn deciding(inner: T, next: impl FnMut() -> Option<Fault> + Send + 'static) -> Self {
        Self { inner, next: Mutex::new(Box::new(next)) }
    }

    /// Meets `per_mille` of a thousand requests with one of `faults`; the same seed gives the same sequence.
    pub fn seeded(inner: T, seed: u64, per_mille: u64, faults: Vec<Fault>) -> Self {
        let mut chance = Chance::new(seed);
        let next = move || {
            let meets = chance.below(1000) < per_mille;
            let choice = chance.place(faults.len());
            if meets { faults.get(choice).cloned() } else { None }
        };
        Self::deciding(inner, next)
    }
}

impl<T: Transport> Transport for FaultTransport<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let fault = (self.next.lock().expect("no fault source panicked"))();
        match fault {
            None => self.inner.send(request).await,
            Some(Fault::Refused) => Err(injected(TransportErrorKind::Connect, Sent::Never)),
            Some(Fault::Lost) => {
                self.inner.send(request).await?;
                Err(injected(TransportErrorKind::Interrupted, Sent::Unknown))
            }
            Some(Fault::Status(status)) => Ok(answer::status(status)),
            Some(Fault::Limited(seconds)) => {
                let mut response = answer::status(429);
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
                Ok(response)
            }
            Some(Fault::Delay(delay)) => {
                tokio::time::sleep(delay).await;
                self.inner.send(request).await
            }
            Some(Fault::Truncated) => {
                let (parts, body) = self.inner.send(request).await?.into_parts();
                let whole = body.bytes(usize::MAX).await?;
                let half = Truncated(Some(whole.slice(..whole.len() / 2)));
                Ok(Response::from_parts(parts, ResponseBody::new(half)))
            }
        }
    }
}

fn injected(kind: TransportErrorKind, sent: Sent) -> TransportError {
    TransportError::new(kind, sent, "injected fault")
}

/// Gives its bytes, then an error.
struct Truncated(Option<Bytes>);

impl Body for Truncated {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        Poll::Ready(Some(match self.0.take() {
            Some(bytes) => Ok(Frame::data(bytes)),
            None => Err(injected(TransportErrorKind::Interrupted, Sent::Yes)),
        }))
    }
}

impl<T: fmt::Debug> fmt::Debug for FaultTransport<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultTransport").field("inner", &self.inner).finish_non_exhaustive()
    }
}
