//! The response body: bytes that are there already, or a stream that is still arriving.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;

use super::Exclusive;
use crate::{Sent, TransportError, TransportErrorKind};

type BoxBody = Pin<Box<dyn Body<Data = Bytes, Error = TransportError> + Send>>;

/// What an answer carries. It streams; [`bytes`](Self::bytes) collects it up to a limit.
#[derive(Default)]
pub struct ResponseBody(Kind);

#[derive(Default)]
enum Kind {
    #[default]
    Empty,
    Bytes(Bytes),
    Stream(Exclusive<BoxBody>),
}

impl ResponseBody {
    /// A body that is still arriving.
    pub fn new(body: impl Body<Data = Bytes, Error = TransportError> + Send + 'static) -> Self {
        if body.is_end_stream() {
            return Self::default();
        }
        Self(Kind::Stream(Exclusive::new(Box::pin(body))))
    }

    /// Whether the whole body is here already.
    pub fn is_buffered(&self) -> bool {
        !matches!(self.0, Kind::Stream(_))
    }

    /// The whole body, if it has at most `limit` bytes.
    ///
    /// # Errors
    /// [`TransportErrorKind::TooLarge`] past the limit, without reading on; otherwise what kept the body from
    /// arriving whole, [`TransportErrorKind::Interrupted`] where the connection ended early.
    pub async fn bytes(self, limit: usize) -> Result<Bytes, TransportError> {
        let mut stream = match self.0 {
            Kind::Empty => return Ok(Bytes::new()),
            Kind::Bytes(bytes) => return within(bytes, limit),
            stream @ Kind::Stream(_) => Self(stream),
        };
        let mut first = Bytes::new();
        let mut rest = BytesMut::new();
        while let Some(frame) = stream.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            if first.len() + rest.len() + data.len() > limit {
                return Err(too_large(limit));
            }
            // One chunk, the usual case of a small answer, is given back as it came.
            if first.is_empty() {
                first = data;
            } else {
                rest.extend_from_slice(&data);
            }
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok([first, rest.freeze()].concat().into())
    }

    /// Reads and drops what is left, so that the connection can be used again; gives up after `limit` bytes or
    /// at an error.
    pub async fn drain(mut self, limit: usize) {
        let mut seen = 0_usize;
        while let Some(Ok(frame)) = self.frame().await {
            seen = seen.saturating_add(frame.data_ref().map_or(0, Bytes::len));
            if seen > limit {
                return;
            }
        }
    }
}

fn within(bytes: Bytes, limit: usize) -> Result<Bytes, TransportError> {
    if bytes.len() > limit { Err(too_large(limit)) } else { Ok(bytes) }
}

fn too_large(limit: usize) -> TransportError {
    let message = format!("the answer is larger than {limit} bytes");
    TransportError::new(TransportErrorKind::TooLarge, Sent::Yes, message)
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let this = self.get_mut();
        match &mut this.0 {
            Kind::Empty => Poll::Ready(None),
            Kind::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                this.0 = Kind::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Kind::Stream(body) => body.get_mut().as_mut().poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Kind::Empty)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Bytes(bytes) => {
                u64::try_from(bytes.len()).map_or_else(|_| SizeHint::default(), SizeHint::with_exact)
            }
            // Behind the mutex that is never locked; the length stands in the headers.
            Kind::Stream(_) => SizeHint::default(),
        }
    }
}

impl From<Bytes> for ResponseBody {
    fn from(bytes: Bytes) -> Self {
        Self(if bytes.is_empty() { Kind::Empty } else { Kind::Bytes(bytes) })
    }
}

impl fmt::Debug for ResponseBody {
    /// Shows the shape, never the content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Empty => f.write_str("ResponseBody(empty)"),
            Kind::Bytes(bytes) => write!(f, "ResponseBody({} bytes)", bytes.len()),
            Kind::Stream(_) => f.write_str("ResponseBody(streaming)"),
        }
    }
}
