//! The lookups over a real socket: pages, what is not there, wrong parameters.

use serde_json::{Value, json};

use crate::harness::{Harness, post, segment, update};
use crate::snapshot;

async fn harness() -> Harness {
    let harness = Harness::start().await;
    for name in ["away", "cup", "home"] {
        let request = json!({"segmentName": name, "userIds": ["c", "a", "b", name]});
        assert_eq!(harness.call(segment(&request.to_string())).await.status, 200);
    }
    harness
}

/// Follows `next` to the end and gives back what all pages list under `member`.
async fn pages(harness: &Harness, path: &str, member: &str) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut after = String::new();
    loop {
        let page = harness.get(&format!("{path}limit=2{after}")).await.json();
        let listed = page[member].as_array().unwrap();
        assert!((1..=2).contains(&listed.len()));
        entries.extend(listed.clone());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return entries,
        }
    }
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_overlap() {
    let harness = harness().await;
    let segments = pages(&harness, "/service/v1/segments?", "segments").await;
    let names: Vec<_> = segments.iter().map(|segment| segment["segmentName"].as_str().unwrap()).collect();
    assert_eq!(names, ["away", "cup", "home"]);
    let members = pages(&harness, "/service/v1/segment/members?segmentName=home&", "userIds").await;
    assert_eq!(members, ["a", "b", "c", "home"]);
    snapshot!("list_segments", harness.get("/service/v1/segments?limit=1").await);
}

#[tokio::test]
async fn a_user_is_known_by_attributes_or_by_segments() {
    let harness = harness().await;
    harness.call(update(r#"{"userId":"a","userProperties":{"user_properties.sth":true}}"#)).await;
    snapshot!("get_user", harness.get("/service/v1/user?userId=a").await);
    snapshot!("get_user_of_segments", harness.get("/service/v1/user?userId=home").await);
    snapshot!("get_user_unknown", harness.get("/service/v1/user?userId=nobody").await);
}

#[tokio::test]
async fn names_and_ids_are_taken_from_the_query_byte_for_byte() {
    let harness = Harness::start().await;
    harness.call(segment(r#"{"segmentName":"Żółć & co","userIds":["+1 a/b"]}"#)).await;
    let name = "%C5%BB%C3%B3%C5%82%C4%87%20%26%20co";
    let summary = harness.get(&format!("/service/v1/segment?segmentName={name}")).await.json();
    assert_eq!(summary["segmentName"], "Żółć & co");
    let user = harness.get("/service/v1/user?userId=%2B1%20a%2Fb").await.json();
    assert_eq!(user["segments"], json!(["Żółć & co"]));
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let harness = harness().await;
    snapshot!("get_segment_unknown", harness.get("/service/v1/segment?segmentName=none").await);
    snapshot!("get_segment_missing", harness.get("/service/v1/segment").await);
    snapshot!("list_segments_limit", harness.get("/service/v1/segments?limit=1001").await);
    snapshot!("list_segments_unknown", harness.get("/service/v1/segments?page=2").await);
    for query in ["userId=", "userId=a&userId=b", "userId=%20a", "id=a"] {
        let answer = harness.get(&format!("/service/v1/user?{query}")).await;
        assert_eq!(answer.status, 422, "{query}: {answer}");
    }
}

#[tokio::test]
async fn a_membership_and_the_segments_of_a_user_are_told() {
    let harness = harness().await;
    let path = "/service/v1/segment/member?segmentName=home&userId=";
    snapshot!("membership", harness.get(&format!("{path}a")).await);
    assert_eq!(harness.get(&format!("{path}away")).await.json()["member"], false);
    assert_eq!(harness.get("/service/v1/segment/member?segmentName=none&userId=a").await.status, 404);
    snapshot!("user_segments", harness.get("/service/v1/user/segments?userId=a").await);
    assert_eq!(harness.get("/service/v1/user/segments?userId=nobody").await.json()["segments"], json!([]));
}

#[tokio::test]
async fn segments_are_combined_page_by_page() {
    let harness = harness().await;
    let combine = |request: Value| post("/service/v1/segments/combine").json(&request.to_string());
    let request = json!({"all": ["home", "away"], "any": ["cup"], "limit": 2});
    let first = harness.call(combine(request)).await;
    snapshot!("combine", first);
    let request = json!({"all": ["home", "away"], "any": ["cup"], "limit": 2, "after": "b"});
    assert_eq!(harness.call(combine(request)).await.json(), json!({"userIds": ["c"], "count": 1}));
    let request = json!({"any": ["home", "away", "cup"], "none": ["away"], "count": true});
    assert_eq!(harness.call(combine(request)).await.json(), json!({"userIds": [], "count": 2}));
    let request = json!({"all": ["home"], "none": ["home"]});
    assert_eq!(harness.call(combine(request)).await.json(), json!({"userIds": [], "count": 0}));
    snapshot!(
        "combine_nothing",
        harness.call(combine(json!({"none": ["cup"], "limit": 0, "after": " x"}))).await
    );
    snapshot!("combine_unknown", harness.call(combine(json!({"all": ["cup", "none"]}))).await);
    let many = vec!["cup"; 33];
    assert_eq!(harness.call(combine(json!({ "all": many }))).await.status, 422);
}
