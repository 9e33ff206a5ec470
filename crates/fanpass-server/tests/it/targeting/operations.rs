//! The operations on audiences over a real socket.

use serde_json::{Value, json};

use crate::harness::{Answer, Call, Harness, post, segment, update};
use crate::snapshot;

const AUDIENCES: &str = "/service/v1/audiences";

/// Two segments and three users with attributes, one of them in neither.
async fn harness() -> Harness {
    let harness = Harness::start().await;
    harness.register("custom.tier", "string").await;
    harness.register("custom.points", "number").await;
    for (name, ids) in [("holders", ["a", "b", "c"]), ("newsletter", ["b", "c", "d"])] {
        let request = json!({"segmentName": name, "userIds": ids});
        assert_eq!(harness.call(segment(&request.to_string())).await.status, 200);
    }
    for (id, properties) in [
        ("a", json!({"custom.tier": "gold", "custom.points": 10})),
        ("b", json!({"custom.tier": "silver"})),
        ("e", json!({"custom.tier": "gold"})),
    ] {
        let request = json!({"userId": id, "userProperties": properties});
        assert_eq!(harness.call(update(&request.to_string())).await.status, 200);
    }
    harness
}

fn preview(request: &Value) -> Call {
    post("/service/v1/audiences/preview").json(&request.to_string())
}

fn save(name: &str, expression: &str) -> Call {
    post(AUDIENCES).json(&json!({"audienceName": name, "expression": expression}).to_string())
}

async fn ids(harness: &Harness, expression: &str) -> Value {
    harness.call(preview(&json!({ "expression": expression }))).await.json()["userIds"].clone()
}

