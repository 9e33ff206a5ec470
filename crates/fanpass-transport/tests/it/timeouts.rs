//! An attempt that stands still is ended, one that moves is not. Time is paused.

use std::future::pending;
use std::time::Duration;

use bytes::Bytes;
use fanpass_testkit::{CaptureTransport, answer};
use fanpass_transport::middleware::AttemptTimeout;
use fanpass_transport::{
    Request, RequestBody, Response, ResponseBody, Sent, Transport, TransportError, TransportErrorKind,
};
use futures_util::{Stream, StreamExt as _, stream};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::time::{Instant, sleep};

use crate::post;

const LIMIT: Duration = Duration::from_secs(30);

/// Never answers.
#[derive(Debug)]
struct Silent;

impl Transport for Silent {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        pending().await
    }
}

/// Chunks, each after a while.
fn slowly(waits: Vec<Duration>) -> impl Stream<Item = Bytes> + Send {
    stream::iter(waits).then(|wait| async move {
        sleep(wait).await;
        Bytes::from("chunk")
    })
}

#[tokio::test(start_paused = true)]
async fn silence_ends_an_attempt() {
    let began = Instant::now();
    let error = AttemptTimeout::new(Silent, LIMIT).send(post("body")).await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (TransportErrorKind::Timeout, Sent::Unknown));
    assert_eq!(began.elapsed(), LIMIT);
}

#[tokio::test(start_paused = true)]
async fn an_upload_may_take_its_time_while_it_moves() {
    let reading = AttemptTimeout::new(CaptureTransport::new(|_| Ok(answer::status(200))), LIMIT);
    let moving = RequestBody::stream(slowly(vec![LIMIT * 9 / 10; 20]).map(Ok));
    assert_eq!(reading.send(post(moving)).await.unwrap().status(), 200);

    let stuck = RequestBody::stream(slowly(vec![LIMIT / 2, LIMIT * 3]).map(Ok));
    let error = reading.send(post(stuck)).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Timeout);
}

/// Takes a body chunk by chunk, as over a slow line.
#[derive(Debug)]
struct SlowLine(Duration);

impl Transport for SlowLine {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut body = request.into_body();
        while let Some(chunk) = body.frame().await {
            chunk?;
            sleep(self.0).await;
        }
        Ok(answer::status(200))
    }
}

#[tokio::test(start_paused = true)]
async fn a_large_body_in_memory_may_take_its_time_too() {
    let large = || post(RequestBody::from(vec![b' '; 4 << 20]));
    let slow = AttemptTimeout::new(SlowLine(LIMIT * 9 / 10), LIMIT);
    assert_eq!(slow.send(large()).await.unwrap().status(), 200);
    let stuck = AttemptTimeout::new(SlowLine(LIMIT * 3), LIMIT);
    assert_eq!(stuck.send(large()).await.unwrap_err().kind(), TransportErrorKind::Timeout);
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_take_its_time_while_it_arrives() {
    let answering = |waits: Vec<Duration>| {
        let mut body = Some(ResponseBody::new(StreamBody::new(slowly(waits).map(Frame::data).map(Ok))));
        AttemptTimeout::new(CaptureTransport::new(move |_| Ok(Response::new(body.take().unwrap()))), LIMIT)
    };
    let moving = answering(vec![LIMIT * 9 / 10; 20]).send(post("body")).await.unwrap();
    assert_eq!(moving.into_body().bytes(1000).await.unwrap().len(), 100);

    let stuck = answering(vec![LIMIT / 2, LIMIT * 2]).send(post("body")).await.unwrap();
    let error = stuck.into_body().bytes(1000).await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (TransportErrorKind::Timeout, Sent::Yes));
}
