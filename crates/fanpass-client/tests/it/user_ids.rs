//! Inline user ids: the list in memory and the source that is read as it is sent.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fanpass_client::{ErrorKind, UserIds};
use fanpass_model::{CreateSegmentRequest, UserId};
use fanpass_testkit::{CaptureTransport, Fault, FaultTransport, MockTransport};
use fanpass_transport::{Response, Sent};
use proptest::prelude::*;

use crate::support::{body_of, chunk_sizes, client, fixture, json, requests, segment, users};

fn receipt() -> Response {
    json(200, &fixture("create_segment/response"))
}

fn source(ids: Vec<UserId>) -> UserIds<'static> {
    UserIds::source(move || Ok(ids.clone().into_iter().map(Ok)))
}

fn numbered(count: u32) -> UserIds<'static> {
    UserIds::source(move || Ok((0..count).map(|n| Ok(UserId::new(format!("fan-{n:010}")).unwrap()))))
}

proptest! {
    #[test]
    fn a_list_and_a_source_send_the_same_json(ids in prop::collection::vec("[^\\s\\pC]([^\\pC]{0,30}[^\\s\\pC])?", 1..50)) {
        let ids = users(&ids.iter().map(String::as_str).collect::<Vec<_>>());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let list = body_of(requests().create_segment(&segment(), &ids).unwrap()).await;
            let streamed = body_of(requests().create_segment(&segment(), source(ids.clone())).unwrap()).await;
            assert_eq!(list, streamed);
            let read: CreateSegmentRequest = serde_json::from_str(&list).unwrap();
            assert_eq!(read, CreateSegmentRequest::new(segment(), ids));
        });
    }
}

#[tokio::test]
async fn a_source_is_sent_in_chunks_as_it_is_read() {
    let sizes = chunk_sizes(requests().create_segment(&segment(), numbered(100_000)).unwrap()).await;
    assert_eq!(
        sizes.iter().sum::<usize>(),
        r#"{"segmentName":"season-ticket-holders","userIds":[]}"#.len() + 100_000 * 17 - 1
    );
    assert!(sizes.len() > 6, "{sizes:?}");
    assert!(sizes.iter().all(|size| *size < 257 * 1024), "{sizes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_source_is_opened_again_for_another_attempt() {
    let opened = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&opened);
    let ids = UserIds::source(move || {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(users(&["00042", "fan-7"]).into_iter().map(Ok))
    });
    let transport = CaptureTransport::queue([receipt(), receipt()]);
    let faults = FaultTransport::scripted(transport.clone(), [Some(Fault::Lost)]);
    client(faults).create_segment(&segment(), ids).await.unwrap();
    assert_eq!(opened.load(Ordering::Relaxed), 2);
    let requests = transport.requests();
    assert_eq!(requests[0], requests[1]);
}

#[tokio::test]
async fn an_empty_list_sends_nothing() {
    let mut transport = MockTransport::new();
    transport.expect_send().never();
    let error = client(transport).create_segment(&segment(), &[]).await.unwrap_err();
    assert_eq!((error.kind(), error.sent(), error.attempts()), (ErrorKind::InvalidRequest, Sent::Never, 0));
    assert_eq!(error.to_string(), "Create/Update Segment: userIds is empty");
}

#[tokio::test]
async fn a_source_that_fails_breaks_the_request_off() {
    let broken = || io::Error::other("line 3 is no id");
    let sources = [
        (source(Vec::new()), "there are no user ids"),
        (
            UserIds::source(move || {
                Ok([UserId::new("00042").map_err(io::Error::other), Err(broken())].into_iter())
            }),
            "line 3 is no id",
        ),
        (UserIds::source(move || Err::<std::iter::Empty<_>, _>(broken())), "line 3 is no id"),
    ];
    for (ids, cause) in sources {
        let transport = CaptureTransport::queue([receipt()]);
        let error = client(transport.clone()).create_segment(&segment(), ids).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Source);
        let source = std::error::Error::source(&error).unwrap();
        assert!(source.to_string().contains(cause), "{source}");
        assert!(transport.requests().is_empty());
    }
}
