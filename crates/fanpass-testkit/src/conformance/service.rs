//! The HTTP service that the suite talks to: a plain function over any body, to be mounted wherever requests arrive.

use std::fmt::Display;
use std::future::pending;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use fanpass_transport::{Response, ResponseBody, TransportError};
use http::header::{CONTENT_LENGTH, HeaderValue, LOCATION};
use http::request::Parts;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::pattern;
use crate::answer;

const CHUNK: usize = 64 * 1024;

/// Answers the suite's requests, and counts what passes. Clones share the counts.
///
/// | path | answer |
/// | --- | --- |
/// | `/status/{code}` | that status |
/// | `/redirect` | 302 to `/status/200` |
/// | `/repeat` | the header `x-repeat` twice |
/// | `/inspect` | an [`Inspection`] of the request as JSON, after reading its body |
/// | `/bytes/{count}`, `/sized/{count}` | so many bytes of a pattern, without or with a length |
/// | `/hang` | none, ever |
#[derive(Clone, Debug, Default)]
pub struct Service {
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    received: AtomicU64,
    produced: AtomicU64,
    hanging: Notify,
}

/// A request as the service saw it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The headers in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// How many bytes the body had.
    pub length: u64,
    /// The body's CRC-32.
    pub checksum: u32,
    /// Whether the body arrived whole.
    pub whole: bool,
}

impl Inspection {
    /// The values of a header, in their order.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }
}

impl Service {
    /// Answers one request.
    pub async fn call<B>(&self, request: http::Request<B>) -> Response
    where
        B: Body + Send,
        B::Error: Display,
    {
        let (parts, body) = request.into_parts();
        let mut path = parts.uri.path().trim_start_matches('/').split('/');
        match (path.next().unwrap_or_default(), path.next().map(str::parse)) {
            ("status", Some(Ok(code))) => answer::status(u16::try_from(code).unwrap_or(500)),
            ("bytes", Some(Ok(count))) => Response::new(self.produce(count)),
            ("sized", Some(Ok(count))) => {
                let mut answer = Response::new(self.produce(count));
                answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(count));
                answer
            }
            ("redirect", None) => {
                let mut answer = answer::status(302);
                answer.headers_mut().insert(LOCATION, HeaderValue::from_static("/status/200"));
                answer
            }
            ("repeat", None) => {
                let mut answer = answer::status(200);
                answer.headers_mut().append("x-repeat", HeaderValue::from_static("one"));
                answer.headers_mut().append("x-repeat", HeaderValue::from_static("two"));
                answer
            }
            ("inspect", None) => answer::json(200, &self.inspect(parts, body).await),
            ("hang", None) => {
                self.counts.hanging.notify_one();
                pending().await
            }
            _ => answer::status(404),
        }
    }

    /// How many bytes of request bodies have arrived.
    pub fn received(&self) -> u64 {
        self.counts.received.load(Ordering::Relaxed)
    }

    /// How many bytes of answers have been asked for.
    pub fn produced(&self) -> u64 {
        self.counts.produced.load(Ordering::Relaxed)
    }

    /// Waits until a request hangs.
    pub async fn hanging(&self) {
        self.counts.hanging.notified().await;
    }

    async fn inspect<B>(&self, parts: Parts, body: B) -> Inspection
    where
        B: Body + Send,
        B::Error: Display,
    {
        let mut checksum = crc32fast::Hasher::new();
        let (mut length, mut whole) = (0, true);
        let mut body = pin!(body);
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                whole = false;
                break;
            };
            let Ok(mut data) = frame.into_data() else { continue };
            while data.has_remaining() {
                let chunk = data.chunk().len();
                checksum.update(data.chunk());
                data.advance(chunk);
                let chunk = u64::try_from(chunk).expect("a chunk's length");
                length += chunk;
                self.counts.received.fetch_add(chunk, Ordering::Relaxed);
            }
        }
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Inspection {
            method: parts.method.to_string(),
            target: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            length,
            checksum: checksum.finalize(),
            whole,
        }
    }

    fn produce(&self, count: u64) -> ResponseBody {
        ResponseBody::new(Produced { next: 0, count, counts: Arc::clone(&self.counts) })
    }
}

/// A body that is made as it is read.
struct Produced {
    next: u64,
    count: u64,
    counts: Arc<Counts>,
}

impl Body for Produced {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let left = self.count - self.next;
        if left == 0 {
            return Poll::Ready(None);
        }
        let chunk = pattern(self.next, usize::try_from(left).unwrap_or(CHUNK).min(CHUNK));
        let length = u64::try_from(chunk.len()).expect("a chunk's length");
        self.next += length;
        self.counts.produced.fetch_add(length, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.count == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
