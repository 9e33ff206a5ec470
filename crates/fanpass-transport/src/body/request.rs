//! The request body: bytes, a source that can be opened again, or a stream that can be read once.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_util::{StreamExt as _, stream};
use http_body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::content::{CHUNK, Content};
use super::file::FileSource;
use super::{BoxStream, Exclusive};
use crate::{Sent, TransportError, TransportErrorKind};

/// What a request sends.
///
/// Whether a request can be sent again is a property of its body: [`try_clone`](Self::try_clone) gives a
/// second body for bytes and for sources that can be reopened, and `None` for a stream that can be read once.
/// A body of any size streams through a constant amount of memory.
#[derive(Default)]
pub struct RequestBody(Content);

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
        Self(Content::Replayable { length, open: Arc::new(move || boxed(open())) })
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
        Ok(Self(Content::Replayable { length, open: Arc::new(open) }))
    }

    /// A body that can be sent once, of unknown length.
    pub fn stream(stream: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Self {
        Self(Content::Stream { remaining: None, stream: Exclusive::new(boxed(stream)) })
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
        if let Content::Stream { remaining: remaining @ None, .. } = &mut self.0 {
            *remaining = Some(length);
        }
        self
    }

    /// One body after another. It can be cloned if each part can, and has a length if each part has one.
    pub fn chain(parts: impl IntoIterator<Item = Self>) -> Self {
        Self(Content::Chain(parts.into_iter().map(|part| part.0).collect()))
    }

    /// The same body, with `watch` called with the length of each chunk as it is handed to the connection.
    /// A retry hands them out again.
    #[must_use]
    pub fn watched(self, watch: impl Fn(usize) + Send + Sync + 'static) -> Self {
        Self(Content::Watched { body: Box::new(self.0), watch: Arc::new(watch) })
    }

    /// How many bytes are still to be sent, if that is known.
    pub fn content_length(&self) -> Option<u64> {
        self.0.length()
    }

    /// Whether the whole body is in memory already, as small bodies are.
    pub fn is_buffered(&self) -> bool {
        matches!(self.0, Content::Empty | Content::Bytes(_))
    }

    /// The whole body where it is in memory already, as small bodies are.
    pub fn as_bytes(&self) -> Option<Bytes> {
        match &self.0 {
            Content::Empty => Some(Bytes::new()),
            Content::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }

    /// A second body of the same content, for another attempt; `None` if it can be read once only, or reading
    /// has begun.
    pub fn try_clone(&self) -> Option<Self> {
        self.0.try_clone().map(Self)
    }
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
        self.get_mut().0.poll_chunk(context).map_ok(Frame::data)
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
        Self(if bytes.is_empty() { Content::Empty } else { Content::Bytes(bytes) })
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
        f.debug_struct(self.0.shape()).field("length", &self.content_length()).finish()
    }
}
