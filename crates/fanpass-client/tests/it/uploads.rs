//! Uploads from a path, bytes and a reader: what is sent, how much at a time, how often.

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fanpass_client::{ErrorKind, Upload};
use fanpass_testkit::{CaptureTransport, CapturedBody, CapturedRequest, Fault, FaultTransport};
use fanpass_transport::{Request, Response, Sent, TransportErrorKind};
use http_body_util::BodyExt as _;

use crate::support::{body_of, chunk_sizes, client, fixture, json, requests, segment};

const CHUNK: usize = 256 * 1024;
const CONTENT: &str = "fan_id\n00042\n";

fn receipt() -> Response {
    json(202, &fixture("import_segment/response"))
}

async fn request(upload: Upload) -> Request {
    requests().import_segment(&segment(), upload.open().await.unwrap()).unwrap()
}

fn file(request: &CapturedRequest) -> &CapturedBody {
    let CapturedBody::Multipart(parts) = &request.body else { panic!("no form was sent") };
    &parts[1].body
}

/// A folder with `holders.csv` in it.
fn folder(content: impl AsRef<[u8]>) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("holders.csv");
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

#[tokio::test]
async fn a_path_is_sent_under_its_name_with_its_length() {
    let (_folder, path) = folder(CONTENT);
    let transport = CaptureTransport::queue([receipt()]);
    let receipt = client(transport.clone()).import_segment(&segment(), Upload::path(&path)).await.unwrap();
    assert_eq!(serde_json::to_string(&receipt).unwrap(), fixture("import_segment/response"));
    let sent = &transport.requests()[0];
    assert_eq!(file(sent), &CapturedBody::Text(CONTENT.to_owned()));

    let body = body_of(request(Upload::path(&path)).await).await;
    assert_eq!(sent.announced, Some(body.len() as u64));
    assert!(body.contains("filename=\"holders.csv\"\r\nContent-Type: text/csv\r\n"), "{body}");
    let body = body_of(request(Upload::path(&path).named("fans.zip")).await).await;
    assert!(body.contains("filename=\"fans.zip\"\r\nContent-Type: application/zip\r\n"), "{body}");
}

#[tokio::test]
async fn the_content_type_follows_the_extension() {
    let cases = [
        ("a.csv", "text/csv"),
        ("a.XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("a.xls", "application/vnd.ms-excel"),
        ("a.csv.ZIP", "application/zip"),
        ("a.bin", "application/octet-stream"),
        ("csv", "application/octet-stream"),
        ("", "application/octet-stream"),
    ];
    for (name, content_type) in cases {
        let body = body_of(request(Upload::bytes(name, "x")).await).await;
        assert!(body.contains(&format!("filename=\"{name}\"\r\nContent-Type: {content_type}\r\n")), "{body}");
    }
}

#[tokio::test]
async fn large_uploads_go_out_in_chunks_and_are_counted() {
    let (_folder, path) = folder(vec![b'1'; 3 * CHUNK + 5]);
    let counted = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&counted);
    let upload = Upload::path(&path).watched(move |length| _ = count.fetch_add(length, Ordering::Relaxed));
    let sizes = chunk_sizes(request(upload).await).await;
    assert_eq!(sizes[1..sizes.len() - 1], [CHUNK, CHUNK, CHUNK, 5]);
    assert_eq!(counted.load(Ordering::Relaxed), 3 * CHUNK + 5);

    let reader = Cursor::new(vec![b'1'; 2 * CHUNK + 5]);
    let sizes = chunk_sizes(request(Upload::reader("stdin.csv", reader, None)).await).await;
    assert_eq!(sizes[1..sizes.len() - 1], [CHUNK, CHUNK, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_path_and_bytes_are_sent_again_a_reader_is_not() {
    let (_folder, path) = folder(CONTENT);
    for upload in [Upload::path(&path), Upload::bytes("holders.csv", CONTENT)] {
        let transport = CaptureTransport::queue([receipt(), receipt()]);
        let faults = FaultTransport::scripted(transport.clone(), [Some(Fault::Lost)]);
        client(faults).import_segment(&segment(), upload).await.unwrap();
        let requests = transport.requests();
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[0], requests[1]);
    }

    let transport = CaptureTransport::queue([receipt(), receipt()]);
    let faults = FaultTransport::scripted(transport.clone(), [Some(Fault::Lost)]);
    let upload = Upload::reader("stdin.csv", Cursor::new(CONTENT), Some(13));
    let error = client(faults).import_segment(&segment(), upload).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.sent()), (ErrorKind::Transport, 1, Sent::Unknown));
    assert_eq!(transport.requests().len(), 1);
}

#[tokio::test]
async fn a_reader_is_held_to_the_length_it_announced() {
    let announced = |length| Upload::reader("stdin.csv", Cursor::new(CONTENT), length);
    assert_eq!(request(announced(None)).await.body().content_length(), None);
    assert!(request(announced(Some(13))).await.body().content_length().is_some());
    for length in [12, 14] {
        let transport = CaptureTransport::queue([receipt()]);
        let error = client(transport).import_segment(&segment(), announced(Some(length))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Source, "{length}: {error}");
    }
}

#[tokio::test]
async fn a_path_that_cannot_be_read_sends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().join("missing.csv"), folder.path().to_owned()] {
        let transport = CaptureTransport::queue([receipt()]);
        let client = client(transport.clone());
        let error = client.import_segment(&segment(), Upload::path(&path)).await.unwrap_err();
        assert_eq!((error.kind(), error.sent(), error.attempts()), (ErrorKind::Source, Sent::Never, 0));
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        assert!(transport.requests().is_empty());
    }
}

#[tokio::test]
async fn a_file_that_changes_before_it_is_sent_is_not_sent_whole() {
    let (_folder, path) = folder(CONTENT);
    let request = request(Upload::path(&path)).await;
    std::fs::write(&path, "fan_id\n").unwrap();
    let error = request.into_body().collect().await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::RequestBody);
}
