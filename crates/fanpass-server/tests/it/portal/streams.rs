//! Lists page by page, downloads of any length, and live progress.

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::person::Person;
use crate::harness::{Harness, segment, upload};

#[tokio::test]
async fn a_list_goes_on_on_its_next_page() {
    let harness = Harness::start().await;
    let ids: Vec<_> = (0..230).map(|fan| format!("{fan:04}")).collect();
    harness.call(segment(&json!({"segmentName": "vip", "userIds": ids}).to_string())).await;
    let person = Person::sign_in(&harness).await;
    let mut address = "/portal/segment/members?name=vip".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = person.page(&address).await;
        seen.extend(page.all(".ids li"));
        if page.all(".pager a[rel=next]").is_empty() {
            break;
        }
        address = page.attribute(".pager a[rel=next]", "href");
    }
    assert_eq!(seen, ids);
}

/// The body of an answer that came in chunks.
fn whole(body: &str) -> String {
    let mut rest = body;
    let mut text = String::new();
    while let Some((size, more)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        text.push_str(&more[..size]);
        rest = more.get(size + 2..).unwrap_or_default();
    }
    text
}

#[tokio::test]
async fn downloads_hold_all_there_is() {
    let harness = Harness::start().await;
    let ids: Vec<_> = (0..2_500).map(|fan| format!("{fan:05}")).chain(["a,\"b\"".to_owned()]).collect();
    harness.call(segment(&json!({"segmentName": "v.i/p", "userIds": ids}).to_string())).await;
    let person = Person::sign_in(&harness).await;
    let members = person.get("/portal/segment/members.csv?name=v.i%2Fp").await;
    assert_eq!(members.header("content-disposition"), Some("attachment; filename=\"members-v-i-p.csv\""));
    let csv = whole(&members.body);
    let mut lines = csv.split_terminator("\r\n");
    assert_eq!(lines.next(), Some("user_id"));
    assert_eq!(lines.clone().count(), 2_501);
    assert_eq!(lines.last(), Some("\"a,\"\"b\"\"\""));

    let rows = (0..1_200).fold(String::new(), |rows, row| rows + &format!("{row}\u{7}\n"));
    let import = harness.import("vip", "bad.csv", format!("id\n{rows}1\n").as_bytes()).await;
    let id = import["firebase_imported_segment_id"].as_str().unwrap();
    let errors = person.get(&format!("/portal/import/errors.csv?id={id}")).await;
    assert_eq!(whole(&errors.body).lines().count(), 1_201);

    let audit = person.get("/portal/audit.csv?operation=importSegment").await;
    assert_eq!(whole(&audit.body).lines().count(), 2);
    assert_eq!(person.get("/portal/segment/members.csv?name=nobody").await.status, 404);
}

#[tokio::test]
async fn progress_is_told_until_the_import_has_ended() {
    let harness = Harness::with(|config| config.faults.enabled = true).await;
    let person = Person::sign_in(&harness).await;
    let stuck = upload("vip", "fans.csv", b"id\n00042\n").header("x-fanpass-fault", "stuck-job");
    let id = harness.call(stuck).await.json()["firebase_imported_segment_id"].as_str().unwrap().to_owned();
    let mut stream = TcpStream::connect(&harness.address).await.unwrap();
    let request = format!(
        "GET /portal/imports/events HTTP/1.1\r\nhost: fanpass\r\nconnection: close\r\ncookie: {}\r\n\r\n",
        person.cookie
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut lines = BufReader::new(stream).lines();
    let mut events = Vec::new();
    let mut let_go = false;
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(event) = line.strip_prefix("event: ") {
            events.push(event.to_owned());
        }
        if let Some(data) = line.strip_prefix("data: ") {
            let told: serde_json::Value = serde_json::from_str(data).unwrap();
            assert_eq!(told[0]["id"], *id, "{told}");
            if !let_go {
                assert_eq!(told[0]["ended"], false, "{told}");
                harness.call(crate::harness::Call::new("DELETE", "/service/v1/faults")).await;
                let_go = true;
            }
        }
    }
    assert_eq!(events.first().map(String::as_str), Some("progress"));
    assert_eq!(events.last().map(String::as_str), Some("end"));
    let ended = person.get(&format!("/portal/imports/events?id={id}")).await;
    assert!(ended.body.contains("event: end"), "{ended}");
    assert_eq!(person.get("/portal/imports/events?id=nothing").await.status, 404);
}

#[tokio::test]
async fn a_service_that_stops_waits_for_nobody_who_looks_on() {
    let harness = Harness::with(|config| config.faults.enabled = true).await;
    let person = Person::sign_in(&harness).await;
    let stuck = upload("vip", "fans.csv", b"id\n00042\n").header("x-fanpass-fault", "stuck-job");
    assert_eq!(harness.call(stuck).await.status, 202);
    let mut stream = TcpStream::connect(&harness.address).await.unwrap();
    let request =
        format!("GET /portal/imports/events HTTP/1.1\r\nhost: fanpass\r\ncookie: {}\r\n\r\n", person.cookie);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut lines = BufReader::new(stream).lines();
    while !lines.next_line().await.unwrap().unwrap().starts_with("data: ") {}
    let stopping = tokio::spawn(harness.into_folder());
    while lines.next_line().await.is_ok_and(|line| line.is_some()) {}
    stopping.await.unwrap();
}

#[tokio::test]
async fn live_pages_past_the_most_are_refused_until_one_is_closed() {
    let harness = Harness::with(|config| config.faults.enabled = true).await;
    let person = Person::sign_in(&harness).await;
    let stuck = upload("vip", "fans.csv", b"id\n00042\n").header("x-fanpass-fault", "stuck-job");
    assert_eq!(harness.call(stuck).await.status, 202);
    let request =
        format!("GET /portal/imports/events HTTP/1.1\r\nhost: fanpass\r\ncookie: {}\r\n\r\n", person.cookie);
    let mut open = Vec::new();
    for _ in 0..64 {
        let mut stream = TcpStream::connect(&harness.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut lines = BufReader::new(stream).lines();
        assert_eq!(lines.next_line().await.unwrap().unwrap(), "HTTP/1.1 200 OK");
        open.push(lines);
    }
    let refused = person.get("/portal/segment/members.csv?name=vip").await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{refused}");
    drop(open);
    while person.get("/portal/segment/members.csv?name=vip").await.status == 503 {
        tokio::task::yield_now().await;
    }
}
