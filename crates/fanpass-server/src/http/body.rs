//! Reading a request's body: what type it is, how large it may be, how slowly it may arrive.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::problem::{Kind, Problem};
use crate::auth::Refusal;
use crate::config::Limits;

/// Time between two looks whether a caller is still admitted whose body arrives.
const LOOK: Duration = Duration::from_secs(1);

/// What a request says its body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentType {
    Json,
    Form,
    Other,
}

impl ContentType {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = value.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/json") {
            Self::Json
        } else if essence.eq_ignore_ascii_case("multipart/form-data") {
            Self::Form
        } else {
            Self::Other
        }
    }
}

/// The refusal of a body that is not one of the types `taken`.
pub(crate) fn wrong_type(headers: &HeaderMap, taken: &str) -> Problem {
    let detail = match headers.get(CONTENT_TYPE) {
        Some(found) => format!("the body is {found:?}; this operation takes {taken}"),
        None => format!("the request has no `Content-Type`; this operation takes {taken}"),
    };
    Problem::new(Kind::WRONG_TYPE, detail)
}

pub(crate) fn too_large(what: &str, limit: u64) -> Problem {
    Problem::new(Kind::TOO_LARGE, format!("{what} is larger than the {limit} bytes that this service takes"))
}

pub(crate) fn slow(pause: Duration) -> Problem {
    Problem::new(
        Kind::SLOW,
        format!(
            "nothing of the body arrived for {} s; nothing was stored: send the request again",
            pause.as_secs()
        ),
    )
}

pub(crate) fn truncated() -> Problem {
    Problem::new(
        Kind::MALFORMED,
        "the body ended before it was whole, or its chunks cannot be read; nothing was stored: send the request again",
    )
}

/// How long the body will be, as the client says.
pub(crate) fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The refusal of a body that has to be unpacked before it can be read.
pub(crate) fn refuse_encoded(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get(CONTENT_ENCODING) {
        Some(found) if !found.as_bytes().eq_ignore_ascii_case(b"identity") => Err(Problem::new(
            Kind::WRONG_TYPE,
            format!("the body has `Content-Encoding` {found:?}; send it as it is, or a file as a ZIP"),
        )),
        _ => Ok(()),
    }
}

/// Refuses a caller whose token has fallen since it was admitted: a body may take hours to arrive.
pub(crate) type Admitted<'a> = dyn Fn() -> Result<(), Refusal> + Sync + 'a;

/// Sees to it that a body keeps arriving: without long pauses, not in drips that would hold its place for days, and from a
/// caller who is still admitted.
pub(crate) struct Pace<'a> {
    pause: Duration,
    rate: u64,
    started: Instant,
    bytes: u64,
    admitted: &'a Admitted<'a>,
    /// When it was last seen whether the caller is.
    looked: Instant,
}

impl<'a> Pace<'a> {
    pub(crate) fn new(limits: &Limits, admitted: &'a Admitted<'a>) -> Self {
        let started = Instant::now();
        let (pause, rate) = (limits.body_pause, limits.body_rate);
        Self { pause, rate, started, bytes: 0, admitted, looked: started }
    }

    /// Counts what has arrived.
    pub(crate) fn arrived(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// Waits for the next part, and looks every second whether the caller is still admitted.
    pub(crate) async fn wait<T>(&mut self, part: impl Future<Output = T>) -> Result<T, Problem> {
        let mut arriving = pin!(part);
        let (end, drips) = self.end();
        loop {
            let look = self.looked + LOOK;
            let arrived = timeout_at(end.map_or(look, |end| end.min(look)), &mut arriving).await;
            if Instant::now() >= look {
                (self.admitted)()?;
                self.looked = Instant::now();
            }
            match arrived {
                Ok(part) => return Ok(part),
                Err(_) if end.is_none_or(|end| Instant::now() < end) => {}
                Err(_) if drips => return Err(dripping(self.rate)),
                Err(_) => return Err(slow(self.pause)),
            }
        }
    }

    /// Until when the next part is waited for, if not for ever, and whether it is then the whole body that is too slow.
    fn end(&self) -> (Option<Instant>, bool) {
        let earned = self.bytes.checked_div(self.rate).map(Duration::from_secs);
        let due = earned.and_then(|earned| self.started.checked_add(self.pause)?.checked_add(earned));
        let pause = Instant::now().checked_add(self.pause);
        match (pause, due) {
            (Some(pause), Some(due)) if due < pause => (Some(due), true),
            (pause, _) => (pause, false),
        }
    }
}

fn dripping(rate: u64) -> Problem {
    let detail = format!(
        "the body arrives at less than {rate} bytes a second; nothing was stored: send the request again over a faster line"
    );
    Problem::new(Kind::SLOW, detail)
}

/// Room for bodies that are held in memory, which all of a kind share.
#[derive(Debug)]
pub(crate) struct Room {
    all: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
}

impl Room {
    pub(crate) fn new(all: &Arc<Semaphore>) -> Self {
        Self { all: Arc::clone(all), taken: None }
    }

    fn take(&mut self, bytes: usize) -> Result<(), Problem> {
        let permit = u32::try_from(bytes)
            .ok()
            .and_then(|bytes| Arc::clone(&self.all).try_acquire_many_owned(bytes).ok());
        let permit = permit.ok_or_else(|| {
            Problem::unavailable(
                "bodies of as many bytes as this service holds at a time are under way; try again in a moment",
            )
        })?;
        match &mut self.taken {
            Some(taken) => taken.merge(permit),
            taken @ None => *taken = Some(permit),
        }
        Ok(())
    }
}

/// The whole of a body that is to be at most `limit` bytes, and to find `room`.
pub(crate) async fn collect(
    headers: &HeaderMap,
    mut body: Body,
    limit: u64,
    pace: &mut Pace<'_>,
    room: &mut Room,
) -> Result<Bytes, Problem> {
    refuse_encoded(headers)?;
    if declared_length(headers).is_some_and(|length| length > limit) {
        return Err(too_large("the body", limit));
    }
    let limit_in_memory = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = pace.wait(body.frame()).await? {
        let Ok(data) = frame.map_err(|_| truncated())?.into_data() else { continue };
        if first.len().max(rest.len()) + data.len() > limit_in_memory {
            return Err(too_large("the body", limit));
        }
        pace.arrived(data.len());
        room.take(data.len())?;
        // A body of one frame, the usual case, is used as it arrived.
        if first.is_empty() {
            first = data;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&data);
        }
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;

    use super::*;

    /// What becomes of a body that gives `bytes` bytes each second, for ten minutes.
    async fn receive(bytes: usize) -> Result<usize, u16> {
        let body = stream::unfold(0, move |second| async move {
            tokio::time::advance(Duration::from_secs(1)).await;
            (second < 600).then(|| (Ok::<_, Infallible>(Bytes::from(vec![b' '; bytes])), second + 1))
        });
        let mut pace = Pace::new(&Limits::default(), &|| Ok(()));
        let mut room = Room::new(&Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)));
        let collected =
            collect(&HeaderMap::new(), Body::from_stream(body), u64::MAX, &mut pace, &mut room).await;
        collected.map(|body| body.len()).map_err(|problem| problem.kind.status.as_u16())
    }

    #[tokio::test(start_paused = true)]
    async fn a_drip_is_not_waited_for_and_a_slow_line_is() {
        assert_eq!(receive(1).await, Err(408));
        assert_eq!(receive(4096).await, Ok(600 * 4096));
    }
}
