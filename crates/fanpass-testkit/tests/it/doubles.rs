//! Capture, mock and faults.

use fanpass_testkit::{
    CaptureTransport, Fault, FaultTransport, MockTransport, TestServer, answer, snapshots,
};
use fanpass_transport::{RequestBody, Sent, Transport as _, TransportErrorKind};

use crate::post;

const FORM: &str = "--B\r\ncontent-disposition: form-data; name=\"segmentName\"\r\n\r\nholders\r\n\
    --B\r\ncontent-disposition: form-data; name=\"file\"; filename=\"h.csv\"\r\ncontent-type: text/csv\r\n\r\n\
    id\r\n0042\r\n\r\n--B--\r\n";

#[tokio::test]
async fn a_captured_request_has_a_normal_form() {
    let capture = CaptureTransport::new(|_| Ok(answer::status(200)));
    let mut json = post("/update?x=1", "application/json", r#"{"b":[1,"1e5"],"a":null}"#);
    json.headers_mut().insert("authorization", "Bearer secret".parse().unwrap());
    json.headers_mut().append("accept", "b".parse().unwrap());
    json.headers_mut().append("accept", "a".parse().unwrap());
    let form = post("/segments", "multipart/form-data; boundary=B", FORM);
    let binary = post("/segments", "application/zip", RequestBody::from(vec![0x50, 0x4b, 0xff]));
    for request in [json, form, binary] {
        capture.send(request).await.unwrap();
    }
    snapshots::settings().bind(|| insta::assert_json_snapshot!(capture.requests()));
}

#[tokio::test]
async fn a_queue_ends_with_an_error() {
    let capture = CaptureTransport::queue([answer::status(200)]);
    assert!(capture.send(post("/", "text/plain", "")).await.is_ok());
    assert!(capture.send(post("/", "text/plain", "")).await.is_err());
    assert_eq!(capture.requests().len(), 2);
}

#[tokio::test]
async fn a_mock_holds_a_test_to_its_expectations() {
    let mut mock = MockTransport::new();
    mock.expect_send()
        .times(1)
        .withf(|request| request.uri().path() == "/once")
        .returning(|_| Ok(answer::status(200)));
    assert_eq!(mock.send(post("/once", "text/plain", "")).await.unwrap().status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_seed_decides_which_requests_fail() {
    let outcomes = async |seed| {
        let inner = CaptureTransport::new(|_| Ok(answer::status(200)));
        let faults = vec![Fault::Refused, Fault::Lost, Fault::Status(500)];
        let transport = FaultTransport::seeded(inner.clone(), seed, 100, faults);
        let mut outcomes = Vec::new();
        for _ in 0..1000 {
            let outcome = transport.send(post("/", "text/plain", "")).await;
            outcomes.push(outcome.map(|answer| answer.status().as_u16()).map_err(|error| error.sent()));
        }
        let arrived =
            outcomes.iter().filter(|outcome| matches!(outcome, Ok(200) | Err(Sent::Unknown))).count();
        assert_eq!(inner.requests().len(), arrived, "what was lost arrived, what was refused did not");
        outcomes
    };
    let first = outcomes(1).await;
    let failed = first.iter().filter(|outcome| **outcome != Ok(200)).count();
    assert!((60..140).contains(&failed), "{failed} of 1000 at a rate of 100");
    for kind in [Ok(500), Err(Sent::Never), Err(Sent::Unknown)] {
        assert!(first.contains(&kind), "{kind:?} never happens");
    }
    assert_eq!(first, outcomes(1).await);
    assert_ne!(first, outcomes(2).await);
}

#[tokio::test]
async fn a_truncated_answer_ends_in_an_error() {
    let inner = CaptureTransport::new(|_| Ok(answer::json(200, &"0123456789")));
    let transport = FaultTransport::scripted(inner, [Some(Fault::Truncated)]);
    let error =
        transport.send(post("/", "text/plain", "")).await.unwrap().into_body().bytes(100).await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (TransportErrorKind::Interrupted, Sent::Yes));
}

#[tokio::test]
async fn snapshots_leave_out_what_the_machine_chooses() {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{} {}", server.origin(), folder.path().join("data.csv").display());
    snapshots::settings().bind(|| insta::assert_snapshot!(text, @"http://127.0.0.1:[PORT] [TMP]/data.csv"));
}
