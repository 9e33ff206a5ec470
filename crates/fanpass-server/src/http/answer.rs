//! Room for answers: memory holds so many bytes of them, however slowly their clients read.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::problem::Problem;
use crate::app::App;

/// Bytes of an answer that needs no room: as much as its connection may hold anyway.
const FREE: usize = 64 << 10;
/// How long a call waits for its turn to make a long answer, and for room to send one.
pub(super) const TURN: Duration = Duration::from_secs(10);

/// An answer with its place and its room, which are free again once the last byte was sent or the connection has ended.
struct Placed {
    bytes: Vec<u8>,
    _permits: [Option<OwnedSemaphorePermit>; 2],
}

impl AsRef<[u8]> for Placed {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Waits for room for an answer, which may have a place among the long ones. One that is longer than all there is has all of it.
pub(super) async fn in_room(
    app: &App,
    bytes: Vec<u8>,
    place: Option<OwnedSemaphorePermit>,
) -> Result<Bytes, Problem> {
    if bytes.len() <= FREE && place.is_none() {
        return Ok(bytes.into());
    }
    if bytes.len() <= FREE {
        return Ok(Bytes::from_owner(Placed { bytes, _permits: [place, None] }));
    }
    let wanted = app.limits.answer_bytes_in_all.min(bytes.len().try_into().unwrap_or(u64::MAX));
    let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
    let room = timeout(TURN, Arc::clone(&app.answer_room).acquire_many_owned(wanted)).await;
    let room = room.ok().and_then(Result::ok).ok_or_else(|| {
        Problem::unavailable(
            "the answers that this service holds at a time wait for their clients to take them; try again in a moment",
        )
    })?;
    Ok(Bytes::from_owner(Placed { bytes, _permits: [place, Some(room)] }))
}
