//! A file as a body: streamed, reopened, and refused once it has changed.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use fanpass_transport::{RequestBody, Sent, TransportError, TransportErrorKind};
use http_body_util::BodyExt as _;
use tempfile::TempDir;

const CHUNK: usize = 256 * 1024;

struct Upload {
    content: Vec<u8>,
    path: PathBuf,
    _folder: TempDir,
}

impl Upload {
    fn of(length: usize) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("holders.csv");
        let content: Vec<u8> = (0..=250).cycle().take(length).collect();
        fs::write(&path, &content).unwrap();
        Self { content, path, _folder: folder }
    }
}

async fn chunks(mut body: RequestBody) -> Result<Vec<bytes::Bytes>, TransportError> {
    let mut chunks = Vec::new();
    while let Some(frame) = body.frame().await {
        chunks.push(frame?.into_data().unwrap());
    }
    Ok(chunks)
}

#[tokio::test]
async fn a_file_is_sent_in_large_chunks_as_often_as_needed() {
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
        let upload = Upload::of(length);
        let body = RequestBody::file(&upload.path).await.unwrap();
        assert_eq!(body.content_length(), Some(length as u64));
        for _ in 0..2 {
            let chunks = chunks(body.try_clone().unwrap()).await.unwrap();
            assert!(chunks.concat() == upload.content, "{length} bytes");
            assert!(chunks.iter().rev().skip(1).all(|chunk| chunk.len() == CHUNK), "{length} bytes");
        }
    }
}

#[tokio::test]
async fn a_file_that_changed_between_attempts_is_refused() {
    let upload = Upload::of(1000);
    let body = RequestBody::file(&upload.path).await.unwrap();
    chunks(body.try_clone().unwrap()).await.expect("the first attempt reads it");

    let later = SystemTime::now() + Duration::from_hours(1);
    fs::File::options().append(true).open(&upload.path).unwrap().set_modified(later).unwrap();
    let error = chunks(body.try_clone().unwrap()).await.expect_err("another time of modification");
    assert_eq!((error.kind(), error.is_retryable()), (TransportErrorKind::RequestBody, false));

    fs::write(&upload.path, "other content").unwrap();
    chunks(body).await.expect_err("another length");
}

#[tokio::test]
async fn a_file_that_shrinks_while_it_is_sent_is_an_error() {
    let upload = Upload::of(8 * CHUNK);
    let mut body = RequestBody::file(&upload.path).await.unwrap();
    body.frame().await.unwrap().unwrap();
    fs::File::options().write(true).open(&upload.path).unwrap().set_len(5 * CHUNK as u64).unwrap();
    chunks(body).await.expect_err("it must not end as if it were whole");
}

#[tokio::test]
async fn what_cannot_be_read_fails_before_anything_is_sent() {
    let upload = Upload::of(0);
    for path in [upload.path.parent().unwrap().to_owned(), upload.path.join("missing")] {
        let error = RequestBody::file(&path).await.unwrap_err();
        assert_eq!((error.kind(), error.sent()), (TransportErrorKind::RequestBody, Sent::Never));
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
}
