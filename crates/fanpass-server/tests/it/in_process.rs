//! The service as a transport: the same answers without a socket, bodies streamed.

use bytes::Bytes;
use fanpass_transport::{Request, RequestBody, Transport as _, TransportErrorKind};
use futures_util::stream;

use crate::harness::Harness;

fn request(harness: &Harness, path: &str, content_type: &str, body: RequestBody) -> Request {
    http::Request::post(format!("http://local{path}"))
        .header("authorization", format!("Bearer {}", harness.token))
        .header("content-type", content_type)
        .body(body)
        .unwrap()
}

#[tokio::test]
async fn it_answers_as_the_socket_does() {
    let harness = Harness::start().await;
    let transport = harness.service.transport();
    let body = r#"{"segmentName":"cup","userIds":["a"]}"#;
    let answer =
        transport.send(request(&harness, "/api/v1/segments", "application/json", body.into())).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("x-request-id"));
    let answer = answer.into_body().bytes(1000).await.unwrap();
    assert!(answer.ends_with(br#""status":"completed"}"#), "{answer:?}");
    assert_eq!(harness.get("/service/v1/segment?segmentName=cup").await.json()["memberCount"], 1);
}

#[tokio::test]
async fn an_upload_streams_through() {
    let harness = Harness::start().await;
    let head = "--XXX\r\ncontent-disposition: form-data; name=\"segmentName\"\r\n\r\ncup\r\n\
                --XXX\r\ncontent-disposition: form-data; name=\"file\"; filename=\"cup.csv\"\r\n\r\nuser_id\n";
    let rows = (0..1000).map(|row| Ok(Bytes::from(format!("{row}\n"))));
    let body =
        RequestBody::chain([head.into(), RequestBody::stream(stream::iter(rows)), "\r\n--XXX--\r\n".into()]);
    let request = request(&harness, "/api/v1/segments", "multipart/form-data; boundary=XXX", body);
    let answer = harness.service.transport().send(request).await.unwrap();
    assert_eq!(answer.status(), 202);
    let answer: serde_json::Value =
        serde_json::from_slice(&answer.into_body().bytes(1000).await.unwrap()).unwrap();
    let status = harness.ended(answer["firebase_imported_segment_id"].as_str().unwrap()).await;
    assert_eq!(status["imported_rows"], 1000);
}

#[tokio::test]
async fn a_body_that_fails_is_the_senders_error_and_nothing_is_stored() {
    let harness = Harness::start().await;
    let broken =
        [Ok(Bytes::from_static(b"{\"segmentName\":")), Err(std::io::Error::other("the disk is gone"))];
    let body = RequestBody::stream(stream::iter(broken));
    let request = request(&harness, "/api/v1/segments", "application/json", body);
    let error = harness.service.transport().send(request).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::RequestBody);
    assert_eq!(harness.get("/service/v1/segments").await.json()["segments"], serde_json::json!([]));
}
