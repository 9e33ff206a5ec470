//! Long lists as streams: page after page, as they are taken.

use fanpass_client::ErrorKind;
use fanpass_model::CombineRequest;
use fanpass_testkit::{CaptureTransport, answer};
use fanpass_transport::Response;
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::json;

use crate::support::{client, from_service, segment, users};

fn members(ids: &[&str], next: Option<&str>) -> Response {
    let mut page = json!({ "segmentName": "season-ticket-holders", "userIds": ids });
    if let Some(next) = next {
        page["next"] = next.into();
    }
    from_service(answer::json(200, &page))
}

fn targets(transport: &CaptureTransport) -> Vec<String> {
    transport.requests().into_iter().map(|request| request.target).collect()
}

#[tokio::test]
async fn all_members_are_read_page_after_page() {
    // An empty page in the middle, as a service may give whose members were removed meanwhile.
    let pages = [members(&["a", "b"], Some("b")), members(&[], Some("b&c")), members(&["d"], None)];
    let transport = CaptureTransport::queue(pages);
    let ids: Vec<_> = client(transport.clone()).members(&segment()).try_collect().await.unwrap();
    assert_eq!(ids, users(&["a", "b", "d"]));
    assert_eq!(
        targets(&transport),
        [
            "/service/v1/segment/members?segmentName=season-ticket-holders&limit=1000",
            "/service/v1/segment/members?segmentName=season-ticket-holders&after=b&limit=1000",
            "/service/v1/segment/members?segmentName=season-ticket-holders&after=b%26c&limit=1000",
        ]
    );
}

#[tokio::test]
async fn a_page_is_asked_for_when_the_one_before_it_was_taken() {
    let transport = CaptureTransport::queue([members(&["a", "b"], Some("b")), members(&["c"], None)]);
    let members = client(transport.clone()).members(&segment());
    let mut members = std::pin::pin!(members);
    assert!(transport.requests().is_empty());
    members.next().await.unwrap().unwrap();
    members.next().await.unwrap().unwrap();
    assert_eq!(transport.requests().len(), 1);
    members.next().await.unwrap().unwrap();
    assert_eq!(transport.requests().len(), 2);
    assert!(members.next().await.is_none());
    assert_eq!(transport.requests().len(), 2);
}

#[tokio::test]
async fn all_segments_are_read_page_after_page() {
    let one = |name: &str, next: Option<&str>| {
        let summary = json!({
            "segmentName": name, "memberCount": 1, "importId": "i", "updatedAt": "2026-08-01T03:00:00Z",
        });
        from_service(answer::json(200, &json!({ "segments": [summary], "next": next })))
    };
    let transport = CaptureTransport::queue([one("a", Some("a")), one("b", None)]);
    let segments: Vec<_> = client(transport.clone()).segments().try_collect().await.unwrap();
    let names: Vec<_> = segments.iter().map(|segment| segment.segment_name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(targets(&transport)[1], "/service/v1/segments?after=a&limit=1000");
}

#[tokio::test]
async fn an_error_ends_the_stream() {
    let transport = CaptureTransport::queue([members(&["a"], Some("a")), from_service(answer::status(404))]);
    let items: Vec<_> = client(transport).members(&segment()).collect().await;
    assert_eq!(items.len(), 2);
    assert_eq!(items[1].as_ref().unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_list_that_turns_in_circles_is_an_error() {
    let transport = CaptureTransport::new(|_| Ok(members(&["a"], Some("a"))));
    let items: Vec<_> = client(transport.clone()).members(&segment()).collect().await;
    assert_eq!(items.last().unwrap().as_ref().unwrap_err().kind(), ErrorKind::UnexpectedAnswer);
    assert_eq!(transport.requests().len(), 2);
}

#[tokio::test]
async fn a_combination_is_counted_part_after_part() {
    let part = |count: u64, next: Option<&str>| {
        let mut part = json!({ "userIds": [], "count": count });
        if let Some(next) = next {
            part["next"] = next.into();
        }
        from_service(answer::json(200, &part))
    };
    let transport = CaptureTransport::queue([part(2, Some("b")), part(0, Some("k")), part(40, None)]);
    let request = CombineRequest { any: vec![segment()], ..CombineRequest::default() };
    assert_eq!(client(transport.clone()).count_combined(&request).await.unwrap(), 42);
    assert_eq!(transport.requests().len(), 3);

    let transport = CaptureTransport::queue([part(2, Some("b")), part(0, Some("b"))]);
    let error = client(transport).count_combined(&request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedAnswer);
}
