//! What bodies give, and whether they can be sent again.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use fanpass_transport::{RequestBody, ResponseBody, TransportError, TransportErrorKind};
use futures_util::stream;
use http_body::Body as _;
use http_body_util::{BodyExt as _, StreamBody};
use proptest::prelude::*;

async fn collect(body: RequestBody) -> Result<Bytes, TransportError> {
    Ok(body.collect().await?.to_bytes())
}

fn once(chunks: Vec<&'static str>) -> RequestBody {
    RequestBody::stream(stream::iter(chunks.into_iter().map(|chunk| Ok(Bytes::from(chunk)))))
}

fn replayable(length: u64, chunks: Vec<&'static str>) -> RequestBody {
    let open = move || stream::iter(chunks.clone().into_iter().map(|chunk| Ok(Bytes::from(chunk))));
    RequestBody::replayable(Some(length), open)
}

#[tokio::test]
async fn bytes_are_shared_by_all_attempts() {
    let content = Bytes::from(vec![7; 1000]);
    let body = RequestBody::from(content.clone());
    let clone = body.try_clone().expect("bytes can be sent again");
    assert_eq!(clone.content_length(), Some(1000));
    let sent = collect(clone).await.unwrap();
    assert_eq!(sent.as_ptr(), content.as_ptr(), "no copy is made");
    assert_eq!(collect(body).await.unwrap(), content);
}

#[tokio::test]
async fn a_replayable_body_starts_afresh_each_time() {
    let body = replayable(6, vec!["abc", "def"]);
    for _ in 0..2 {
        assert_eq!(collect(body.try_clone().unwrap()).await.unwrap(), "abcdef");
    }
    assert_eq!(body.content_length(), Some(6));
}

#[tokio::test]
async fn a_body_that_was_begun_cannot_be_cloned() {
    let mut body = replayable(6, vec!["abc", "def"]);
    body.frame().await.unwrap().unwrap();
    assert!(body.try_clone().is_none());
    assert_eq!(body.content_length(), Some(3), "the length is what is left");
}

#[tokio::test]
async fn a_stream_can_be_sent_once_and_has_no_length() {
    let body = once(vec!["abc", "def"]);
    assert!(body.try_clone().is_none());
    assert_eq!((body.content_length(), body.size_hint().exact()), (None, None));
    assert_eq!(collect(body).await.unwrap(), "abcdef");
}

#[tokio::test]
async fn a_reader_is_sent_in_few_chunks() {
    let content: Vec<u8> = (0..=255).cycle().take(700_000).collect();
    let mut body = RequestBody::reader(io::Cursor::new(content.clone()));
    let mut chunks = Vec::new();
    while let Some(frame) = body.frame().await {
        chunks.push(frame.unwrap().into_data().unwrap());
    }
    assert_eq!(chunks.len(), 3, "chunks of 256 KiB");
    assert!(chunks.concat() == content);
}

#[tokio::test]
async fn a_source_must_keep_to_its_length() {
    for (announced, relation) in [(5, "more"), (7, "fewer")] {
        let error = collect(replayable(announced, vec!["abc", "def"])).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::RequestBody);
        assert!(error.to_string().contains(relation), "{error}");
    }
}

#[tokio::test]
async fn a_chain_is_as_good_as_its_parts() {
    let chain =
        RequestBody::chain([RequestBody::from("<"), replayable(3, vec!["a", "bc"]), RequestBody::from(">")]);
    assert_eq!(chain.content_length(), Some(5));
    assert_eq!(collect(chain.try_clone().unwrap()).await.unwrap(), "<abc>");
    assert_eq!(collect(chain).await.unwrap(), "<abc>");

    let chain = RequestBody::chain([RequestBody::from("<"), once(vec!["abc"])]);
    assert_eq!(chain.content_length(), None);
    assert!(chain.try_clone().is_none());
    assert_eq!(collect(chain).await.unwrap(), "<abc");
}

#[tokio::test]
async fn a_watcher_sees_each_attempt() {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let body = replayable(6, vec!["abc", "def"]).watched(move |length| {
        counter.fetch_add(length, Ordering::Relaxed);
    });
    collect(body.try_clone().unwrap()).await.unwrap();
    assert_eq!(seen.load(Ordering::Relaxed), 6);
    collect(body).await.unwrap();
    assert_eq!(seen.load(Ordering::Relaxed), 12);
}

#[tokio::test]
async fn debug_shows_no_content() {
    let bodies = [RequestBody::from("secret"), replayable(6, vec!["secret"]), once(vec!["secret"])];
    insta::assert_snapshot!(
        format!("{bodies:?} {:?}", ResponseBody::from(Bytes::from("secret"))),
        @"[Bytes { length: Some(6) }, Replayable { length: Some(6) }, Once { length: None }] ResponseBody(6 bytes)"
    );
}

#[tokio::test]
async fn an_answer_is_collected_up_to_its_limit() {
    let frames = || stream::iter(["abc", "def"].map(|chunk| Ok(http_body::Frame::data(Bytes::from(chunk)))));
    let bodies = || [ResponseBody::from(Bytes::from("abcdef")), ResponseBody::new(StreamBody::new(frames()))];
    for body in bodies() {
        assert_eq!(body.bytes(6).await.unwrap(), "abcdef");
    }
    for body in bodies() {
        assert_eq!(body.bytes(5).await.unwrap_err().kind(), TransportErrorKind::TooLarge);
    }
}

proptest! {
    #[test]
    fn a_chain_sends_its_parts_in_order(parts: Vec<Vec<u8>>, split in 1_usize..9) {
        let bodies: Vec<_> = parts.iter().enumerate().map(|(index, part)| {
            let chunks: Vec<_> = part.chunks(split).map(Bytes::copy_from_slice).collect();
            let open = move || stream::iter(chunks.clone().into_iter().map(Ok));
            match index % 3 {
                0 => RequestBody::from(part.clone()),
                1 => RequestBody::replayable(Some(part.len() as u64), open),
                _ => RequestBody::chain([RequestBody::replayable(Some(part.len() as u64), open)]),
            }
        }).collect();
        let chain = RequestBody::chain(bodies);
        let whole = parts.concat();
        prop_assert_eq!(chain.content_length(), Some(whole.len() as u64));
        let again = chain.try_clone().expect("all parts can be sent again");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for body in [chain, again] {
            prop_assert_eq!(&runtime.block_on(collect(body)).unwrap(), &whole);
        }
    }
}