#[tokio::test]
async fn an_expression_is_previewed_page_by_page() {
    let harness = harness().await;
    for (expression, expected) in [
        (r#"segment("holders") && custom.tier == "gold""#, json!(["a"])),
        (r#"segment("holders") && !(custom.tier == "gold")"#, json!(["b", "c"])),
        // Not set, so not different either.
        (r#"segment("holders") && custom.tier != "gold""#, json!(["b"])),
        (r#"custom.tier == "gold""#, json!(["a", "e"])),
        (r#"segment("holders") || segment("newsletter")"#, json!(["a", "b", "c", "d"])),
        // Asked of who is stored, and of the members of its own segments.
        (r#"!segment("holders")"#, json!(["e"])),
        (r#"!(segment("holders") && segment("newsletter"))"#, json!(["a", "d", "e"])),
        ("true", json!(["a", "b", "e"])),
    ] {
        assert_eq!(ids(&harness, expression).await, expected, "{expression}");
    }
    assert_eq!(ids(&harness, "custom.points > 10").await, json!([]));
    let expression = r#"segment("holders") || segment("newsletter")"#;
    let first = harness.call(preview(&json!({"expression": expression, "limit": 2}))).await;
    snapshot!("preview", first);
    let rest = harness.call(preview(&json!({"expression": expression, "limit": 2, "after": "b"}))).await;
    assert_eq!(rest.json(), json!({"userIds": ["c", "d"], "count": 2}));
    let counted = harness.call(preview(&json!({"expression": expression, "count": true}))).await;
    assert_eq!(counted.json(), json!({"userIds": [], "count": 4}));
}

#[tokio::test]
async fn all_that_is_wrong_is_named_with_its_place() {
    let harness = harness().await;
    let expression =
        "segment(\"holder\") &&\n  custom.teir == \"gold\" && custom.points > \"3\" && segmnt('x')";
    let request = json!({"expression": expression, "limit": 0, "after": " x", "cout": true});
    snapshot!("preview_unknown_member", harness.call(preview(&request)).await);
    let request = json!({"expression": expression, "limit": 0, "after": " x"});
    snapshot!("preview_invalid", harness.call(preview(&request)).await);
    snapshot!("preview_syntax", harness.call(preview(&json!({"expression": "custom.tier = 'gold'"}))).await);
    snapshot!("preview_missing", harness.call(preview(&json!({}))).await);
    snapshot!("preview_too_long", harness.call(preview(&json!({"expression": "x".repeat(8_193)}))).await);
    let deep = "(".repeat(8_000);
    snapshot!("preview_too_deep", harness.call(preview(&json!({ "expression": deep }))).await);
    let request = json!({"audienceName": " x", "expression": "true"});
    snapshot!("save_name", harness.call(post(AUDIENCES).json(&request.to_string())).await);
    let request = json!({"audienceName": "x", "expression": "tier", "description": "d".repeat(1_025)});
    snapshot!("save_invalid", harness.call(post(AUDIENCES).json(&request.to_string())).await);
    assert_eq!(harness.get(AUDIENCES).await.json(), json!({"audiences": []}));
}

#[tokio::test]
async fn an_audience_is_saved_found_replaced_and_deleted() {
    let harness = harness().await;
    let request = json!({
        "audienceName": "gold holders",
        "expression": "segment('holders')&&custom.tier==\"gold\"",
        "description": "Early bird",
    });
    snapshot!("save", harness.call(post(AUDIENCES).json(&request.to_string())).await);
    harness.clock.advance(24 * 60 * 60 * 1_000_000);
    assert_eq!(
        harness.call(save("both", r#"segment("holders") && segment("newsletter")"#)).await.status,
        200
    );
    let replaced = harness.call(save("gold holders", r#"segment("holders") && custom.tier == "gold""#)).await;
    snapshot!("save_again", replaced);

    // What was saved is there after a restart too.
    let harness = harness.restart().await;
    snapshot!("list", harness.get(AUDIENCES).await);
    snapshot!("list_page", harness.get(&format!("{AUDIENCES}?limit=1")).await);
    assert_eq!(
        harness.get(&format!("{AUDIENCES}?limit=1&after=both")).await.json()["audiences"][0]["audienceName"],
        "gold holders"
    );
    snapshot!("get", harness.get("/service/v1/audience?audienceName=gold%20holders").await);
    let members = "/service/v1/audience/members?audienceName=both";
    snapshot!("members", harness.get(&format!("{members}&limit=1")).await);
    assert_eq!(
        harness.get(&format!("{members}&after=b")).await.json(),
        json!({"userIds": ["c"], "count": 1})
    );
    assert_eq!(
        harness.get(&format!("{members}&count=true")).await.json(),
        json!({"userIds": [], "count": 2})
    );
    snapshot!("members_count", harness.get(&format!("{members}&count=yes")).await);

    let path = "/service/v1/audience?audienceName=both";
    snapshot!("delete", harness.call(Call::new("DELETE", path)).await);
    snapshot!("unknown", harness.get(path).await);
    assert_eq!(harness.get(members).await.status, 404);
    assert_eq!(harness.call(Call::new("DELETE", path)).await.status, 404);
    let records = harness.get("/service/v1/audit?target=both&limit=2").await.json();
    let done: Vec<_> =
        records["records"].as_array().unwrap().iter().map(|record| &record["operation"]).collect();
    assert_eq!(done, ["deleteAudience", "listAudienceMembers"]);
}

#[tokio::test]
async fn an_audience_outlives_its_segment_and_says_so() {
    let harness = harness().await;
    let saved = harness.call(save("reached", r#"segment("newsletter") || custom.tier == "gold""#)).await;
    assert_eq!(saved.status, 200, "{saved}");
    harness.call(Call::new("DELETE", "/service/v1/segment?segmentName=newsletter")).await;
    snapshot!("problems", harness.get("/service/v1/audience?audienceName=reached").await);
    let members = harness.get("/service/v1/audience/members?audienceName=reached").await.json();
    assert_eq!(members, json!({"userIds": ["a", "e"], "count": 2}));
    assert_eq!(audiences_of(&harness, "d").await.json()["audiences"], json!([]));
}

async fn audiences_of(harness: &Harness, user: &str) -> Answer {
    harness.get(&format!("/service/v1/user/audiences?userId={user}")).await
}

#[tokio::test]
async fn the_audiences_of_a_user_are_told_in_one_call() {
    let harness = harness().await;
    for (name, expression) in [
        ("gold", r#"custom.tier == "gold""#),
        ("holders", r#"segment("holders")"#),
        ("holders who read", r#"segment("holders") && segment("newsletter")"#),
        ("no holders", r#"!segment("holders")"#),
        ("everybody", "true"),
    ] {
        assert_eq!(harness.call(save(name, expression)).await.status, 200);
    }
    snapshot!("user_audiences", audiences_of(&harness, "a").await);
    let names = async |user| audiences_of(&harness, user).await.json()["audiences"].clone();
    assert_eq!(names("c").await, json!(["holders", "holders who read"]));
    assert_eq!(names("e").await, json!(["everybody", "gold", "no holders"]));
    assert_eq!(names("nobody").await, json!([]));
}

#[tokio::test]
async fn a_save_that_is_sent_again_is_answered_as_before() {
    let harness = harness().await;
    let key = ("idempotency-key", "\"1\"");
    let first = harness.call(save("gold", "custom.tier == 'gold'").header(key.0, key.1)).await;
    harness.call(save("gold", "custom.tier == 'silver'")).await;
    let again = harness.call(save("gold", "custom.tier == 'gold'").header(key.0, key.1)).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let stands = harness.get("/service/v1/audience?audienceName=gold").await.json();
    assert_eq!(stands["expression"], "custom.tier == 'silver'");
}

#[tokio::test]
async fn a_thousand_audiences_are_kept() {
    let harness = harness().await;
    for number in 0..1_000 {
        assert_eq!(harness.call(save(&format!("{number:04}"), "true")).await.status, 200);
    }
    snapshot!("too_many", harness.call(save("one more", "true")).await);
    assert_eq!(harness.call(save("0000", "false")).await.status, 200);
    assert_eq!(harness.get("/service/v1/audience?audienceName=one%20more").await.status, 404);
}

#[tokio::test]
async fn saving_needs_the_scope_of_segments_and_reading_that_of_reading() {
    let harness = harness().await;
    let reader = harness.issue("reader", &["read"]).await;
    let writer = harness.issue("writer", &["segments:write"]).await;
    assert_eq!(harness.call_as(&reader, save("gold", "true")).await.status, 403);
    assert_eq!(harness.call_as(&writer, save("gold", "true")).await.status, 200);
    assert_eq!(harness.call_as(&writer, preview(&json!({"expression": "true"}))).await.status, 403);
    assert_eq!(harness.call_as(&reader, preview(&json!({"expression": "true"}))).await.status, 200);
    let path = "/service/v1/audience?audienceName=gold";
    assert_eq!(harness.call_as(&reader, Call::new("DELETE", path)).await.status, 403);
    assert_eq!(harness.call_as(&writer, Call::new("DELETE", path)).await.status, 200);
}
