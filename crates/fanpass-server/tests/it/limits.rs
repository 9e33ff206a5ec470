//! Each limit crossed by one: what is just within it is taken, what is just past it is answered with a problem.

use std::fmt::Write as _;
use std::time::Duration;

use fanpass_server::Config;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Answer, Call, Harness, form, segment, update, upload, workbook};
use crate::snapshot;

/// What each limit says, for a snapshot.
#[derive(Default)]
struct Said(String);

impl Said {
    /// Sends what is within the limit that `change` sets, and what is past it.
    async fn crossed(
        &mut self,
        limit: &str,
        change: impl FnOnce(&mut Config),
        within: impl FnOnce(&Harness) -> Call,
        past: impl FnOnce(&Harness) -> Call,
    ) {
        let harness = Harness::with(change).await;
        let answer = harness.call(within(&harness)).await;
        assert!(answer.status < 300, "{limit}: {answer}");
        let answer = harness.call(past(&harness)).await;
        self.say(limit, &answer);
    }

    fn say(&mut self, limit: &str, answer: &Answer) {
        assert!(answer.status >= 400, "{limit}: {answer}");
        let problem = answer.json();
        let item = &problem["errors"][0];
        writeln!(self.0, "{limit}: {} {} {}", answer.status, item["code"], item["pointer"]).unwrap();
        writeln!(self.0, "  {}", problem["detail"].as_str().unwrap()).unwrap();
        if let Some(after) = answer.header("retry-after") {
            writeln!(self.0, "  retry-after: {after}").unwrap();
        }
    }
}

fn ids(count: usize) -> Call {
    let ids: Vec<_> = (0..count).map(|id| id.to_string()).collect();
    segment(&serde_json::json!({"segmentName": "cup", "userIds": ids}).to_string())
}

fn attributes(count: usize) -> Call {
    let properties: serde_json::Map<_, _> =
        (0..count).map(|number| (format!("user_properties.a{number}"), 1.into())).collect();
    update(&serde_json::json!({"userId": "u", "userProperties": properties}).to_string())
}

fn rows(bytes: usize) -> Vec<u8> {
    b"user_id\n".iter().copied().chain(std::iter::repeat_n(b'a', bytes - 8)).collect()
}

#[tokio::test]
async fn limits_of_json() {
    let mut said = Said::default();
    let open = |config: &mut Config| config.platform_policy = fanpass_model::PlatformPolicy::AllowUnknown;
    said.crossed("ids_per_list", |config| config.limits.ids_per_list = 3, |_| ids(3), |_| ids(4)).await;
    let most = |config: &mut Config| {
        open(config);
        config.limits.attributes_per_update = 2;
    };
    said.crossed("attributes_per_update", most, |_| attributes(2), |_| attributes(3)).await;
    let most = |config: &mut Config| {
        open(config);
        config.limits.json_members = 4;
    };
    said.crossed("json_members", most, |_| attributes(2), |_| attributes(3)).await;
    let list = r#"{"userId":"u","userProperties":{"user_properties.a":["b"]}}"#;
    let most = |config: &mut Config| {
        open(config);
        config.limits.json_depth = 3;
    };
    said.crossed("json_depth", most, |_| update(list), |_| update(&list.replace("\"b\"", "[]"))).await;
    let body = r#"{"segmentName":"cup","userIds":["a"]}"#;
    let most = |config: &mut Config| config.limits.inline_body_bytes = body.len() as u64;
    said.crossed("inline_body_bytes", most, |_| segment(body), |_| segment(&format!("{body} "))).await;
    let most = |config: &mut Config| config.limits.inline_bytes_in_all = body.len() as u64;
    said.crossed("inline_bytes_in_all", most, |_| segment(body), |_| segment(&format!("{body} "))).await;
    let body = r#"{"userId":"u","userProperties":{"user_properties.sth":true}}"#;
    let most = |config: &mut Config| config.limits.body_bytes = body.len() as u64;
    said.crossed("body_bytes", most, |_| update(body), |_| update(&format!("{body} "))).await;
    let id = |length: usize| update(&body.replace("\"u\"", &format!("\"{}\"", "i".repeat(length))));
    said.crossed("(a user's id)", |_| {}, |_| id(256), |_| id(257)).await;
    snapshot!("limits_of_json", said.0);
}

#[tokio::test]
async fn limits_of_headers() {
    let mut said = Said::default();
    let list = || Call::new("GET", "/service/v1/segments");
    // `host`, `connection`, `authorization`.
    said.crossed(
        "header_count",
        |config| config.limits.header_count = 4,
        |_| list().header("x-a", "1"),
        |_| list().header("x-a", "1").header("x-b", "2"),
    )
    .await;
    let filled = |harness: &Harness, bytes: usize| {
        let taken = "/service/v1/segments".len()
            + "host: fanpass\r\nconnection: close\r\nauthorization: Bearer \r\nx-a: \r\n".len()
            + harness.token.len();
        list().header("x-a", &"1".repeat(bytes - taken))
    };
    said.crossed(
        "header_bytes",
        |config| config.limits.header_bytes = 2000,
        |harness| filled(harness, 2000),
        |harness| filled(harness, 2001),
    )
    .await;
    snapshot!("limits_of_headers", said.0);
}

