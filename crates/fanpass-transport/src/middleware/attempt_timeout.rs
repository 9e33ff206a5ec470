//! Ends an attempt that makes no progress.

use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::Either;
use http_body::{Body, Frame};
use tokio::time::{Sleep, sleep, timeout};

use crate::body::CHUNK;
use crate::{Request, Response, ResponseBody, Sent, Transport, TransportError, TransportErrorKind};

/// Ends an attempt with [`TransportErrorKind::Timeout`] when nothing has moved for a while: no chunk of a streamed
/// body was taken, no head of an answer came, or no further part of its body. An upload may take as long as it
/// likes while it moves; a stall is noticed after one to two times the limit.
pub struct AttemptTimeout<T> {
    inner: T,
    limit: Duration,
}

impl<T: Transport> AttemptTimeout<T> {
    /// Bounds each standstill to `limit`.
    pub fn new(inner: T, limit: Duration) -> Self {
        Self { inner, limit }
    }
}

impl<T: Transport> Transport for AttemptTimeout<T> {
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send {
        // A small body in memory goes out in one piece, so there is nothing to watch; a large one may take a while.
        let piece = u64::try_from(CHUNK).ok();
        if !request.body().is_buffered() || request.body().content_length() > piece {
            return Either::Right(Box::pin(self.send_watched(request)));
        }
        let sending = self.inner.send(request);
        Either::Left(async move {
            match timeout(self.limit, sending).await {
                Ok(answer) => answer.map(|answer| self.watch(answer)),
                Err(_) => Err(stalled(Sent::Unknown, "no answer", self.limit)),
            }
        })
    }
}

impl<T: Transport> AttemptTimeout<T> {
    async fn send_watched(&self, request: Request) -> Result<Response, TransportError> {
        let moved = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&moved);
        let request = request.map(|body| body.watched(move |_| _ = counter.fetch_add(1, Ordering::Relaxed)));
        let mut sending = pin!(self.inner.send(request));
        loop {
            let seen = moved.load(Ordering::Relaxed);
            match timeout(self.limit, &mut sending).await {
                Ok(answer) => return answer.map(|answer| self.watch(answer)),
                Err(_) if moved.load(Ordering::Relaxed) != seen => {}
                Err(_) => return Err(stalled(Sent::Unknown, "no answer", self.limit)),
            }
        }
    }
}

impl<T> AttemptTimeout<T> {
    fn watch(&self, answer: Response) -> Response {
        answer.map(|body| {
            if body.is_buffered() {
                return body;
            }
            ResponseBody::new(Watched { body, limit: self.limit, waiting: None })
        })
    }
}

fn stalled(sent: Sent, what: &str, limit: Duration) -> TransportError {
    TransportError::new(TransportErrorKind::Timeout, sent, format!("{what} within {limit:?}"))
}

/// An answer's body, with a timer that runs while the next part of it is awaited.
struct Watched {
    body: ResponseBody,
    limit: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Body for Watched {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.waiting = None;
            return Poll::Ready(frame);
        }
        let waiting = this.waiting.get_or_insert_with(|| Box::pin(sleep(this.limit)));
        waiting
            .as_mut()
            .poll(context)
            .map(|()| Some(Err(stalled(Sent::Yes, "the rest of the answer did not come", this.limit))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

impl<T: fmt::Debug> fmt::Debug for AttemptTimeout<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptTimeout").field("inner", &self.inner).field("limit", &self.limit).finish()
    }
}
