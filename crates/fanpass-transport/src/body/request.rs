//! The request body: bytes, a source that can be opened again, or a stream that can be read once.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_util::{StreamExt as _, stream};
use http_body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::file::FileSource;
use super::{BoxStream, Exclusive};
use crate::{Sent, TransportError, TransportErrorKind};

/// How much of a file, a reader or a large body in memory is taken at a time: chunks of 4 KiB cost twenty times as much per byte, and
/// chunks of more than 1 MiB gain nothing.
pub(crate) const CHUNK: usize = 256 * 1024;

/// What a request sends.
///
/// Whether a request can be sent again is a property of its body: [`try_clone`](Self::try_clone) gives a
/// second body for bytes and for sources that can be reopened, and `None` for a stream that can be read once.
/// A body of any size streams through a constant amount of memory.
#[derive(Default)]
pub struct RequestBody(Kind);

#[derive(Default)]
enum Kind {
    #[default]
    Empty,
    Bytes(Bytes),
    Replayable {
        length: Option<u64>,
        open: Arc<dyn Fn() -> BoxStream + Send + Sync>,
    },
    Stream {
        remaining: Option<u64>,
        stream: Exclusive<BoxStream>,
    },
    Chain(VecDeque<RequestBody>),
    Watched {
        body: Box<RequestBody>,
        watch: Arc<dyn Fn(usize) + Send + Sync>,
    },
}

impl RequestBody {
    /// A body of no bytes.
    pub fn empty() -> Self {
        Self::default()
    }

    /// A body that `open` can produce afresh for each attempt, of `length` bytes if that is known beforehand.
    ///
    /// Sending fails with [`TransportErrorKind::RequestBody`] where the stream fails, and where it gives more
    /// or fewer bytes than `length`.
    pub fn replayable<S>(length: Option<u64>, open: impl Fn() -> S + Send + Sync + 'static) -> Self
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        Self(Kind::Replayable { length, open: Arc::new(move || boxed(open())) })
    }

    /// The content of a file, read in chunks of 256 KiB as it is sent.
    ///
    /// Length and modification time are remembered: each attempt opens the file again, and fails with
    /// [`TransportErrorKind::RequestBody`] if it has changed since.
    ///
    /// # Errors
    /// [`TransportErrorKind::RequestBody`] if the path cannot be read or is not a regular file.
    pub async fn file(path: impl Into<PathBuf>) -> Result<Self, TransportError> {
        let source = Arc::new(FileSource::inspect(path.into()).await?);
        let length = Some(source.length());
        let open = move || -> BoxStream { Box::pin(Arc::clone(&source).open()) };
        Ok(Self(Kind::Replayable { length, open: Arc::new(open) }))
    }

