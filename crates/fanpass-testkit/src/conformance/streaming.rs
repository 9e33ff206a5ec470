//! Bodies of any size pass through a constant amount of memory: seen by counting what is under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fanpass_transport::{DynTransport, RequestBody};
use futures_util::stream;
use http_body_util::BodyExt as _;

use super::service::Service;
use super::{get, inspect, pattern};

const MEBIBYTE: u64 = 1 << 20;
const TOTAL: u64 = 96 * MEBIBYTE;
const CHUNK: u64 = 256 * 1024;
/// What may be under way: a few chunks, and the sockets' buffers on both sides, which Linux lets grow to 36 MiB.
const LIMIT: u64 = 48 * MEBIBYTE;

/// Of a large upload, little more is taken from its source than has arrived.
pub(super) async fn uploads_hold_little_in_memory(transport: &DynTransport, origin: &str, service: &Service) {
    let before = service.received();
    let ahead = Arc::new(AtomicU64::new(0));
    let (watched, arrived) = (Arc::clone(&ahead), service.clone());
    let chunk = pattern(0, usize::try_from(CHUNK).expect("a chunk's length"));
    let body = RequestBody::replayable(Some(TOTAL), move || {
        let (ahead, arrived, chunk) = (Arc::clone(&watched), arrived.clone(), chunk.clone());
        stream::iter((1..=TOTAL / CHUNK).map(move |number| {
            let under_way = (number * CHUNK).saturating_sub(arrived.received() - before);
            ahead.fetch_max(under_way, Ordering::Relaxed);
            Ok(chunk.clone())
        }))
    });
    let seen = inspect(transport, origin, body).await;
    assert_eq!(seen.length, TOTAL);
    let ahead = ahead.load(Ordering::Relaxed);
    assert!(ahead <= LIMIT, "{ahead} bytes of the upload were taken before any of them had arrived");
}

/// Of a large answer, little more is asked for than has been read, and it may be dropped half-way.
pub(super) async fn downloads_hold_little_in_memory(
    transport: &DynTransport,
    origin: &str,
    service: &Service,
) {
    let before = service.produced();
    let mut body = get(transport, origin, format_args!("/sized/{TOTAL}")).await.into_body();
    let mut read = 0;
    while read < TOTAL / 2 {
        let frame = body.frame().await.expect("the answer has not ended").expect("nor failed");
        read += u64::try_from(frame.into_data().expect("data").len()).expect("a length");
        let ahead = (service.produced() - before).saturating_sub(read);
        assert!(ahead <= LIMIT, "{ahead} bytes of the answer were asked for before any of them was read");
    }
    drop(body);
    assert_eq!(get(transport, origin, "/status/200").await.status(), 200);
}
