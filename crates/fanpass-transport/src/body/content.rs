//! What a request body is made of, and how its chunks come out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use super::{BoxStream, Exclusive};
use crate::{Sent, TransportError, TransportErrorKind};

/// How much of a file, a reader or a large body in memory is taken at a time: chunks of 4 KiB cost twenty times as much per byte, and
/// chunks of more than 1 MiB gain nothing.
pub(crate) const CHUNK: usize = 256 * 1024;

/// What a request sends, or what is left of it.
#[derive(Default)]
pub(super) enum Content {
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
    Chain(VecDeque<Self>),
    Watched {
        body: Box<Self>,
        watch: Arc<dyn Fn(usize) + Send + Sync>,
    },
}

impl Content {
    /// How many bytes are still to come, if that is known.
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Bytes(bytes) => u64::try_from(bytes.len()).ok(),
            Self::Replayable { length, .. } => *length,
            Self::Stream { remaining, .. } => *remaining,
            Self::Chain(parts) => parts.iter().try_fold(0_u64, |sum, part| sum.checked_add(part.length()?)),
            Self::Watched { body, .. } => body.length(),
        }
    }

    /// The same content from its beginning; `None` if it can be read once only, or reading has begun.
    pub(super) fn try_clone(&self) -> Option<Self> {
        Some(match self {
            Self::Empty => Self::Empty,
            Self::Bytes(bytes) => Self::Bytes(bytes.clone()),
            Self::Replayable { length, open } => Self::Replayable { length: *length, open: Arc::clone(open) },
            Self::Stream { .. } => return None,
            Self::Chain(parts) => Self::Chain(parts.iter().map(Self::try_clone).collect::<Option<_>>()?),
            Self::Watched { body, watch } => {
                Self::Watched { body: Box::new(body.try_clone()?), watch: Arc::clone(watch) }
            }
        })
    }

    /// What to call it in messages to programmers.
    pub(super) fn shape(&self) -> &'static str {
        match self {
            Self::Empty | Self::Bytes(_) => "Bytes",
            Self::Replayable { .. } => "Replayable",
            Self::Stream { .. } => "Once",
            Self::Chain(_) => "Chain",
            Self::Watched { body, .. } => body.shape(),
        }
    }

    /// The next chunk of it; `None` at its end.
    pub(super) fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, TransportError>>> {
        loop {
            match self {
                Self::Empty => return Poll::Ready(None),
                // In pieces, so that whoever watches a large one sees it move.
                Self::Bytes(bytes) if bytes.len() > CHUNK => {
                    return Poll::Ready(Some(Ok(bytes.split_to(CHUNK))));
                }
                Self::Bytes(bytes) => {
                    let bytes = std::mem::take(bytes);
                    *self = Self::Empty;
                    if !bytes.is_empty() {
                        return Poll::Ready(Some(Ok(bytes)));
                    }
                }
                Self::Replayable { length, open } => {
                    *self = Self::Stream { remaining: *length, stream: Exclusive::new(open()) };
                }
                Self::Stream { remaining, stream } => {
                    let item = ready!(stream.get_mut().as_mut().poll_next(context));
                    let item = item.map(|chunk| chunk.and_then(|chunk| count(remaining, chunk)));
                    return Poll::Ready(match item {
                        None if remaining.is_some_and(|left| left > 0) => Some(Err(length_error("fewer"))),
                        item => item,
                    });
                }
                Self::Chain(parts) => match parts.front_mut() {
                    None => return Poll::Ready(None),
                    Some(part) => match ready!(part.poll_chunk(context)) {
                        None => drop(parts.pop_front()),
                        chunk => return Poll::Ready(chunk),
                    },
                },
                Self::Watched { body, watch } => {
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
