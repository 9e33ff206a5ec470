//! Ends an attempt that makes no progress.

use std::fmt;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::Either;
use http_body::{Body, Frame};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep, timeout};

use crate::body::CHUNK;
use crate::{Request, Response, ResponseBody, Sent, Transport, TransportError, TransportErrorKind};

/// Ends an attempt with [`TransportErrorKind::Timeout`] when nothing has moved for a while: no chunk of a streamed
/// body was taken, no head of an answer came, or no further part of its body. An upload may take as long as it
/// likes while it moves; a stall is noticed after one to two times the limit.
pub struct AttemptTimeout<T> {
    inner: T,
    limit: Duration,
    timer: SpareTimer,
}

/// The timer of an attempt before: to set it anew costs less than to register another.
type SpareTimer = Mutex<Option<Pin<Box<Sleep>>>>;

impl<T: Transport> AttemptTimeout<T> {
    /// Bounds each standstill to `limit`.
    pub fn new(inner: T, limit: Duration) -> Self {
        Self { inner, limit, timer: SpareTimer::default() }
    }
}

impl<T: Transport> Transport for AttemptTimeout<T> {
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send {
        // A small body in memory goes out in one piece, so there is nothing to watch; a large one may take a while.
        let piece = u64::try_from(CHUNK).ok();
        if !request.body().is_buffered() || request.body().content_length() > piece {
            return Either::Right(Box::pin(self.send_watched(request)));
        }
        let attempt = self.inner.send(request);
        Either::Left(Timed { attempt, limit: self.limit, spare: &self.timer, timer: None })
    }
}

pin_project! {
    /// An attempt whose answer has to begin within the limit.
    struct Timed<'a, F> {
        #[pin]
        attempt: F,
        limit: Duration,
        spare: &'a SpareTimer,
        timer: Option<Pin<Box<Sleep>>>,
    }
}

impl<F: Future<Output = Result<Response, TransportError>>> Future for Timed<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(answer) = this.attempt.poll(context) {
            if let Some(timer) = this.timer.take() {
                *this.spare.lock().unwrap_or_else(PoisonError::into_inner) = Some(timer);
            }
            return Poll::Ready(answer.map(|answer| watch(answer, *this.limit)));
        }
        let timer = this.timer.get_or_insert_with(|| begin(this.spare, *this.limit));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(stalled(Sent::Unknown, "no answer", *this.limit)))
    }
}

fn begin(spare: &SpareTimer, limit: Duration) -> Pin<Box<Sleep>> {
    let spare = spare.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (spare, Instant::now().checked_add(limit)) {
        (Some(mut timer), Some(deadline)) => {
            timer.as_mut().reset(deadline);
            timer
        }
        _ => Box::pin(sleep(limit)),
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
                Ok(answer) => return answer.map(|answer| watch(answer, self.limit)),
                Err(_) if moved.load(Ordering::Relaxed) != seen => {}
                Err(_) => return Err(stalled(Sent::Unknown, "no answer", self.limit)),
            }
        }
    }
}

fn watch(answer: Response, limit: Duration) -> Response {
    if answer.body().is_buffered() {
        return answer;
    }
    answer.map(|body| ResponseBody::new(Watched { body, limit, waiting: None }))
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
        f.debug_struct("AttemptTimeout")
            .field("inner", &self.inner)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
