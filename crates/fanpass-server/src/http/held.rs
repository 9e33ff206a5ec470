//! Bounds what the reader of a form holds while it waits for the end of a part's headers: it would hold them all.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use http_body::{Body as HttpBody, Frame, SizeHint};

/// Bytes after which the reader is made to hand out what it has.
const PORTION: usize = 256 << 10;

/// What went into the reader since something came out of it.
#[derive(Debug, Clone)]
pub(super) struct Held {
    most: usize,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    bytes: AtomicUsize,
    paused: AtomicBool,
    too_much: AtomicBool,
}

impl Held {
    /// `most` bytes may stand before something comes out, beside the portion that is read ahead.
    pub(super) fn new(most: usize) -> Self {
        Self { most, state: Arc::default() }
    }

    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Something came out of the reader.
    pub(super) fn given(&self) {
        self.state.bytes.store(0, Ordering::Relaxed);
        self.state.paused.store(false, Ordering::Relaxed);
    }

    /// Whether the body was ended because nothing came out for too long.
    pub(super) fn is_too_much(&self) -> bool {
        self.state.too_much.load(Ordering::Relaxed)
    }

    pub(super) fn watch(&self, body: Body) -> Watched {
        Watched { body, held: self.clone() }
    }
}

/// A body that knows how much of it is held.
#[derive(Debug)]
pub(super) struct Watched {
    body: Body,
    held: Held,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Held { most, state } = self.held.clone();
        let bytes = state.bytes.load(Ordering::Relaxed);
        if bytes >= PORTION && !state.paused.swap(true, Ordering::Relaxed) {
            // The reader takes all there is before it looks at it, unless there is nothing for a moment.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if bytes >= PORTION.saturating_add(most) {
            state.too_much.store(true, Ordering::Relaxed);
            return Poll::Ready(Some(Err(axum::Error::new("nothing came out of the form"))));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            state.bytes.fetch_add(frame.data_ref().map_or(0, Bytes::len), Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
