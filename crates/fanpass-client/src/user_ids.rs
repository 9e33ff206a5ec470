//! The user ids of a segment: a list in memory, or a source that is read as it is sent.

use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use fanpass_model::UserId;
use fanpass_transport::RequestBody;
use futures_core::Stream;
use futures_util::stream;
use tokio::task::spawn_blocking;

/// Bytes of JSON that are made at a time.
const CHUNK: usize = 256 * 1024;

type Ids = Box<dyn Iterator<Item = io::Result<UserId>> + Send>;
type Open = Arc<dyn Fn() -> io::Result<Ids> + Send + Sync>;

/// The user ids that make up a segment.
///
/// A slice or vector is sent from memory. [`source`](Self::source) is for more ids than one wants to hold: they are
/// read and written to the connection a chunk at a time, and read again if the request has to be repeated.
pub struct UserIds<'a>(Kind<'a>);

enum Kind<'a> {
    List(&'a [UserId]),
    Source(Open),
}

impl UserIds<'static> {
    /// Ids from an iterator that `open` can produce afresh for each attempt, such as the rows of a file.
    ///
    /// It is read on a thread for blocking work. The call fails with [`ErrorKind::Source`](crate::ErrorKind::Source)
    /// at the first error that it gives, and if it gives no id at all: an empty list would wipe the segment. The other
    /// side sees a request that was broken off, not a shorter list.
    pub fn source<I>(open: impl Fn() -> io::Result<I> + Send + Sync + 'static) -> Self
    where
        I: Iterator<Item = io::Result<UserId>> + Send + 'static,
    {
        let open = move || -> io::Result<Ids> { Ok(Box::new(open()?)) };
        Self(Kind::Source(Arc::new(open)))
    }
}

impl UserIds<'_> {
    /// Whether it is known beforehand that there are none.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.0, Kind::List([]))
    }

    /// The ids as the array of a JSON document, of which `head` and `tail` stand around the array.
    pub(crate) fn into_body(self, mut head: Vec<u8>, tail: &[u8]) -> Result<RequestBody, serde_json::Error> {
        match self.0 {
            Kind::List(ids) => {
                serde_json::to_writer(&mut head, ids)?;
                head.extend_from_slice(tail);
                Ok(head.into())
            }
            Kind::Source(open) => {
                let array = RequestBody::replayable(None, move || array(Arc::clone(&open)));
                let tail = Bytes::copy_from_slice(tail);
                Ok(RequestBody::chain([head.into(), array, tail.into()]))
            }
        }
    }
}

enum Reading {
    Closed(Open),
    Open(Ids),
    Done,
}

/// A JSON array of the ids that `open` gives, in chunks.
fn array(open: Open) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold(Reading::Closed(open), |reading| async {
        if matches!(reading, Reading::Done) {
            return Ok(None);
        }
        spawn_blocking(move || next_chunk(reading)).await.map_err(io::Error::other)?
    })
}

fn next_chunk(reading: Reading) -> io::Result<Option<(Bytes, Reading)>> {
    let mut chunk = Vec::with_capacity(CHUNK + 1024);
    let mut ids = match reading {
        Reading::Done => return Ok(None),
        Reading::Open(ids) => ids,
        Reading::Closed(open) => {
            let mut ids = open()?;
            let none = || io::Error::new(io::ErrorKind::InvalidData, "there are no user ids");
            let first = ids.next().ok_or_else(none)??;
            chunk.push(b'[');
            serde_json::to_writer(&mut chunk, &first)?;
            ids
        }
    };
    while chunk.len() < CHUNK {
        let Some(id) = ids.next() else {
            chunk.push(b']');
            return Ok(Some((chunk.into(), Reading::Done)));
        };
        chunk.push(b',');
        serde_json::to_writer(&mut chunk, &id?)?;
    }
    Ok(Some((chunk.into(), Reading::Open(ids))))
}

impl<'a> From<&'a [UserId]> for UserIds<'a> {
    fn from(ids: &'a [UserId]) -> Self {
        Self(Kind::List(ids))
    }
}

impl<'a> From<&'a Vec<UserId>> for UserIds<'a> {
    fn from(ids: &'a Vec<UserId>) -> Self {
        Self(Kind::List(ids))
    }
}

impl<'a, const N: usize> From<&'a [UserId; N]> for UserIds<'a> {
    fn from(ids: &'a [UserId; N]) -> Self {
        Self(Kind::List(ids))
    }
}

impl fmt::Debug for UserIds<'_> {
    /// Shows how many there are, never which.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::List(ids) => write!(f, "UserIds({})", ids.len()),
            Kind::Source(_) => f.write_str("UserIds(source)"),
        }
    }
}
