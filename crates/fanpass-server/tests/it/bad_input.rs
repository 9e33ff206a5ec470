//! Each kind of bad body but what JSON says: its status, a problem that names the place, nothing stored, and the service goes on.

use std::time::Duration;

use crate::harness::{Answer, Call, Harness, form, post, segment, update, upload, workbook};
use crate::snapshot;

/// The answer to a call that must leave nothing behind.
pub async fn refused(harness: &Harness, call: Call) -> Answer {
    let answer = harness.call(call).await;
    assert!((400..500).contains(&answer.status), "{answer}");
    nothing_stored(harness).await;
    answer
}

async fn nothing_stored(harness: &Harness) {
    let segments = harness.get("/service/v1/segments").await.json();
    assert_eq!(segments["segments"], serde_json::json!([]), "a segment was stored");
    assert_eq!(harness.get("/service/v1/user?userId=u1").await.status, 404, "a user was stored");
    let spooled = std::fs::read_dir(harness.folder.path().join("spool")).unwrap().count();
    assert_eq!(spooled, 0, "an upload was left behind");
}

#[tokio::test]
async fn a_body_that_is_packed() {
    let harness = Harness::start().await;
    for call in [segment(r#"{"segmentName":"cup","userIds":["a"]}"#), upload("cup", "a.csv", b"user_id\na\n")]
    {
        let answer = refused(&harness, call.header("content-encoding", "gzip")).await;
        assert_eq!(answer.status, 415, "{answer}");
    }
    let plain = segment(r#"{"segmentName":"cup","userIds":["a"]}"#).header("content-encoding", "identity");
    assert_eq!(harness.call(plain).await.status, 200);
}

#[tokio::test]
async fn lists_that_are_too_large_together() {
    let harness = Harness::with(|config| config.limits.inline_bytes_in_all = 60).await;
    let list = segment(r#"{"segmentName":"cup","userIds":["a","b","c","d","e","f","g","h","i","j"]}"#);
    let answer = harness.call(list).await;
    snapshot!("too_many_inline_bytes", answer);
    nothing_stored(&harness).await;
    for _ in 0..3 {
        let answer = harness.call(segment(r#"{"segmentName":"cup","userIds":["a"]}"#)).await;
        assert_eq!(answer.status, 200, "the room is given back: {answer}");
    }
}

#[tokio::test]
async fn content_types_that_are_not_taken() {
    let harness = Harness::start().await;
    let body = br#"{"segmentName":"cup","userIds":["a"]}"#;
    let typed = |path: &str, content_type: &str| post(path).header("content-type", content_type).body(body);
    snapshot!("wrong_type", refused(&harness, typed("/api/v1/segments", "text/csv")).await);
    snapshot!("no_type", refused(&harness, post("/api/v1/segments").body(body)).await);
    snapshot!("wrong_type_update", refused(&harness, typed("/api/v1/update_user", "text/json")).await);
    let without_boundary = typed("/api/v1/segments", "multipart/form-data");
    snapshot!("no_boundary", refused(&harness, without_boundary).await);
}

#[tokio::test]
async fn forms_that_are_not_whole() {
    let harness = Harness::start().await;
    snapshot!("no_file", refused(&harness, form(&[("segmentName", None, b"cup")])).await);
    snapshot!("no_name", refused(&harness, form(&[("file", Some("a.csv"), b"user_id\na\n")])).await);
    snapshot!("no_parts", refused(&harness, form(&[])).await);
    let two: [(&str, Option<&str>, &[u8]); 3] = [
        ("segmentName", None, b"cup"),
        ("file", Some("a.csv"), b"user_id\na\n"),
        ("file", Some("b.csv"), b"user_id\nb\n"),
    ];
    snapshot!("two_files", refused(&harness, form(&two)).await);
    let surplus: [(&str, Option<&str>, &[u8]); 2] =
        [("file", Some("a.csv"), b"user_id\na\n"), ("colour", None, b"append")];
    snapshot!("surplus_part", refused(&harness, form(&surplus)).await);
    snapshot!("bad_name_part", refused(&harness, upload(" cup", "a.csv", b"user_id\na\n")).await);
    let long = [b'x'; 5000];
    assert_eq!(refused(&harness, form(&[("segmentName", None, &long)])).await.status, 422);
}

#[tokio::test]
async fn files_that_cannot_be_imported() {
    let harness = Harness::start().await;
    let file = |name: &str, content: &[u8]| upload("cup", name, content);
    snapshot!("ambiguous_columns", refused(&harness, file("a.csv", b"seat,row\nA,1\nB,2\n")).await);
    snapshot!("empty_file", refused(&harness, file("a.csv", b"")).await);
    let protected = include_bytes!("../../../fanpass-table/tests/fixtures/protected.xlsx");
    snapshot!("password_protected", refused(&harness, file("fans.xlsx", protected)).await);
    let sheets = workbook(&[("Home", &["user_id", "a"]), ("Away", &["user_id", "b"])]);
    snapshot!("ambiguous_sheets", refused(&harness, file("fans.xlsx", &sheets)).await);
    snapshot!("damaged_workbook", refused(&harness, file("fans.xlsx", &sheets[..sheets.len() / 2])).await);
    snapshot!("not_a_table", refused(&harness, file("a.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")).await);
    let jsonl = file("a.jsonl", b"{\"user_id\":\"a\"}\n");
    snapshot!("format_not_of_the_api", refused(&harness, jsonl).await);
}

#[tokio::test]
async fn an_upload_that_ends_early() {
    let harness = Harness::start().await;
    let call = upload("cup", "a.csv", b"user_id\na\nb\n")
        .header("authorization", &format!("Bearer {}", harness.token));
    let whole = call.bytes();
    // Inside the file's content: the connection ends before the announced length.
    let answer = harness.exchange(&whole[..whole.len() - 20]).await;
    snapshot!("truncated_upload", answer);
    nothing_stored(&harness).await;

    // The form lacks its closing delimiter though the body is as long as announced.
    let form = b"--XXX\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\nuser_id\na";
    let open =
        post("/api/v1/segments").header("content-type", "multipart/form-data; boundary=XXX").body(form);
    assert_eq!(refused(&harness, open).await.status, 400);
}

#[tokio::test]
async fn a_part_of_a_form_that_is_not_sent_as_it_is() {
    let harness = Harness::start().await;
    let form = |headers: &str| {
        let text = format!(
            "--XXX\r\ncontent-disposition: form-data; name=\"segmentName\"\r\n\r\ncup\r\n\
             --XXX\r\ncontent-disposition: form-data; name=\"file\"\r\n{headers}\r\n\r\nuser_id\nfan=3D7\n\r\n--XXX--\r\n"
        );
        post("/api/v1/segments")
            .header("content-type", "multipart/form-data; boundary=XXX")
            .body(text.as_bytes())
    };
    let quoted = refused(&harness, form("content-transfer-encoding: quoted-printable")).await;
    snapshot!("encoded_part", quoted);
    for headers in ["Content-Transfer-Encoding: BASE64", "content-encoding: gzip"] {
        assert_eq!(refused(&harness, form(headers)).await.status, 415, "{headers}");
    }
    assert_eq!(harness.call(form("content-transfer-encoding: Binary")).await.status, 202);
}

#[tokio::test]
async fn a_json_body_that_ends_early() {
    let harness = Harness::start().await;
    let call = segment(r#"{"segmentName":"cup","userIds":["a"]}"#);
    let whole = call.header("authorization", &format!("Bearer {}", harness.token)).bytes();
    let answer = harness.exchange(&whole[..whole.len() - 2]).await;
    assert_eq!(answer.status, 400, "{answer}");
    nothing_stored(&harness).await;
}

#[tokio::test]
async fn bodies_past_their_limits() {
    let harness = Harness::with(|config| {
        config.limits.inline_body_bytes = 100;
        config.limits.body_bytes = 100;
        config.limits.upload_bytes = 1000;
    })
    .await;
    let list = format!(r#"{{"segmentName":"cup","userIds":["{}"]}}"#, "a".repeat(100));
    snapshot!("inline_too_large", refused(&harness, segment(&list)).await);
    let properties = format!(r#"{{"userId":"u1","userProperties":{{"custom.x":"{}"}}}}"#, "a".repeat(100));
    assert_eq!(refused(&harness, update(&properties)).await.status, 413);
    snapshot!("upload_too_large", refused(&harness, upload("cup", "a.csv", &[b'a'; 1001])).await);
}

#[tokio::test]
async fn a_client_that_sends_much_too_much_still_gets_its_answer() {
    let harness = Harness::with(|config| config.limits.upload_bytes = 1000).await;
    let content = vec![b'a'; 32 * 1024 * 1024];
    assert_eq!(refused(&harness, upload("cup", "a.csv", &content)).await.status, 413);
    let unknown = harness.call_as("x.y.z", upload("cup", "a.csv", &content)).await;
    assert_eq!(unknown.status, 401, "{unknown}");
}

#[tokio::test]
async fn a_chunked_body_past_its_limit() {
    let harness = Harness::with(|config| config.limits.inline_body_bytes = 100).await;
    let head = post("/api/v1/segments")
        .header("authorization", &format!("Bearer {}", harness.token))
        .header("content-type", "application/json")
        .header("transfer-encoding", "chunked")
        .bytes();
    let chunk = format!("40\r\n{}\r\n", " ".repeat(0x40));
    let answer = harness.exchange(&[&head[..], chunk.repeat(3).as_bytes(), b"0\r\n\r\n"].concat()).await;
    assert_eq!(answer.status, 413, "{answer}");
}

#[tokio::test]
async fn a_body_that_stalls() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let harness = Harness::with(|config| config.limits.body_pause = Duration::from_millis(20)).await;
    let whole = upload("cup", "a.csv", b"user_id\na\n")
        .header("authorization", &format!("Bearer {}", harness.token))
        .bytes();
    let mut stream = tokio::net::TcpStream::connect(&harness.address).await.unwrap();
    stream.write_all(&whole[..whole.len() - 20]).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    nothing_stored(&harness).await;
}

#[tokio::test]
async fn more_uploads_than_are_taken_at_a_time() {
    let harness = Harness::with(|config| config.limits.concurrent_uploads = 0).await;
    let answer = harness.call(upload("cup", "a.csv", b"user_id\na\n")).await;
    snapshot!("too_many_uploads", answer);
    nothing_stored(&harness).await;
}
