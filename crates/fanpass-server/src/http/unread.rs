//! Bodies that were not read to their ends: the answer says that the connection ends with it, and what the client goes on
//! sending is dropped for a moment. A client that sends all before it reads would not get to see the answer else.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::HeaderValue;
use http::header::{CONNECTION, EXPECT};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::timeout;
use tower::Service as _;

/// A rest that is worth a connection: it is dropped, and the next request may follow it.
const SHORT: u64 = 64 << 10;
/// How much of a longer rest is dropped, and for how long.
const DROPPED_BYTES: usize = 32 << 20;
const DROPPED_FOR: Duration = Duration::from_secs(2);

/// Answers a request, and does what its body is due if it was not read.
pub(crate) async fn settle(request: Request<Incoming>, mut router: Router) -> Response {
    if request.body().is_end_stream() {
        return router.call(request).await.unwrap_or_else(|never| match never {});
    }
    let (parts, body) = request.into_parts();
    let asks_first = parts.headers.contains_key(EXPECT);
    let rest = Arc::default();
    let lent = Lent { body: Body::new(body), begun: false, ended: false, rest: Arc::clone(&rest) };
    let answered = router.call(Request::from_parts(parts, lent)).await;
    let mut response = answered.unwrap_or_else(|never| match never {});
    let rest = rest.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(Rest { body, begun }) = rest {
        // A client that was never asked for its body sends none.
        let is_coming = begun || !asks_first;
        let is_short = body.size_hint().upper().is_some_and(|bytes| bytes <= SHORT);
        if !(is_coming && is_short) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if is_coming {
            tokio::spawn(timeout(DROPPED_FOR, drop_all(body)));
        }
    }
    response
}

async fn drop_all(mut body: Body) {
    let mut most = DROPPED_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        most = most.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        if most == 0 {
            return;
        }
    }
}

/// What was not read of a body.
#[derive(Debug)]
struct Rest {
    body: Body,
    /// Whether some of it was.
    begun: bool,
}

/// A body that is given back when whoever reads it lets go of it before its end.
#[derive(Debug)]
struct Lent {
    body: Body,
    begun: bool,
    ended: bool,
    rest: Arc<Mutex<Option<Rest>>>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.ended && !self.body.is_end_stream() {
            let rest = Rest { body: std::mem::take(&mut self.body), begun: self.begun };
            *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = Some(rest);
        }
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.begun = true;
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        self.ended = !matches!(frame, Some(Ok(_)));
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
