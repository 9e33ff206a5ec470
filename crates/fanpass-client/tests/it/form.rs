//! The multipart form of an upload, read back by a parser that is not ours.

use std::convert::Infallible;

use fanpass_client::{BaseUrl, Boundary, Requests, Upload};
use fanpass_model::SegmentName;
use futures_util::stream;
use http_body_util::BodyExt as _;
use proptest::prelude::*;

use crate::support::{body_of, requests};

#[tokio::test]
async fn a_form_looks_like_this() {
    let segment = SegmentName::new("Żółć & \"co\"").unwrap();
    let file = Upload::bytes("hol\"ders\r\n.csv", "fan_id\n00042\n").open().await.unwrap();
    let request = requests().import_segment(&segment, file).unwrap();
    assert_eq!(request.headers()["content-type"], "multipart/form-data; boundary=boundary");
    let expected = "--boundary\r\n\
        Content-Disposition: form-data; name=\"segmentName\"\r\n\r\n\
        Żółć & \"co\"\r\n\
        --boundary\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"hol%22ders%0D%0A.csv\"\r\n\
        Content-Type: text/csv\r\n\r\n\
        fan_id\n00042\n\r\n\
        --boundary--\r\n";
    assert_eq!(body_of(request).await, expected);
}

#[test]
fn boundaries_are_plain_and_differ() {
    for refused in ["", "a b", "a\"b", "a:b", "é", &"a".repeat(71)] {
        assert_eq!(Boundary::new(refused), None, "{refused:?}");
    }
    assert!(Boundary::new(&"a".repeat(70)).is_some());
    assert_ne!(Boundary::random(), Boundary::random());
}

/// What a file may hold, some of which looks like the form around it.
fn contents() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..400),
        "(--|boundary|\r\n|\r|\n|--fanpass-){0,20}".prop_map(String::into_bytes),
    ]
}

async fn check(segment: &str, file_name: &str, content: &[u8]) {
    let requests = Requests::new(BaseUrl::parse("fanpass.example").unwrap()).unwrap();
    let file = Upload::bytes(file_name, content.to_vec()).open().await.unwrap();
    let request = requests.import_segment(&SegmentName::new(segment).unwrap(), file).unwrap();
    let announced = request.body().content_length();
    let boundary = multer::parse_boundary(request.headers()["content-type"].to_str().unwrap()).unwrap();
    let form = request.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(announced, Some(form.len() as u64));
    let mut parser = multer::Multipart::new(stream::iter([Ok::<_, Infallible>(form)]), boundary);

    let text = parser.next_field().await.unwrap().unwrap();
    assert_eq!((text.name(), text.file_name()), (Some("segmentName"), None));
    assert_eq!(text.bytes().await.unwrap(), segment);

    let file = parser.next_field().await.unwrap().unwrap();
    assert_eq!(file.name(), Some("file"));
    assert!(file.content_type().is_some());
    let parsed = file.file_name().unwrap();
    let special = |character: char| character.is_ascii_control() || "\"\\".contains(character);
    if file_name.contains(special) {
        assert!(!parsed.contains(special), "{parsed:?}");
    } else {
        assert_eq!(parsed, file_name);
    }
    assert_eq!(file.bytes().await.unwrap(), content);
    assert!(parser.next_field().await.unwrap().is_none());
}

proptest! {
    #[test]
    fn any_names_and_contents_arrive(
        segment in r"[^\s\pC]([^\pC]{0,30}[^\s\pC])?",
        file_name in prop_oneof!["[ -~]{0,40}", any::<String>()],
        content in contents(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(check(&segment, &file_name, &content));
    }
}