    /// A body that can be sent once, of unknown length.
    pub fn stream(stream: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Self {
        Self(Kind::Stream { remaining: None, stream: Exclusive::new(boxed(stream)) })
    }

    /// What a reader gives (a pipe, standard input): a body that can be sent once, of unknown length.
    pub fn reader(reader: impl AsyncRead + Send + 'static) -> Self {
        Self::stream(stream::try_unfold(Box::pin(reader), |mut reader| async move {
            let mut chunk = BytesMut::with_capacity(CHUNK);
            while chunk.len() < CHUNK && reader.read_buf(&mut chunk).await? > 0 {}
            Ok((!chunk.is_empty()).then(|| (chunk.freeze(), reader)))
        }))
    }

    /// The same body, announced as `length` bytes where it is a stream of unknown length; other bodies stay as they are.
    ///
    /// Sending fails with [`TransportErrorKind::RequestBody`] if the stream gives more or fewer.
    #[must_use]
    pub fn with_length(mut self, length: u64) -> Self {
        if let Kind::Stream { remaining: remaining @ None, .. } = &mut self.0 {
            *remaining = Some(length);
        }
        self
    }

    /// One body after another. It can be cloned if each part can, and has a length if each part has one.
    pub fn chain(parts: impl IntoIterator<Item = Self>) -> Self {
        Self(Kind::Chain(parts.into_iter().collect()))
    }

    /// The same body, with `watch` called with the length of each chunk as it is handed to the connection.
    /// A retry hands them out again.
    #[must_use]
    pub fn watched(self, watch: impl Fn(usize) + Send + Sync + 'static) -> Self {
        Self(Kind::Watched { body: Box::new(self), watch: Arc::new(watch) })
    }

    /// How many bytes are still to be sent, if that is known.
    pub fn content_length(&self) -> Option<u64> {
        match &self.0 {
            Kind::Empty => Some(0),
            Kind::Bytes(bytes) => u64::try_from(bytes.len()).ok(),
            Kind::Replayable { length, .. } => *length,
            Kind::Stream { remaining, .. } => *remaining,
            Kind::Chain(parts) => {
                parts.iter().try_fold(0_u64, |sum, part| sum.checked_add(part.content_length()?))
            }
            Kind::Watched { body, .. } => body.content_length(),
        }
    }

    /// Whether the whole body is in memory already, as small bodies are.
    pub fn is_buffered(&self) -> bool {
        matches!(self.0, Kind::Empty | Kind::Bytes(_))
    }

    /// The whole body where it is in memory already, as small bodies are.
    pub fn as_bytes(&self) -> Option<Bytes> {
        match &self.0 {
            Kind::Empty => Some(Bytes::new()),
            Kind::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }

    /// A second body of the same content, for another attempt; `None` if it can be read once only, or reading
    /// has begun.
    pub fn try_clone(&self) -> Option<Self> {
        Some(Self(match &self.0 {
            Kind::Empty => Kind::Empty,
            Kind::Bytes(bytes) => Kind::Bytes(bytes.clone()),
            Kind::Replayable { length, open } => Kind::Replayable { length: *length, open: Arc::clone(open) },
            Kind::Stream { .. } => return None,
            Kind::Chain(parts) => Kind::Chain(parts.iter().map(Self::try_clone).collect::<Option<_>>()?),
            Kind::Watched { body, watch } => {
                Kind::Watched { body: Box::new(body.try_clone()?), watch: Arc::clone(watch) }
            }
        }))
    }

    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        loop {
            match &mut self.0 {
                Kind::Empty => return Poll::Ready(None),
                // In pieces, so that whoever watches a large one sees it move.
                Kind::Bytes(bytes) if bytes.len() > CHUNK => {
                    return Poll::Ready(Some(Ok(bytes.split_to(CHUNK))));
                }
                Kind::Bytes(bytes) => {
                    let bytes = std::mem::take(bytes);
                    self.0 = Kind::Empty;
                    if !bytes.is_empty() {
                        return Poll::Ready(Some(Ok(bytes)));
                    }
                }
                Kind::Replayable { length, open } => {
                    self.0 = Kind::Stream { remaining: *length, stream: Exclusive::new(open()) };
                }
                Kind::Stream { remaining, stream } => {
                    let item = ready!(stream.get_mut().as_mut().poll_next(context));
                    let item = item.map(|chunk| chunk.and_then(|chunk| count(remaining, chunk)));
                    return Poll::Ready(match item {
                        None if remaining.is_some_and(|left| left > 0) => Some(Err(length_error("fewer"))),
                        item => item,
                    });
                }
                Kind::Chain(parts) => match parts.front_mut() {
                    None => return Poll::Ready(None),
                    Some(part) => match ready!(part.poll_chunk(context)) {
                        None => drop(parts.pop_front()),
                        chunk => return Poll::Ready(chunk),
                    },
                },
                Kind::Watched { body, watch } => {
                    let chunk = ready!(body.poll_chunk(context));
                    if let Some(Ok(chunk)) = &chunk {
                        watch(chunk.len());
                    }
                    return Poll::Ready(chunk);
                }
            }
        }
    }
}

/// Holds a stream to the length that was announced for it.
fn count(remaining: &mut Option<u64>, chunk: Bytes) -> Result<Bytes, TransportError> {
    if let Some(left) = remaining {
        let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        *left = left.checked_sub(length).ok_or_else(|| length_error("more"))?;
    }
    Ok(chunk)
}

fn length_error(relation: &str) -> TransportError {
    let message = format!("the request body gave {relation} bytes than announced");
    TransportError::new(TransportErrorKind::RequestBody, Sent::Unknown, message)
}

fn boxed(stream: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> BoxStream {
    Box::pin(stream.map(|chunk| {
        chunk.map_err(|error| {
            let message = "cannot read the request body";
            TransportError::new(TransportErrorKind::RequestBody, Sent::Unknown, message).with_source(error)
        })
    }))
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        self.get_mut().poll_chunk(context).map_ok(Frame::data)
    }

    fn is_end_stream(&self) -> bool {
        self.content_length() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.content_length().map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        Self(if bytes.is_empty() { Kind::Empty } else { Kind::Bytes(bytes) })
    }
}

impl From<Vec<u8>> for RequestBody {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for RequestBody {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for RequestBody {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl fmt::Debug for RequestBody {
    /// Shows the shape and the length, never the content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = match &self.0 {
            Kind::Empty | Kind::Bytes(_) => "Bytes",
            Kind::Replayable { .. } => "Replayable",
            Kind::Stream { .. } => "Once",
            Kind::Chain(_) => "Chain",
            Kind::Watched { body, .. } => return body.fmt(f),
        };
        f.debug_struct(shape).field("length", &self.content_length()).finish()
    }
}