#[tokio::test]
async fn limits_of_forms() {
    let mut said = Said::default();
    let most = |config: &mut Config| config.limits.upload_bytes = 100;
    said.crossed(
        "upload_bytes",
        most,
        |_| upload("cup", "a.csv", &rows(100)),
        |_| upload("cup", "a.csv", &rows(101)),
    )
    .await;
    said.crossed(
        "form_text_bytes",
        |config| config.limits.form_text_bytes = 10,
        |_| upload(&"n".repeat(10), "a.csv", &rows(9)),
        |_| upload(&"n".repeat(11), "a.csv", &rows(9)),
    )
    .await;
    let taken = "content-disposition: form-data; name=\"file\"; filename=\"\"\r\n".len();
    let most = |config: &mut Config| config.limits.form_header_bytes = taken + 5;
    said.crossed(
        "form_header_bytes",
        most,
        |_| upload("cup", "a.csv", &rows(9)),
        |_| upload("cup", "ab.csv", &rows(9)),
    )
    .await;
    snapshot!("limits_of_forms", said.0);
}

#[tokio::test]
async fn headers_of_a_part_that_never_end_are_not_held() {
    let harness = Harness::start().await;
    let long = "n".repeat(8 << 20);
    let answer = harness.call(form(&[("segmentName", Some(&long), b"cup")])).await;
    assert_eq!(answer.status, 422, "{answer}");
    assert!(answer.body.contains("headers of more than 8192 bytes"), "{answer}");
}

#[tokio::test]
async fn limits_of_files() {
    let mut said = Said::default();
    let csv = |text: &'static str| move |_: &Harness| upload("cup", "a.csv", text.as_bytes());
    said.crossed(
        "columns",
        |config| config.imports.files.columns = 2,
        csv("user_id,b\n1,2\n"),
        csv("user_id,b,c\n1,2,3\n"),
    )
    .await;
    let (narrow, wide) =
        (workbook(&[("A", &["user_id", "a"])]), workbook(&[("A", &["user_id", "a"]), ("B", &[])]));
    let parts = zip_entries(&narrow);
    let xlsx = |content: Vec<u8>| move |_: &Harness| upload("cup", "a.xlsx", &content);
    let most = |config: &mut Config| config.imports.files.entries = parts;
    said.crossed("entries", most, xlsx(narrow), xlsx(wide)).await;
    let most = |config: &mut Config| config.imports.files.text_bytes = 100;
    let csv = |bytes: usize| move |_: &Harness| upload("cup", "a.csv", &rows(bytes));
    said.crossed("text_bytes", most, csv(100), csv(101)).await;
    snapshot!("limits_of_files", said.0);
}

/// How many entries a ZIP says it has (at the end, two bytes at offset 10).
fn zip_entries(zip: &[u8]) -> usize {
    let end = zip.len() - 22;
    usize::from(u16::from_le_bytes([zip[end + 10], zip[end + 11]]))
}

#[tokio::test]
async fn a_cell_past_its_limit_is_a_refused_row() {
    let harness = Harness::with(|config| config.imports.files.cell_bytes = 20).await;
    let within = harness.import("cup", "a.csv", format!("user_id\n{}\n", "a".repeat(20)).as_bytes()).await;
    assert_eq!(within["imported_rows"], 1, "{within}");
    let long = harness.import("cup", "a.csv", format!("user_id\n{}\nb\n", "a".repeat(21)).as_bytes()).await;
    assert_eq!(long["errors"][0]["code"], "cell_too_long", "{long}");
}

#[tokio::test]
async fn limits_of_what_is_under_way() {
    let mut said = Said::default();
    let file = || upload("cup", "a.csv", b"user_id\na\n");
    let harness = Harness::with(|config| config.limits.imports_waiting = 0).await;
    said.say("imports_waiting", &harness.call(file()).await);
    let harness = Harness::with(|config| config.limits.concurrent_uploads = 0).await;
    said.say("concurrent_uploads", &harness.call(file()).await);
    let harness = Harness::with(|config| config.limits.disk_kept_free = u64::MAX).await;
    said.say("disk_kept_free", &harness.call(file()).await);
    let list = segment(r#"{"segmentName":"cup","userIds":["a"]}"#);
    assert_eq!(harness.call(list).await.status, 507, "a list takes room too");
    let small = update(r#"{"userId":"u","userProperties":{"user_properties.sth":true}}"#);
    assert_eq!(harness.call(small).await.status, 200, "an update still finds room");
    snapshot!("limits_of_what_is_under_way", said.0);
}

#[tokio::test]
async fn bodies_of_every_call_share_their_room_until_they_are_answered() {
    let harness = Harness::with(|config| config.limits.body_bytes_in_all = 1_200_000).await;
    let preview = || {
        let rule = format!(r#"{{"expression":"custom.tier == \"{}\""}}"#, "x".repeat(1_000_000));
        let call = Call::new("POST", "/service/v1/audiences/preview").json(&rule);
        call.header("authorization", &format!("Bearer {}", harness.token)).bytes()
    };
    let all = preview();
    let (first, last) = all.split_at(all.len() - 1);
    let mut stream = TcpStream::connect(&harness.address).await.unwrap();
    stream.write_all(first).await.unwrap();
    // What was sent may still be on its way.
    let refused = loop {
        let answer = harness.exchange(&preview()).await;
        if answer.status != 422 {
            break answer;
        }
    };
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{refused}");
    stream.write_all(last).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 422");
}

#[tokio::test]
async fn a_client_that_reads_no_answers_is_left() {
    let harness = Harness::with(|config| config.limits.answer_pause = Duration::from_millis(20)).await;
    let mut stream = TcpStream::connect(&harness.address).await.unwrap();
    let request = b"GET /openapi.json HTTP/1.1\r\nhost: fanpass\r\n\r\n";
    // Answers fill the line, then the requests do, then the connection is closed.
    while stream.write_all(request).await.is_ok() {}
}
